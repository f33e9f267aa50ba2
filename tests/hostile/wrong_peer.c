// wrong_peer.c -- calls a server that there is not
// expect: S1 calls raft_config's call() for peer 77; its peers are 0 to
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    uint8_t *reply;
    size_t n;
    config->call(config->context, 77, "RequestVote", NULL, 0, &reply, &n);
    return honest_make(config);
}
