// worker.h -- a process that tries states, and what it shares with the others.
#ifndef GLASSRAFT_WORKER_H
#define GLASSRAFT_WORKER_H

#include "explore.h"
#include "frontier.h"

enum { MOST_WORKERS = 64, MOST_DEPTH = 200, MOST_METHODS = 8 };

// What a worker is at, for when it dies there.
struct worker_post {
    atomic_uint_least64_t order; // parent, code; UINT64_MAX: nothing
    atomic_uint_least64_t n_transitions;
    uint64_t cpu_us;
    size_t image;
    bool by_history;
    char text[300]; // why it gave up; "" = it did not
};

struct worker_shared {
    const struct explore_plan *plan;
    struct frontier *frontier;
    uint64_t first, last;          // nodes of this level
    atomic_uint_least64_t next;    // of them to be tried
    atomic_uint_least64_t finding; // the first that was met; UINT64_MAX: none
    atomic_bool stop;
    char method[MOST_METHODS][STEP_METHOD]; // of the Raft, told by workers
    struct worker_post post[MOST_WORKERS];
};

// The scenario that a worker runs: waits for a byte from `from` for each level
// and answers with one to `to`; ends when there is no more.
const struct lab_scenario *worker_scenario(struct worker_shared *shared,
                                           int worker, int from, int to);

// The list of actions that leads to an order: node and action.
void worker_script(const struct worker_shared *shared, uint64_t order,
                   struct script *script);

#endif
