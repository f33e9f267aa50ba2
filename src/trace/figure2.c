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
