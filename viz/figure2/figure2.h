// figure2.h -- the paper's Figures 2 and 13 as a report: what runs exercised.
//
// Box by box, each rule with how often it acted, in how many runs, and where
// the code names it; one or two columns of counts side by side: two Rafts, two
// labs. A rule that never acted is marked; one that messages cannot show of a
// Raft without trace calls is told apart.
#ifndef GLASSRAFT_FIGURE2_FIGURE2_H
#define GLASSRAFT_FIGURE2_FIGURE2_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "check/rules.h"
#include "viz/draw/viz.h"

enum { FIGURE2_SIDES = 2 };

// What the traces of one side came to.
struct figure2_side {
    char name[200];
    uint64_t n_traces;
    bool silent; // some of them are of a Raft without trace calls
    struct figure2_count {
        uint64_t n;        // in all traces
        uint64_t n_traces; // that have it
        char most[64];     // the scenario of the trace that has it most often
        uint64_t most_n;
        char place[80]; // where the sources name it, "log.c: f()"; or ""
    } rule[RULES_N];
};

// Adds what one trace, a run of that scenario, came to.
void figure2_add(struct figure2_side *side, const char *scenario,
                 const struct rules *rules);

// DOT text with fixed places; and a page of its own. In a room
// that has no place for more, a rule has one line, its counts at the end.
void figure2_draw(const struct figure2_side *side, int n_sides,
                  const struct viz_room *room, FILE *out);
void figure2_html(const struct figure2_side *side, int n_sides, FILE *out);

#endif
