// diff_draw.h -- what the files that draw where two traces part share.
#ifndef GLASSRAFT_DIFF_DRAW_H
#define GLASSRAFT_DIFF_DRAW_H

#include "diff.h"
#include "viz/timeline/timeline.h"

struct picture {
    const struct diff *diff;
    struct shapes shapes;
    struct drawing d[2];
    struct viz_window window[2];
    uint64_t base[2], end_us; // end_us since the base
    struct diff_logs fork, end;
    bool sized;         // for a format
    bool low, narrow;   // of a slide, of a column: without the lanes
    double widest;      // of a format
    double pitch, said; // of the lanes; of the words beside them
};

// diff_around.c: the panel of one side, and the lines above it.
double diff_left(const struct picture *p, int side);
double diff_right(const struct picture *p, int side);
// These two give the y below them.
double diff_head(struct picture *p, int side, double y);
double diff_counts(struct picture *p, double y);
void diff_prefix(struct picture *p, double y);
void diff_first_words(struct picture *p, int side, double y);

// diff_short.c: where lanes have no room, in a slide and in a column.
void diff_short(struct picture *p);

#endif
