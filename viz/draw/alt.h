// alt.h -- what a picture shows, in sentences, for those who do not see it.
#ifndef GLASSRAFT_ALT_H
#define GLASSRAFT_ALT_H

#include <stdio.h>

#include "replay/model.h"

// Begins the DOT text of a picture of the events from a position to another:
// who led, what failed, what was committed, what was found. kind: "roles by
// term".
void alt_events(FILE *out, const struct trace_file *trace, size_t begin,
                size_t end, const char *kind);

// The same for logs at moments; the sentence is of the last of n models.
void alt_logs(FILE *out, const struct trace_file *trace,
              const struct model *model, size_t n);

#endif
