// internal.h -- the checker's state, and its three judges.
#ifndef GLASSRAFT_CHECK_INTERNAL_H
#define GLASSRAFT_CHECK_INTERNAL_H

#include "../trace/model.h"
#include "check.h"

// A hash table from two numbers to a small record; grows, forgets nothing.
struct table_cell {
    uint64_t a, b; // the key; a = 0: free
    uint64_t first, second, event;
    int server;
};

struct table {
    struct table_cell *cell;
    size_t n, room;
};

// How much of a run the trace tells, besides kinds of events.
struct told {
    bool fields;   // messages show theirs
    bool any_lost; // some server was lost, perhaps is
    // Servers that were taken down and have told no boot since: their state
    // is unknown.
    bool lost[TRACE_MAX_SERVERS];
};

// The record of a key, made (all zero, *fresh true) when it is new.
struct table_cell *table_at(struct table *table, uint64_t a, uint64_t b,
                            bool *fresh);

// What stands committed at an index.
struct committed {
    uint64_t term, event, us;
    uint64_t in_term; // current_term of the server that committed it first
    int server;
};

// What a server has in its persister as far as the trace tells.
struct disk {
    bool known;
    uint64_t term, last_index, event;
    int voted_for;
};

// A message on its way, as much of it as is needed when it arrives.
enum { N_FLIGHTS = 8192 };
struct flight {
    uint64_t msg, term, index, event;
    int from;
    bool granted;
};

enum { N_UNSAVED = 16 };
struct judged {
    struct disk disk;
    // States in memory since then, oldest first; one of them may have been on
    // its way to the disk when the server crashed.
    struct disk unsaved[N_UNSAVED];
    size_t n_unsaved;
    // Of its last RequestVote.
    uint64_t asked_term, asked_index, asked_last_term;
    // Votes for it: given by servers, and heard of by itself.
    uint64_t given_term, given, heard_term, heard;
    uint64_t cut_index, cut_term, cut_event; // the last truncation
    uint64_t role_event;
};

struct check {
    struct told told;
    struct model model;
    struct judged *server;
    struct table leaders, entries, applied;
    struct committed *committed; // [index], 1 .. n_committed
    size_t n_committed, committed_room;
    struct flight *requests, *replies; // by msg % N_FLIGHTS
    uint64_t n_of_kind[TRACE_N_KINDS];
    bool broken;
    struct check_finding finding;
};

// Each judges an event by the state before it; false when it is broken.
bool check_safety(struct check *check, const struct trace_event *event);
bool check_legality(struct check *check, const struct trace_event *event);
bool check_durability(struct check *check, const struct trace_event *event);

// Records the finding and returns false; or true where the trace lacks what
// the finding needs. The servers are the event's own and
// `other` (TRACE_NONE for none); `earlier` is an event that shows it, or 0.
bool check_broken(struct check *check, const struct trace_event *event,
                  const char *property, const char *tag, int other,
                  uint64_t earlier, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

// coverage.c: whether the trace has the kinds of events that a finding needs.
bool check_believes(const struct check *check, const char *property);
// Notes what the event of a server tells. Whether that server is lost.
bool check_is_lost(struct check *check, const struct trace_event *event);

int check_majority(const struct check *check);

#endif
