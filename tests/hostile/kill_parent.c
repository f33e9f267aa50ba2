// kill_parent.c -- kills the grader
// expect: kill() for another process
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    kill(getppid(), SIGKILL);
    return honest_make(config);
}
