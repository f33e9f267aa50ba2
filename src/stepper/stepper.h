// stepper.h -- a cluster whose time stands still, and goes on by actions.
//
// A lab of a scenario with `stepped` set is driven here from its story's
// thread. Each message waits in the network until an action names it; each
// server's clock stands until an action moves it. After an action all threads
// run until every one of them is blocked, in the order in which they became
// ready: the same actions lead to the same events, always.
//
//     struct stepper *stepper = stepper_begin(lab);
//     char why[STEP_LINE];
//     if (!stepper_do(stepper, &action, why))
//         ... nothing was done, and why says why not ...
//     for (const struct step_call *c = stepper_calls(stepper); c; c = c->next)
//         if (c->place == CALL_REQUEST || c->place == CALL_REPLY) ... in flight
//     stepper_end(stepper);
//
// A finding ends the process, as in every run of a lab.
#ifndef GLASSRAFT_STEPPER_H
#define GLASSRAFT_STEPPER_H

#include "action.h"
#include "harness/lab.h"

struct stepper;

enum step_place {
    CALL_SENT,    // it could not be delivered, or is on its way to the server
    CALL_REQUEST, // the request is in flight
    CALL_SERVED,  // the server has it
    CALL_REPLY,   // the answer is in flight
    CALL_OVER,
};

// A request that a server has sent, and what became of it.
struct step_call {
    struct step_call *next; // an older one
    uint64_t msg;           // its number in the trace
    int from, to;
    uint64_t number; // of its method between these two, 1 first
    char method[STEP_METHOD];
    enum step_place place;
    uint64_t since; // stamp of that: who is in flight for longest has the least
    bool held;
    bool orphan; // its sender has crashed since, and waits for nothing
    uint8_t *request, *reply; // bytes, once they were in flight; else NULL
    size_t n_request, n_reply;
    uint64_t content[2]; // of request and reply: hashes, see state.h
};

// Between these two the lab is the stepper's. Both block until all threads are
// blocked; from the second on, time goes on.
struct stepper *stepper_begin(struct lab *lab);
void stepper_end(struct stepper *stepper);

// Does an action. False: it was not possible, and why (one line) says why not;
// of STEP_TIMEOUT, STEP_HEARTBEAT and STEP_CLOCK the clock has moved then, by
// ten seconds at most.
bool stepper_do(struct stepper *stepper, const struct step_action *action,
                char why[STEP_LINE]);

// The same without a word to the trace.
bool stepper_do_quietly(struct stepper *stepper,
                        const struct step_action *action, char why[STEP_LINE]);

// All calls, the newest first; valid until the next action.
const struct step_call *stepper_calls(const struct stepper *stepper);
// The call that a message of an action names; NULL: there is none such.
const struct step_call *stepper_find(const struct stepper *stepper,
                                     const struct step_action *action);
struct lab *stepper_lab(const struct stepper *stepper);
// The longest in flight that is not held; NULL: there is none.
const struct step_call *stepper_oldest(const struct stepper *stepper);

#endif
