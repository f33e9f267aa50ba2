// kill_all.c -- kills everybody
// expect: kill() for another process
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    kill(-1, SIGKILL);
    return honest_make(config);
}
