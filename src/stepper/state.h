// state.h -- when are two states of a stepped cluster the same?
//
// By history: when each server was given the same inputs in the same order, and
// the same is in flight. A server shares no memory with others, so that its
// state is a function of these, whatever its code is like. All orders of
// actions that do not touch the same server come together, and nothing else.
//
// By model: when the servers are in the same state as far as the trace and
// their disks tell: roles, terms, votes given and counted, logs, indexes, what
// is in flight by content, and what the judge knows of the past: who was voted
// for, who led, what was committed. Far more comes together. It is blind to
// what neither the trace nor a message shows, and to how often and in which
// order things happened. Servers are interchangeable where messages and saved
// states are those of Figure 2.
#ifndef GLASSRAFT_STATE_H
#define GLASSRAFT_STATE_H

#include "replay/model.h"
#include "stepper.h"

struct step_state;

// Follows the stepper from now on, until its end.
struct step_state *state_begin(struct stepper *stepper);
// Also counts requests of the past, which may still be delivered once more.
void state_counts_past(struct step_state *state, bool yes);

// An action is about to be done: what a server is given by it, other than by
// messages. The call that it names; NULL: none.
void state_acts(struct step_state *state, const struct step_action *action,
                const struct step_call *call);
// Asks Rafts that tell nothing for their terms and roles.
void state_ask(struct step_state *state);

// Does the trace tell terms and roles as servers say them when asked? Else it
// tells too little for a model.
bool state_is_told(const struct step_state *state);

// `left` is what else is part of the state: what may still be done.
uint64_t state_by_history(const struct step_state *state, uint64_t left);
uint64_t state_by_model(const struct step_state *state, uint64_t left,
                        bool interchangeable);
// As the trace tells it.
const struct model *state_model(const struct step_state *state);

#endif
