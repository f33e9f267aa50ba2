// figure2.h -- the three pairs of messages of Figures 2 and 13.
//
// They stand here, below the Raft, since others speak them as well: the
// checker and the pictures know their fields by name, and scenarios send
// messages of their own. A list of fields makes both the struct and the table
// that encoding, decoding and the trace follow: NUMBER is uint64_t (terms,
// indexes, servers), BOOL, BYTES and ENTRIES as in message.h.
#ifndef GLASSRAFT_FIGURE2_H
#define GLASSRAFT_FIGURE2_H

#include "declare.h"

// clang-format off
#define REQUEST_VOTE_ARGS(F, m) \
    F(NUMBER, m, term) F(NUMBER, m, candidate_id) \
    F(NUMBER, m, last_log_index) F(NUMBER, m, last_log_term)
MESSAGE_DECLARE(request_vote_args, REQUEST_VOTE_ARGS);

#define REQUEST_VOTE_REPLY(F, m) \
    F(NUMBER, m, term) F(BOOL, m, vote_granted)
MESSAGE_DECLARE(request_vote_reply, REQUEST_VOTE_REPLY);

#define APPEND_ENTRIES_ARGS(F, m) \
    F(NUMBER, m, term) F(NUMBER, m, leader_id) F(NUMBER, m, prev_log_index) \
    F(NUMBER, m, prev_log_term) F(ENTRIES, m, entries) \
    F(NUMBER, m, leader_commit)
MESSAGE_DECLARE(append_entries_args, APPEND_ENTRIES_ARGS);

// The optimisation at the end of §5.3: the follower's term at prev_log_index
// (0: it has nothing there) and that term's first index (or its log's end + 1).
#define APPEND_ENTRIES_REPLY(F, m) \
    F(NUMBER, m, term) F(BOOL, m, success) F(NUMBER, m, conflict_term) \
    F(NUMBER, m, conflict_index)
MESSAGE_DECLARE(append_entries_reply, APPEND_ENTRIES_REPLY);

#define INSTALL_SNAPSHOT_ARGS(F, m) \
    F(NUMBER, m, term) F(NUMBER, m, leader_id) \
    F(NUMBER, m, last_included_index) F(NUMBER, m, last_included_term) \
    F(NUMBER, m, offset) F(BYTES, m, data) F(BOOL, m, done)
MESSAGE_DECLARE(install_snapshot_args, INSTALL_SNAPSHOT_ARGS);

// bytes_stored is ours: how much the follower holds, so that a chunk that was
// lost is noticed.
#define INSTALL_SNAPSHOT_REPLY(F, m) \
    F(NUMBER, m, term) F(NUMBER, m, bytes_stored)
MESSAGE_DECLARE(install_snapshot_reply, INSTALL_SNAPSHOT_REPLY);


// The persistent state of Figure 2 and the boundary of §7, as a persister may
// keep it; voted_for counts from 1, 0 is nobody. What changes with each save
// stands behind the log.
#define SAVED_STATE(F, m) \
    F(LIST, m, entries) \
    F(NUMBER, m, current_term) F(NUMBER, m, voted_for) \
    F(NUMBER, m, last_included_index) F(NUMBER, m, last_included_term)
MESSAGE_DECLARE(saved_state, SAVED_STATE);
// clang-format on

// Can these arguments have been sent by another of n_servers servers to server
// `me`? Servers are of the cluster, and terms and indexes fit together. Who
// leads is told for the clients' sake, and need not be another.
bool figure2_args_in_range(const struct message_rpc *rpc, const void *args,
                           int n_servers, int me);

// The methods by which the messages travel; ends with method NULL.
extern const struct message_rpc figure2_rpcs[];
enum { RPC_REQUEST_VOTE, RPC_APPEND_ENTRIES, RPC_INSTALL_SNAPSHOT };

#endif
