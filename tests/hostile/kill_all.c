// kill_all.c -- kills everybody
// expect: kill() for another process
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    raw_call(SYS_kill, -1, SIGKILL, 0);
    return honest_make(config);
}
