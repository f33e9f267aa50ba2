// read.h -- what load.c needs of the reader beyond trace.h.
#ifndef GLASSRAFT_READ_H
#define GLASSRAFT_READ_H

#include <stdint.h>

#include "base/arena.h"
#include "trace/trace.h"

// While keep is set, what an event borrows stays until read_take().
void read_keep(struct trace_reader *reader, bool keep);
// Gives the memory behind all events that were kept.
struct arena read_take(struct trace_reader *reader);

// The descriptor of the file when any place of it can be read; else -1.
int read_descriptor(const struct trace_reader *reader);
// Goes on at the line that begins at that byte; false when that is impossible.
bool read_seek(struct trace_reader *reader, uint64_t at);

// From here on only events of these kinds come (bits as in struct trace_part),
// the lines of others are passed over unread, and the first event behind the
// end of the part is the end of the trace. What comes may still lie
// outside of the part, never of the kinds: lines whose heads tell nothing.
void read_only(struct trace_reader *reader, const struct trace_part *part);

#endif
