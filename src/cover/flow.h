// flow.h -- from the counted arcs of a function to all of its arcs.
//
// What enters a block leaves it. The arcs that are not counted form a tree
// (with one from the exit back to the entry), so that some block always has a
// single arc whose count is not known yet: it follows from the others. The
// order is found once for a function, and is then applied to each run.
#ifndef GLASSRAFT_COVER_FLOW_H
#define GLASSRAFT_COVER_FLOW_H

#include "gcno.h"

struct flow {
    size_t n_arcs, n_counters;
    struct flow_step *step;
    size_t n_steps;
};

// The order for a function; false when its arcs form no such tree.
bool flow_plan(const struct gcno_function *function, struct flow *flow);
void flow_free(struct flow *flow);
// Fills in the counts of all arcs. A run that stopped inside of a block (a
// crash; not a call, which has an arc for that) entered `stopped` once more
// than it left it; 0 = none. False when a count comes out negative: it stopped
// elsewhere.
bool flow_solve(const struct flow *flow, const struct gcno_function *function,
                const uint64_t *counters, unsigned stopped, int64_t *count);

#endif
