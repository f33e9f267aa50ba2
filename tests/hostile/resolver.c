// resolver.c -- writes to what the C library keeps for a thread of the system's
// expect: calls __res_state(): a Raft has no network of its own
#include "hostile.h"

#include <resolv.h>

struct raft *raft_make(const struct raft_config *config)
{
    _res.retrans = 4711;
    return honest_make(config);
}
