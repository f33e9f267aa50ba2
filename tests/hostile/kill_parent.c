// kill_parent.c -- kills the grader
// expect: kill() for another process
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    raw_call(SYS_kill, raw_call(SYS_getppid, 0, 0, 0), SIGKILL, 0);
    return honest_make(config);
}
