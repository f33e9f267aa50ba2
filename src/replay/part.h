// part.h -- where reading must begin to see a part of a trace.
#ifndef GLASSRAFT_PART_H
#define GLASSRAFT_PART_H

#include "trace/trace.h"

// Moves the reader, which has just read the header, to the last line from
// which the part's events can be read: right behind a keyframe, given with its
// n and kept by the reader, or, with kinds set, shortly before the part's
// first event. Stays at the beginning where that cannot be done.
void part_seek(struct trace_reader *reader, const struct trace_part *part,
               const char **keyframe, uint64_t *keyframe_n);

#endif
