// guide.h -- which runs come next, by what the runs before them have met.
//
// `run --guide coverage`. A run that meets something new for its scenario is
// kept: a state of the cluster, an event of a kind right behind one of another
// on a server, a transition of Figure 4 or a rule of Figure 2 as often as never
// before (in powers of two), a line of the Raft where these are counted. Half
// of the budget goes to seeds in order, as without a guide; half to seeds
// composed of kept ones (harness/runner.h). Which scenario is next is drawn,
// with weights: what another run of it would still meet, by the estimate of
// Good and Turing. Runs come in rounds, and all choices of a round are made
// before it begins: they depend on the runs before, and on nothing else,
// however many runs are under way at a time.
#ifndef GLASSRAFT_GUIDE_H
#define GLASSRAFT_GUIDE_H

#include "cover/cover.h"
#include "harness/runner.h"

enum { GUIDE_MOST_SCENARIOS = 256 };

struct guide;

// A guide for scenarios 0 .. n-1, whose seeds in order are first, first + 1 ...
// up to LAB_MOST_PART.
struct guide *guide_make(int n_scenarios, uint64_t first);
void guide_free(struct guide *guide);

struct guide_choice {
    int scenario;
    uint64_t seed;
};

// Begins a round: chooses at most `most` runs, at least one.
void guide_begin_round(struct guide *guide, uint64_t most);
// The next run of the round; false: that was all.
bool guide_next(struct guide *guide, struct guide_choice *choice);
// What a run of this guide met, in the order that the runs were given out in.
void guide_learn(struct guide *guide, const struct guide_choice *choice,
                 const struct lab_result *result, const struct met *met,
                 bool new_lines);

struct guide_sums {
    uint64_t n_runs, n_composed;      // all; with composed seeds
    uint64_t n_kept, n_kept_composed; // that met something new
};
struct guide_sums guide_sums(const struct guide *guide);

#endif
