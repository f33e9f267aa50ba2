// evidence.h -- what the judge knew of each event, and what that rests on.
//
// The checker that judges a run also tells why things happened in it: whose
// votes a leader had heard of, who had acknowledged an entry, how long a
// server had waited. A book of evidence has this for every event of a trace,
// together with the earlier events that prove it, and the first thing that the
// checker found broken. Stories and pictures are told from it, so that they
// say what was judged and nothing else.
//
//     struct evidence_book *book = evidence_gather(&trace);
//     const struct evidence *of = evidence_of(book, position);
//     for (size_t i = of->causes; i != 0; i = evidence_cause(book, i)->next)
//         printf("%" PRIu64 "\n", evidence_cause(book, i)->n);
//     evidence_free(book);
//
// A book that was gathered borrows the trace. What a trace leaves out is not
// guessed: the fact has no such cause, and `known` says whether its numbers
// can be told.
#ifndef GLASSRAFT_CHECK_EVIDENCE_H
#define GLASSRAFT_CHECK_EVIDENCE_H

#include "check.h"

// How much further from the question a cause lies.
enum evidence_step { EVIDENCE_NEAR = 1, EVIDENCE_FAR = 2, EVIDENCE_OLD = 3 };

struct evidence_cause {
    uint64_t n; // the event
    enum evidence_step step;
    bool needed; // false: it came too late to count
    size_t next; // of the same effect, for evidence_cause(); 0 = none
};

// A set of servers.
struct evidence_set {
    uint64_t bits[TRACE_MAX_SERVERS / 64];
};

// Of one event.
struct evidence {
    size_t causes;    // the first, for evidence_cause(); 0 = none
    uint64_t told_by; // the event that tells of this one, too; 0 = itself
    // The sending of the request that it follows from, and of the answer;
    // 0 = none, or not told.
    uint64_t request, answer;
    // A leader's role, a candidate's timeout: who had given it their votes, as
    // far as it had heard. A leader's commit: who had acknowledged the entry,
    // and the leader itself.
    struct evidence_set servers;
    bool known; // the trace tells all that `servers` needs
    // A timeout: the elections in a row that the candidate has stood for
    // before. A lost request: how many in a row the receiver has not got.
    uint64_t number;
    // A timeout: when the server last heard a leader of its term, or led
    // itself; 0 = never since it started.
    uint64_t heard_us;
    bool led; // it was itself that led
};

struct evidence_book;
struct clients;

// Judges the whole trace and keeps what was known on the way. Never NULL; to be
// freed by evidence_free(). Takes 100 bytes an event. The trace is borrowed.
struct evidence_book *evidence_gather(const struct trace_file *trace);
void evidence_free(struct evidence_book *book);

// Of the event at a position of trace->event; borrowed from the book.
const struct evidence *evidence_of(const struct evidence_book *book,
                                   size_t position);
const struct evidence_cause *evidence_cause(const struct evidence_book *book,
                                            size_t cause);

// What the checker found broken first, NULL when nothing; borrowed.
const struct check_finding *evidence_finding(const struct evidence_book *book);

// The rule of Figure 2 that the same event broke, where the finding is of a
// property of Figure 3; NULL when none is known.
const struct check_finding *evidence_reason(const struct evidence_book *book);

// What stood in the way of progress when the trace's first finding was made:
// how far it had come in sentences, "" when nothing can be told, and the tag of
// the rule to look at, or NULL.
const char *evidence_progress(const struct evidence_book *book,
                              const char **tag);

// What clients asked and saw (clients.h), NULL when there are none; borrowed.
const struct clients *evidence_clients(const struct evidence_book *book);

// Whether the trace tells of events of this kind at all.
bool evidence_tells(const struct evidence_book *book, enum trace_kind kind);

// A fault begins: a crash, a pause, a cut.
bool evidence_cuts(const struct trace_event *event);

static inline bool evidence_has(const struct evidence_set *set, int server)
{
    return (set->bits[server / 64] >> (server % 64) & 1) != 0;
}

#endif
