// curve.h -- curves over a count: how much was met by so many seeds.
#ifndef GLASSRAFT_FIGURE2_CURVE_H
#define GLASSRAFT_FIGURE2_CURVE_H

#include <stddef.h>
#include <stdio.h>

struct viz_curve {
    const char *name; // "states"
    const char *says; // behind it, in words
    const size_t *value;
    size_t stride; // from one point's value to the next one's
    size_t most;   // that there are, a line above; 0: nobody knows
};

// One panel for each curve, over 1 .. n_points seeds. DOT text.
void viz_curves(const char *title, const struct viz_curve *curves, int n,
                size_t n_points, FILE *out);

#endif
