// inside.h -- what the files of src/stepper share.
#ifndef GLASSRAFT_STEPPER_INSIDE_H
#define GLASSRAFT_STEPPER_INSIDE_H

#include "stepper.h"

struct stepper {
    struct lab *lab;
    struct step_call *calls;
    uint64_t stamp;
    uint64_t acted[STEP_SERVERS]; // elections begun and requests sent
    int stalls;          // the server whose thread stalls in the next action
    uint64_t before_nth; // before this lock; 0: none does
    struct step_state *state; // NULL: nobody asks for it
    // Sees each event, too; NULL: nobody.
    void (*also)(void *context, const struct trace_event *event);
};

// state.c: an event; a leg that waits. Both with the recorder held.
void state_step(struct step_state *state, const struct trace_event *event,
                const struct step_call *call);
void state_leg(struct step_state *state, struct step_call *call, bool reply);

// calls.c: what the network and the trace say of calls.
void calls_begin(struct stepper *stepper);
void calls_end(struct stepper *stepper);

#endif
