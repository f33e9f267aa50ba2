// why_stuck.h -- what the two files on a lack of progress share.
#ifndef GLASSRAFT_WHY_STUCK_H
#define GLASSRAFT_WHY_STUCK_H

#include "why.h"

// The end of the run, and the text that is being written on it.
struct stuck {
    const struct why *why;
    const struct model *model;
    size_t end; // position of the finding
    int leader;
    bool reached[TRACE_MAX_SERVERS]; // by the leader, itself too
    int majority;
    uint64_t index; // of the entry that is due
    char *text;
    size_t n;
};

#define SAY(...) why_put(s->text, s->n, __VA_ARGS__)

static inline const struct trace_event *event_at(const struct stuck *s,
                                                 size_t at)
{
    return &s->why->trace->event[at];
}

// The last event before the end of that kind at a server (-1: at any), about a
// peer if one is given (-1: none); SIZE_MAX.
size_t stuck_last(const struct stuck *s, enum trace_kind kind, int node,
                  int peer);

// why_leaderless.c: says why nobody leads; the tag of the rule to look at.
const char *stuck_without_leader(struct stuck *s);

#endif
