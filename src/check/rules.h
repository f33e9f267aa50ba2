// rules.h -- which rules of Figures 2 and 13 a run exercised, and how often.
//
// A Raft with trace calls names the rule of each step. Of one without them
// messages show some rules, the harness a few more, and the rest cannot be
// seen: never seen is not never done.
#ifndef GLASSRAFT_CHECK_RULES_H
#define GLASSRAFT_CHECK_RULES_H

#include "../trace/trace.h"

enum { RULES_N = 27, RULES_MESSAGES = 1024 };

// The boxes of the figures.
enum rules_box {
    RULES_ALL,
    RULES_FOLLOWERS,
    RULES_CANDIDATES,
    RULES_LEADERS,
    RULES_VOTE,
    RULES_APPEND,
    RULES_INSTALL,
    RULES_N_BOXES
};

struct rules_rule {
    const char *tag, *about;
    enum rules_box box;
    bool shown; // messages or the harness show it
};

extern const struct rules_rule rules_rule[RULES_N];
extern const char *const rules_box[RULES_N_BOXES]; // their titles

// What was sent and is not received yet, by the message's number.
struct rules_sent {
    uint64_t msg, term;
    char rpc; // 'V', 'A', 'I', or 0
    bool first_chunk, more_chunks;
};

// Starts as zeros.
struct rules {
    bool speaks;                  // the Raft has told a step of its own
    uint64_t told[RULES_N];       // named by its trace calls, or by messages
    uint64_t seen[RULES_N];       // what messages show alone
    uint64_t asks[16], leads[16]; // per server: terms in which it does
    struct rules_sent sent[RULES_MESSAGES];
};

void rules_step(struct rules *rules, const struct trace_event *event);
// The count of a rule, for what this Raft tells of itself.
uint64_t rules_count(const struct rules *rules, int rule);
// Could a count of 0 be a step that was taken and not seen?
bool rules_is_hidden(bool speaks, int rule);

#endif
