// worker.h -- a process that tries states, and what it shares with the others.
#ifndef GLASSRAFT_WORKER_H
#define GLASSRAFT_WORKER_H

#include "back.h"
#include "explore.h"
#include "frontier.h"

enum { MOST_WORKERS = 64, MOST_DEPTH = 200, MOST_METHODS = 8 };

// What a worker is at, for when it dies there.
struct worker_post {
    // Parent and code, or the number of its list by chance; UINT64_MAX:
    // nothing.
    atomic_uint_least64_t order;
    atomic_uint_least64_t n_transitions;
    uint64_t cpu_us;
    size_t image;
    // A list of actions drawn by chance, as far as it was done.
    atomic_uint_least64_t n_walks;
    uint32_t n_walk, walk[MOST_DEPTH];
    bool by_history;
    char text[BACK_WHY]; // why it gave up; "" = it did not
};

struct worker_shared {
    const struct explore_plan *plan;
    struct frontier *frontier;
    uint64_t last;              // of the nodes of this level
    atomic_uint_least64_t next; // of them to be tried
    uint64_t last_walk;         // of the lists by chance
    atomic_uint_least64_t next_walk;
    atomic_uint_least64_t finding; // the first that was met; UINT64_MAX: none
    atomic_bool stop;
    atomic_bool pause; // after what is begun; it may go on later
    char method[MOST_METHODS][STEP_METHOD]; // of the Raft, told by workers
    struct worker_post post[MOST_WORKERS];
};

// What a worker is told to do by a byte: its share of a level; or lists of
// actions by chance, until it is to stop; or such lists in which actions at
// different servers are tried in both orders.
#define WORKER_LEVEL "l"
#define WORKER_WALK  "w"
#define WORKER_GUARD "g"

// The scenario that a worker runs: waits for a byte from `from` for each order
// and answers with one to `to`; ends when there is no more.
const struct lab_scenario *worker_scenario(struct worker_shared *shared,
                                           int worker, int from, int to);

// The list that a worker was at, by chance.
void worker_walked(const struct worker_shared *shared, int worker,
                   struct script *script);
// The list of actions that leads to an order: node and action.
void worker_script(const struct worker_shared *shared, uint64_t order,
                   struct script *script);

#endif
