// raft_fixture.h -- one Raft server without threads, for tests of its
// handlers.
//
// The fixture's transport drops every call, its persister remembers the last
// save, and the tests put the server into a state by hand. Locks are taken as
// in real life, so that the invariants are checked too.
#ifndef GLASSRAFT_RAFT_FIXTURE_H
#define GLASSRAFT_RAFT_FIXTURE_H

#include "raft/server.h"

struct fixture {
    struct raft *rf;
    struct raft_config config;
    int n_saves;
    // Of the last save: bytes that are said to be new, and whether the others
    // are the ones of the save before, of all saves so far.
    size_t n_new;
    bool lies;
    bool same_snapshot;
    uint8_t *state, *snapshot; // what was saved last
    size_t n_state, n_snapshot;
};

// A server of n_peers that is number `me`; defaults for the rest of config
// unless the test has set them before.
void fixture_make(struct fixture *fixture, int n_peers, int me);
// Frees the server and makes another from what was saved: a crash.
void fixture_reboot(struct fixture *fixture);
void fixture_free(struct fixture *fixture);

// Gives the server a log with one entry per term in terms (ended by 0), and a
// current term.
void fixture_log(struct fixture *fixture, const raft_term *terms,
                 raft_term current_term);
// Makes it a candidate, or the leader, of its next term.
void fixture_candidate(struct fixture *fixture);
void fixture_leader(struct fixture *fixture);

// Handles a message under the lock.
struct request_vote_reply fixture_vote(struct fixture *fixture, raft_term term,
                                       uint64_t candidate_id,
                                       raft_index last_log_index,
                                       raft_term last_log_term);
// Entries of the terms given, ended by 0.
struct append_entries_reply
fixture_append(struct fixture *fixture, raft_term term,
               raft_index prev_log_index, raft_term prev_log_term,
               const raft_term *terms, raft_index leader_commit);

// The reply of a peer to an AppendEntries that carried n entries.
void fixture_append_reply(struct fixture *fixture, int peer, raft_term term,
                          raft_index prev_log_index, size_t n,
                          struct append_entries_reply reply);

#endif
