// figure2.c -- the tables behind figure2.h.
#include "figure2.h"

MESSAGE_DEFINE(request_vote_args, REQUEST_VOTE_ARGS);
MESSAGE_DEFINE(request_vote_reply, REQUEST_VOTE_REPLY);
MESSAGE_DEFINE(append_entries_args, APPEND_ENTRIES_ARGS);
MESSAGE_DEFINE(append_entries_reply, APPEND_ENTRIES_REPLY);
MESSAGE_DEFINE(install_snapshot_args, INSTALL_SNAPSHOT_ARGS);
MESSAGE_DEFINE(install_snapshot_reply, INSTALL_SNAPSHOT_REPLY);
MESSAGE_DEFINE(saved_state, SAVED_STATE);

const struct message_rpc figure2_rpcs[] = {
    {"RequestVote", &request_vote_args_type, &request_vote_reply_type},
    {"AppendEntries", &append_entries_args_type, &append_entries_reply_type},
    {"InstallSnapshot", &install_snapshot_args_type,
     &install_snapshot_reply_type},
    {NULL, NULL, NULL},
};

// The term of the entry at an index, seen in a message of a term: entries begin
// at 1, and none is of a later term than who sends it.
static bool is_entry(uint64_t index, uint64_t entry_term, uint64_t term)
{
    return (index == 0) == (entry_term == 0) && entry_term <= term;
}

// Terms never fall from entry to entry.
static bool append_in_range(const struct append_entries_args *args)
{
    uint64_t before = args->prev_log_term > 0 ? args->prev_log_term : 1;
    for (size_t i = 0; i < args->entries.n; i++) {
        uint64_t term = args->entries.entry[i].term;
        if (term < before || term > args->term)
            return false;
        before = term;
    }
    return is_entry(args->prev_log_index, args->prev_log_term, args->term);
}

bool figure2_args_in_range(const struct message_rpc *rpc, const void *args,
                           int n_servers, int me)
{
    uint64_t n = (uint64_t)n_servers;
    if (rpc->args == &request_vote_args_type) {
        const struct request_vote_args *vote = args;
        return vote->term > 0 && vote->candidate_id < n &&
               vote->candidate_id != (uint64_t)me &&
               is_entry(vote->last_log_index, vote->last_log_term, vote->term);
    }
    if (rpc->args == &append_entries_args_type) {
        const struct append_entries_args *append = args;
        return append->term > 0 && append->leader_id < n &&
               append_in_range(append);
    }
    const struct install_snapshot_args *install = args;
    return install->term > 0 && install->leader_id < n &&
           install->last_included_index > 0 &&
           is_entry(install->last_included_index, install->last_included_term,
                    install->term);
}
