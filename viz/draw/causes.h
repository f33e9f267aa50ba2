// causes.h -- the causal past of an event: what could have influenced it.
//
// An event's past is what happened before it (Lamport): what its server did
// earlier, the message that it received with the past of its sending, and
// what `cause` names, back to the harness's own actions. Computed over the
// events that are loaded; one sweep backwards, whatever the trace's length.
//
//     struct causes causes;
//     if (causes_make(&causes, &trace, 412) && causes.past[position]) ...
//     causes_free(&causes);
#ifndef GLASSRAFT_CAUSES_H
#define GLASSRAFT_CAUSES_H

#include "trace/trace.h"

struct causes {
    size_t at;     // position of the event in trace->event
    bool *past;    // [position], n_events of them; the event itself is in it
    size_t n_past; // how many are true
};

// The past of event n. False, and nothing to free, when the loaded trace has
// no such event.
bool causes_make(struct causes *causes, const struct trace_file *trace,
                 uint64_t n);
void causes_free(struct causes *causes);

// Where the sending of a received (or dropped) message stands before `at`;
// SIZE_MAX when the event is none of that, or was sent before the part that is
// loaded. By `cause` where it says so, else by the message's number.
size_t causes_sending(const struct trace_file *trace, size_t at);

// Position of the event of that number, or, when there is none, of the first
// one behind it (n_events at the end). Bisects.
size_t causes_position(const struct trace_file *trace, uint64_t n);

#endif
