// read.h -- what load.c needs of the reader beyond trace.h.
#ifndef GLASSRAFT_READ_H
#define GLASSRAFT_READ_H

#include "arena.h"
#include "trace.h"

// While keep is set, what an event borrows stays until read_take().
void read_keep(struct trace_reader *reader, bool keep);
// Gives the memory behind all events that were kept.
struct arena read_take(struct trace_reader *reader);

#endif
