// strip.h -- what the files of the strip share: places, and the window.
#ifndef GLASSRAFT_STRIP_H
#define GLASSRAFT_STRIP_H

#include "viz/draw/shapes.h"
#include "viz/draw/spans.h"

struct strip {
    const struct trace_file *trace;
    struct spans spans;
    struct shapes shapes;
    int row[TRACE_MAX_SERVERS]; // its lane's, -1 when it is not shown
    int n_rows;
    double lanes_top, lanes_bottom;   // of the servers' lanes
    double pitch;                     // from lane to lane
    double bars_bottom;               // of the commits
    double width, bars;               // of the time axis; height of the commits
    bool narrow;                      // no room beside the legend
    bool low;                         // no room for a second line of title, ...
    size_t n_finding;                 // findings in the window
    bool acts;                        // has it some?
    bool on_sheet;                    // a part of a page, this wide
    double sheet_width, sheet_height; // this high at most
};

#define STRIP_LEFT 64.0

// strip.c: what is in the window; then, with shapes to draw on, all but the
// legend. The spans are the caller's to free.
void strip_make(struct strip *s, const struct trace_file *trace,
                const struct viz_window *window);
void strip_draw(struct strip *s, const struct viz_room *room);

// strip_marks.c: places, and all that is not a lane.
double strip_x(const struct strip *s, uint64_t us);
double strip_y(const struct strip *s, int server); // middle of its lane
// A time axis' step: 1, 2 or 5 times a power of ten microseconds, at
// least `least`.
uint64_t strip_step(double least_us);
void strip_acts(struct strip *s, double y);
void strip_faults(struct strip *s);
void strip_findings(struct strip *s);
void strip_commits(struct strip *s, double top, double bottom);
void strip_axis(struct strip *s, double y);
// Commits of the window: entries that no server had known as committed.
uint64_t strip_n_commits(const struct strip *s);

#endif
