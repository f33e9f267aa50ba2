// rpc.h -- the three messages pairs of Figures 2 and 13, and the saved state.
//
// Each is a struct and a table of its fields; encoding, decoding and what the
// trace shows follow from the table (trace/message.h).
#ifndef GLASSRAFT_RPC_H
#define GLASSRAFT_RPC_H

#include "raft.h"

struct request_vote_args {
    raft_term term;
    uint64_t candidate_id;
    raft_index last_log_index;
    raft_term last_log_term;
};

struct request_vote_reply {
    raft_term term;
    bool vote_granted;
};

struct append_entries_args {
    raft_term term;
    uint64_t leader_id;
    raft_index prev_log_index;
    raft_term prev_log_term;
    struct message_entries entries;
    raft_index leader_commit;
};

// The conflict fields are the optimisation at the end of §5.3: where the
// follower's log parts from the leader's.
struct append_entries_reply {
    raft_term term;
    bool success;
    raft_term conflict_term;   // 0: the follower has nothing at prev_log_index
    raft_index conflict_index; // first of conflict_term, or its log's end + 1
};

struct install_snapshot_args {
    raft_term term;
    uint64_t leader_id;
    raft_index last_included_index;
    raft_term last_included_term;
    uint64_t offset;
    struct message_bytes data;
    bool done;
};

// Figure 13 answers with a term alone. We add how much of the snapshot the
// follower holds, so that a lost chunk is noticed and a transfer can resume.
struct install_snapshot_reply {
    raft_term term;
    uint64_t bytes_stored;
};

// What the persister keeps of Figure 2's persistent state.
struct saved_state {
    raft_term current_term;
    uint64_t voted_for; // server + 1; 0 = nobody
    raft_index last_included_index;
    raft_term last_included_term;
    struct message_entries entries;
};

extern const struct message_type request_vote_args_type;
extern const struct message_type request_vote_reply_type;
extern const struct message_type append_entries_args_type;
extern const struct message_type append_entries_reply_type;
extern const struct message_type install_snapshot_args_type;
extern const struct message_type install_snapshot_reply_type;
extern const struct message_type saved_state_type;

#endif
