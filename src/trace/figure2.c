// figure2.c -- the tables behind figure2.h.
#include "figure2.h"

MESSAGE_DEFINE(request_vote_args, REQUEST_VOTE_ARGS);
MESSAGE_DEFINE(request_vote_reply, REQUEST_VOTE_REPLY);
MESSAGE_DEFINE(append_entries_args, APPEND_ENTRIES_ARGS);
MESSAGE_DEFINE(append_entries_reply, APPEND_ENTRIES_REPLY);
MESSAGE_DEFINE(install_snapshot_args, INSTALL_SNAPSHOT_ARGS);
MESSAGE_DEFINE(install_snapshot_reply, INSTALL_SNAPSHOT_REPLY);
