// kill_self.c -- is killed, by itself
// expect: ended by signal 9
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    raise(SIGKILL);
    return honest_make(config);
}
