// window.h -- which part of a trace a picture shows, and loading no more.
//
// A user asks for a part by times, events, an act, a term, an entry, the
// finding; all that is asked for must hold. part_load() finds out which events
// that is, reads them (and not the rest of the file), and leaves a window for
// the pictures. What the window looks like at its beginning -- roles, terms,
// logs, who is down, messages on their way -- is part_model()'s answer.
//
//     struct part_asked asked = {.term = 3};
//     struct part part;
//     if (!part_load(&part, path, &asked, PART_READABLE, 0)) complain(...);
//     viz_timeline(&part.trace, &part.window, out);
//     part_unload(&part);
#ifndef GLASSRAFT_WINDOW_H
#define GLASSRAFT_WINDOW_H

#include "replay/model.h"
#include "viz.h"

// What is asked for; all zero asks for nothing in particular.
struct part_asked {
    bool since, until; // are from_us and to_us meant?
    uint64_t from_us, to_us;
    uint64_t act, term, around; // 0 = not asked for
    bool finding;               // what led to the first finding, and it
    uint64_t before;            // what led to this event, and it
    uint64_t radius;            // events on each side of around; 0 = 150
    uint64_t last;              // only the last so many events of all that
    struct viz_filter filter;   // with filter.index: only its life's time
    bool heartbeats;
    int budget; // messages; 0 = 300, or 60 on the way to a finding
};

// What is shown when no time is asked for: all of it, or, of a large trace, as
// much as can be read: the way to the finding, else the first elections; or
// only the finding's moment, else the end.
enum part_extent { PART_WHOLE, PART_READABLE, PART_END };

struct part {
    struct trace_file trace; // its error tells of a damaged file
    struct viz_window window;
    char note[200];  // what was chosen where nothing was asked for, or ""
    char error[300]; // why part_load() failed, one line
};

// Loads the part of the file at path that is asked for. kinds: bits
// 1ull << TRACE_*, only those kinds are needed (then part_model() knows no
// more than they tell); 0 = all. False, with an error and nothing to unload,
// when the file cannot be read or has no such part. A damaged file gives what
// stands before the damage, and part->trace.error.
bool part_load(struct part *part, const char *path,
               const struct part_asked *asked, enum part_extent extent,
               uint64_t kinds);
// When the trace's last event was, whatever its kind; by a look at its end.
uint64_t part_end_us(const char *path);
void part_unload(struct part *part);

// The state of the cluster after event n (0 = after the last one loaded; an n
// before the part gives the earliest state that is known). The model is the
// caller's, to be freed by model_free().
void part_model(struct model *model, const struct trace_file *trace,
                uint64_t n);

// The same before the event at a position in trace->event.
void part_before(struct model *model, const struct trace_file *trace,
                 size_t at);

// Does the story end with this event: are the servers told to stop, as the
// harness does when a scenario is over? down: who has crashed, all false at
// first, kept by this function.
bool part_over(bool down[TRACE_MAX_SERVERS], const struct trace_event *event);

#endif
