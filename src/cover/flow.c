// flow.c -- see flow.h.
#include "flow.h"

#include <stdlib.h>

#include "base/die.h"

// The arc follows from its block's others.
struct flow_step {
    size_t arc; // n_arcs: the one from exit to entry
    unsigned block;
};

static bool touches(const struct gcno_arc *arc, unsigned block)
{
    return (arc->from == block) != (arc->to == block);
}

bool flow_plan(const struct gcno_function *function, struct flow *flow)
{
    size_t n = function->n_arcs, n_unknown = 1;
    struct gcno_arc *arc = must_malloc((n + 1) * sizeof *arc);
    unsigned *left = must_calloc(function->n_blocks + 2, sizeof *left);
    bool moved = true;
    *flow = (struct flow){.n_arcs = n};
    for (size_t i = 0; i < n; i++)
        arc[i] = function->arc[i];
    arc[n] = (struct gcno_arc){.from = 1, .to = 0, .tree = true};
    for (size_t i = 0; i <= n; i++) {
        flow->n_counters += !arc[i].tree;
        n_unknown += arc[i].tree && i < n;
        if (arc[i].tree && arc[i].from != arc[i].to) {
            left[arc[i].from]++;
            left[arc[i].to]++;
        }
    }
    flow->step = must_malloc(n_unknown * sizeof *flow->step);
    while (moved && n_unknown > 0) {
        moved = false;
        for (size_t i = 0; i <= n; i++) {
            if (!arc[i].tree || arc[i].from == arc[i].to ||
                (left[arc[i].from] != 1 && left[arc[i].to] != 1))
                continue;
            unsigned block = left[arc[i].from] == 1 ? arc[i].from : arc[i].to;
            flow->step[flow->n_steps++] = (struct flow_step){i, block};
            left[arc[i].from]--;
            left[arc[i].to]--;
            arc[i].tree = false;
            n_unknown--;
            moved = true;
        }
    }
    free(arc);
    free(left);
    if (n_unknown > 0)
        flow_free(flow);
    return n_unknown == 0;
}

void flow_free(struct flow *flow)
{
    free(flow->step);
    *flow = (struct flow){0};
}

bool flow_solve(const struct flow *flow, const struct gcno_function *function,
                const uint64_t *counters, unsigned stopped, int64_t *count)
{
    int64_t back = 0; // from the exit to the entry
    bool good = true;
    for (size_t i = 0; i < flow->n_arcs; i++)
        count[i] = function->arc[i].tree ? 0 : (int64_t)*counters++;
    for (size_t s = 0; s < flow->n_steps; s++) {
        const struct flow_step *step = &flow->step[s];
        // Where it stopped there was one more way, to the exit.
        uint64_t in = stopped != 0 && step->block == 1;
        uint64_t out = stopped != 0 && step->block == stopped;
        for (size_t i = 0; i < flow->n_arcs; i++) {
            const struct gcno_arc *arc = &function->arc[i];
            if (i == step->arc || !touches(arc, step->block))
                continue;
            if (arc->to == step->block)
                in += (uint64_t)count[i];
            else
                out += (uint64_t)count[i];
        }
        if (step->arc != flow->n_arcs) {
            out += step->block == 1 ? (uint64_t)back : 0;
            in += step->block == 0 ? (uint64_t)back : 0;
        }
        bool leaves = step->arc == flow->n_arcs
                          ? step->block == 1
                          : function->arc[step->arc].from == step->block;
        int64_t value = (int64_t)(leaves ? in - out : out - in);
        if (step->arc == flow->n_arcs)
            back = value;
        else
            count[step->arc] = value;
        good &= value >= 0;
    }
    return good;
}
