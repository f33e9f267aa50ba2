// met.h -- what a run met: rules, transitions of Figure 4, states.
//
// For the question how many seeds are enough. A state is the cluster's as the
// model sees it, without what grows for ever: for each server whether it is
// up, its role, whether it is in the newest term, and whether its log is
// shorter than the longest; the servers in no order. Of a Raft without trace
// calls roles and terms are those that its messages show, and logs those that
// it saves.
#ifndef GLASSRAFT_CHECK_MET_H
#define GLASSRAFT_CHECK_MET_H

#include "rules.h"

enum { MET_STATES = 4096, MET_TRANSITIONS = 6, MET_SERVERS = 16 };

// The arrows of Figure 4, in words.
extern const char *const met_transition[MET_TRANSITIONS];

// One run's. Starts as zeros; it may be memory that others read.
struct met {
    struct rules rules;
    uint64_t transition[MET_TRANSITIONS]; // how often
    // How often an event of one kind came next behind one of another, on the
    // same server; behind kind 0 stands its first.
    uint32_t follows[TRACE_N_KINDS][TRACE_N_KINDS];
    uint64_t n_states, n_lost;  // those for which there was no room
    uint64_t state[MET_STATES]; // a hash of each; 0 = none
};

struct met_server {
    bool up;
    enum trace_role role;
    uint64_t term, last_index, asked, led; // the last two: terms
    uint8_t code;
};

// Who watches a run.
struct met_watch {
    struct met *met;
    int n_servers;
    struct met_server server[MET_SERVERS];
    enum trace_kind kind[MET_SERVERS]; // of its last event
};

void met_begin(struct met_watch *watch, struct met *met, int n_servers);
void met_step(struct met_watch *watch, const struct trace_event *event);

#endif
