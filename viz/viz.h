// viz.h -- traces in, pictures out: one function for each kind of diagram.
//
// All of them write DOT (or text) for a loaded trace and never judge it.
#ifndef GLASSRAFT_VIZ_H
#define GLASSRAFT_VIZ_H

#include <stdio.h>

#include "../src/trace/trace.h"

struct viz_window {
    uint64_t first, last; // event numbers, both ends included; 0 = open
    bool heartbeats;      // draw them all
    int most;             // messages drawn; 0 = 300
};

// Who said what to whom, when. Returns the number of messages drawn.
size_t viz_timeline(const struct trace_file *trace,
                    const struct viz_window *window, FILE *out);

// All logs after event n (0 = the last).
void viz_log(const struct trace_file *trace, uint64_t n, FILE *out);

// A text column for each server; heartbeats are folded unless asked for.
void viz_columns(const struct trace_file *trace,
                 const struct viz_window *window, FILE *out);

// The window of the k-th act (1 first) of a story; false when there is none.
// *text borrows its headline.
bool viz_act(const struct trace_file *trace, int k, struct viz_window *window,
             const char **text);

#endif
