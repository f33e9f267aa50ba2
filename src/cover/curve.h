// curve.h -- how many seeds are enough: what was met, over the number of seeds.
//
// A seed is all runs that have it, in order. Lines and branches of the Raft
// (where its runs count them), rules, states and transitions of Figure 4 (see
// src/check/met.h). What the next seed would add is estimated by what exactly
// one seed has met, divided by the number of seeds (Good and Turing; for whole
// samples Chao and Colwell 2017).
#ifndef GLASSRAFT_COVER_CURVE_H
#define GLASSRAFT_COVER_CURVE_H

#include "check/met.h"
#include "cover.h"

enum curve_kind {
    CURVE_STATES,
    CURVE_RULES,
    CURVE_TRANSITIONS,
    CURVE_LINES,
    CURVE_BRANCHES,
    CURVE_KINDS
};

extern const char *const curve_name[CURVE_KINDS]; // "states"

struct curve {
    bool covers;              // lines and branches are counted
    size_t most[CURVE_KINDS]; // that there are; 0: nobody knows
    size_t n_seeds;
    size_t (*met)[CURVE_KINDS]; // [n_seeds], so far
    size_t once[CURVE_KINDS];   // met by one seed alone
    bool lost;                  // a run met more states than it could tell
    struct curve_inside *inside;
};

struct curve *curve_make(void);
void curve_free(struct curve *curve);
// Adds a run, behind the last; the cover (NULL: none) has counted it already.
void curve_add(struct curve *curve, uint64_t seed, const struct met *met,
               const struct cover *cover);
// The last run was there.
void curve_end(struct curve *curve);

// Seeds behind the last one that met something new.
size_t curve_flat(const struct curve *curve, enum curve_kind kind);
// What one more seed would add, about; -1 of a single seed, which cannot tell.
double curve_next(const struct curve *curve, enum curve_kind kind);

// "20 seeds met 412 states ...", a line without its end; "" of one seed.
void curve_line(const struct curve *curve, char *out, size_t n);
// A table, and what it says.
void curve_text(const struct curve *curve, FILE *out);

#endif
