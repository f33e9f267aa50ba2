// moves.h -- what can be done next, within a bound.
#ifndef GLASSRAFT_MOVES_H
#define GLASSRAFT_MOVES_H

#include "state.h"
#include "stepper.h"

// What all lists of actions keep to. Counts are of the whole list.
struct step_bound {
    int n_servers;
    uint64_t terms, log; // the highest
    size_t entries;      // that a message holds at most; 0 = Raft's default
    unsigned commands, heartbeats, crashes, losses, doubles, snapshots,
        preempts;
};

// What was done of it.
struct step_used {
    uint8_t commands, heartbeats, crashes, losses, doubles, snapshots, preempts;
    uint8_t armed; // the server `arms` crashes or stalls at the next such
    uint8_t arms;  // moment; 0: none does
    bool stalls;   // it stalls, and does not crash
};

enum { MOST_MOVES = 512 };

// The actions that are possible now and within the bound, as codes, in an order
// that depends on the state alone; at most MOST_MOVES. True: these are all.
bool moves_list(const struct stepper *stepper, const struct step_state *state,
                const struct step_bound *bound, const struct step_used *used,
                uint32_t code[MOST_MOVES], int *n);
// Counts an action that was done.
void moves_use(struct step_used *used, const struct step_action *action);
// The same as a number, for a state.
uint64_t moves_left(const struct step_used *used);

// An action in 32 bits, and back; the methods are those of the Raft.
uint32_t moves_code(const struct message_rpc *rpcs,
                    const struct step_action *action);
void moves_action(const struct message_rpc *rpcs, uint32_t code,
                  struct step_action *action);
// The same without names and texts.
void moves_plain(uint32_t code, struct step_action *action);
// Are these two actions at different servers, neither of which the other one
// can touch? Not of faults, which also take messages away.
bool moves_commute(uint32_t a, uint32_t b);

#endif
