// tla_inner.h -- the conversion to TLA+ lines, shared by its files.
//
// tla.c follows the trace and begins and ends files, tla_do.c does the steps
// of servers, tla_travel.c sends and receives, tla_say.c knows the words.
// Positions are those of trace->event; tla_in() makes them indexes of arrays.
#ifndef GLASSRAFT_TLA_INNER_H
#define GLASSRAFT_TLA_INNER_H

#include "tla.h"

#define TLA_LEFT_OUT UINT32_MAX // in_file of what has no line

// So many steps of each server can have lines put before them.
enum { TLA_REMEMBERED = 32 };

// Where a step of a server begins, and what the server was before it.
struct tla_place {
    struct tla_line *line;
    struct tla_state state;
    uint64_t *match;
};

// A server as the specification sees it.
struct tla_node {
    struct tla_place place[TLA_REMEMBERED];
    size_t n_places;       // so far; the newest is n_places - 1
    uint64_t *match;       // its matchIndex
    bool sends;            // has messages that no Ready has released
    bool changed;          // has changes that no Ready has saved
    struct tla_line *tail; // the first step of those changes
    uint64_t expected;     // commit_index that the specification computes
    uint64_t own_vote;     // term of a vote for itself on its way; 0 = none
    size_t busy;           // position where its present step is done
    size_t *waiting;       // what comes behind a step of those to come
    size_t n_waiting;
};

struct viz_tla {
    struct tla_steps steps;
    const struct trace_event *event;
    struct model model;
    struct tla_lines lines;
    int n_servers;
    struct tla_node *node;
    size_t at;  // where to go on
    uint64_t n; // of the event at hand
    // By tla_in(): the file in which the sending or the receipt has its line;
    // how often a sending was received; of a receipt what its answer
    // acknowledges; of a part of a snapshot its logTerm.
    uint32_t file, *in_file, *n_receipts;
    uint64_t *match, *log_term;
    uint64_t *compacted; // [index]: terms of entries behind snapshots
    uint64_t n_compacted;
    int burst; // the server whose sendings stand last; TLA_NONE
    struct viz_tla_tally tally;
};

// tla_say.c
size_t tla_in(const struct viz_tla *t, size_t at);
bool tla_within(const struct viz_tla *t, size_t at);
uint64_t tla_lesser(uint64_t a, uint64_t b);
struct tla_state tla_state_of(const struct viz_tla *t, int node);
// Of an entry that went behind a snapshot, too, if that was followed.
uint64_t tla_term_of(const struct viz_tla *t, int node, uint64_t index);
// A field of a message; 0 when it has none of that name.
uint64_t tla_number(const struct trace_event *event, const char *name);
bool tla_is_rpc(const struct trace_event *event, const char *rpc);
// Counts what the specification does not allow.
void tla_odd(struct viz_tla *t);
// A line at the end, with the server's state of this moment.
void tla_say(struct viz_tla *t, const char *name, int node,
             const struct tla_message *message);
// The request at a sending; the answer at a reply to the request that was
// received there.
struct tla_message tla_request(const struct viz_tla *t, size_t sent);
struct tla_message tla_answer(const struct viz_tla *t, size_t replied,
                              size_t received);
struct tla_message tla_to_self(const char *type, int node, uint64_t term,
                               uint64_t index);
// Ready: saved, and what was sent is on its way.
void tla_ready(struct viz_tla *t, int node);
void tla_release(struct viz_tla *t, int node); // if anything was sent

// tla_travel.c
void tla_send(struct viz_tla *t, size_t sent, bool may_wait);
void tla_duplicate(struct viz_tla *t, size_t sent);
// A request's receipt, with the state of this moment or that of an earlier
// place (NULL: none). plain: it changes nothing.
void tla_receive(struct viz_tla *t, size_t received,
                 const struct tla_place *place, bool plain);
void tla_receive_answer(struct viz_tla *t, size_t received);
void tla_plain_request(struct viz_tla *t, size_t received, size_t replied);
void tla_plain_answer(struct viz_tla *t, size_t received);

// tla_do.c
void tla_push_place(struct viz_tla *t, int server);
void tla_match_self(struct viz_tla *t, int node, uint64_t index);
// Does a step; number is its index in t->steps.
void tla_do(struct viz_tla *t, const struct tla_step *step, int number);

#endif
