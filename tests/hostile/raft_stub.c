// raft_stub.c -- a Raft that does nothing, politely.
#include "hostile.h"

struct raft {
    int nothing;
};

static const struct message_rpc *const none;
const struct message_rpc *const raft_rpcs = (const void *)&none;

struct raft *honest_make(const struct raft_config *config)
{
    (void)config;
    return calloc(1, sizeof(struct raft));
}

bool raft_start(struct raft *rf, const void *command, size_t n_bytes,
                raft_index *index, raft_term *term)
{
    (void)rf;
    (void)command;
    (void)n_bytes;
    *index = *term = 0;
    return false;
}

void raft_get_state(struct raft *rf, raft_term *term, bool *is_leader)
{
    (void)rf;
    *term = 0;
    *is_leader = false;
}

void raft_snapshot(struct raft *rf, raft_index index, const void *bytes,
                   size_t n_bytes)
{
    (void)rf;
    (void)index;
    (void)bytes;
    (void)n_bytes;
}

bool raft_handle(struct raft *rf, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    (void)rf;
    (void)method;
    (void)args;
    (void)n_args;
    *reply = NULL;
    *n_reply = 0;
    return false;
}

void raft_kill(struct raft *rf)
{
    (void)rf;
}

void raft_free(struct raft *rf)
{
    free(rf);
}
