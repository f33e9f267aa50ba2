// export.h -- what the exports to other people's tools share.
#ifndef GLASSRAFT_EXPORT_H
#define GLASSRAFT_EXPORT_H

#include "viz/draw/viz.h"

enum { EXPORT_LINE = 1024 }; // room that an event's line may want

// Positions in trace->event of a window; trace->event[end] is behind it.
struct export_range {
    size_t begin, end;
};

struct export_range export_range(const struct trace_file *trace,
                                 const struct viz_window *window);

// An event as one line of text: its kind, and each field with its name, such
// as "vote, term 4, voted_for S3 [RV.2]". No line breaks or other control
// characters are in it; it is cut to fit into n bytes, like snprintf.
void export_line(const struct trace_event *event, char *out, size_t n);

// The same in quotes, for JSON.
void export_quoted(FILE *out, const char *text);

// The server it happened at; TRACE_NONE for the network, the harness, and a
// number that no server of this trace has.
int export_node(const struct trace_file *trace,
                const struct trace_event *event);

#endif
