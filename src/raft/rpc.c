// rpc.c -- see rpc.h.
#include "rpc.h"

#define NUMBER(message, field)  FIELD(MESSAGE_NUMBER, message, field)
#define BOOL(message, field)    FIELD(MESSAGE_BOOL, message, field)
#define BYTES(message, field)   FIELD(MESSAGE_BYTES, message, field)
#define ENTRIES(message, field) FIELD(MESSAGE_ENTRIES, message, field)
#define FIELD(type, message, field)                                            \
    {                                                                          \
#field, type, offsetof(struct message, field)                          \
    }
#define END                                                                    \
    {                                                                          \
        NULL, MESSAGE_NUMBER, 0                                                \
    }
#define TYPE(message)                                                          \
    const struct message_type message##_type = {                               \
        #message, sizeof(struct message), message##_fields}

static const struct message_field request_vote_args_fields[] = {
    NUMBER(request_vote_args, term), NUMBER(request_vote_args, candidate_id),
    NUMBER(request_vote_args, last_log_index),
    NUMBER(request_vote_args, last_log_term), END};
TYPE(request_vote_args);

static const struct message_field request_vote_reply_fields[] = {
    NUMBER(request_vote_reply, term), BOOL(request_vote_reply, vote_granted),
    END};
TYPE(request_vote_reply);

static const struct message_field append_entries_args_fields[] = {
    NUMBER(append_entries_args, term),
    NUMBER(append_entries_args, leader_id),
    NUMBER(append_entries_args, prev_log_index),
    NUMBER(append_entries_args, prev_log_term),
    ENTRIES(append_entries_args, entries),
    NUMBER(append_entries_args, leader_commit),
    END};
TYPE(append_entries_args);

static const struct message_field append_entries_reply_fields[] = {
    NUMBER(append_entries_reply, term), BOOL(append_entries_reply, success),
    NUMBER(append_entries_reply, conflict_term),
    NUMBER(append_entries_reply, conflict_index), END};
TYPE(append_entries_reply);

static const struct message_field install_snapshot_args_fields[] = {
    NUMBER(install_snapshot_args, term),
    NUMBER(install_snapshot_args, leader_id),
    NUMBER(install_snapshot_args, last_included_index),
    NUMBER(install_snapshot_args, last_included_term),
    NUMBER(install_snapshot_args, offset),
    BYTES(install_snapshot_args, data),
    BOOL(install_snapshot_args, done),
    END};
TYPE(install_snapshot_args);

static const struct message_field install_snapshot_reply_fields[] = {
    NUMBER(install_snapshot_reply, term),
    NUMBER(install_snapshot_reply, bytes_stored), END};
TYPE(install_snapshot_reply);

static const struct message_field saved_state_fields[] = {
    NUMBER(saved_state, current_term),
    NUMBER(saved_state, voted_for),
    NUMBER(saved_state, last_included_index),
    NUMBER(saved_state, last_included_term),
    ENTRIES(saved_state, entries),
    END};
TYPE(saved_state);

const struct message_rpc raft_rpcs[] = {
    {"RequestVote", &request_vote_args_type, &request_vote_reply_type},
    {"AppendEntries", &append_entries_args_type, &append_entries_reply_type},
    {"InstallSnapshot", &install_snapshot_args_type,
     &install_snapshot_reply_type},
    {NULL, NULL, NULL},
};
