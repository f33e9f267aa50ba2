// spans.h -- the lives of the servers: spans of time in one role and term.
//
// What pictures of a whole run show (the strip) or count (roles). Spans of a
// server follow each other without a gap from the beginning of the window to
// its end. The harness's killing of all servers when a run is over is not
// part of their lives: the run ends there.
#ifndef GLASSRAFT_SPANS_H
#define GLASSRAFT_SPANS_H

#include "viz.h"

struct span {
    uint64_t from_us, to_us;
    uint64_t n; // the event that began it
    uint64_t term;
    enum trace_role role;
    bool there; // false before its first event: nothing is known of it
    bool up, paused, unplugged;
    int group; // side of a partition; TRACE_NONE without one
};

// Who led: a leader that is awake and reaches a majority, over the network as
// the harness left it.
struct reign {
    uint64_t from_us, to_us, term;
    int leader; // TRACE_NONE: nobody
};

struct life {
    struct span *span;
    size_t n, room;
};

struct spans {
    int n_servers;
    size_t begin, end; // positions in trace->event of the window
    uint64_t from_us, to_us;
    struct life *server; // [n_servers]
    struct reign *reign;
    size_t n_reigns, reign_room;
};

// Events that spans_make() looks at, for trace_load_part().
#define SPANS_KINDS                                                            \
    (1ull << TRACE_BOOT | 1ull << TRACE_ROLE | 1ull << TRACE_TERM |            \
     1ull << TRACE_KILL | 1ull << TRACE_CRASH | 1ull << TRACE_RESTART |        \
     1ull << TRACE_PAUSE | 1ull << TRACE_CONNECT | 1ull << TRACE_DISCONNECT |  \
     1ull << TRACE_LINK | 1ull << TRACE_PARTITION | 1ull << TRACE_HEAL |       \
     1ull << TRACE_VERDICT)

// Free with spans_free().
void spans_make(struct spans *spans, const struct trace_file *trace,
                const struct viz_window *window);
void spans_free(struct spans *spans);

// Sum of the time without a leader.
uint64_t spans_leaderless_us(const struct spans *spans);

#endif
