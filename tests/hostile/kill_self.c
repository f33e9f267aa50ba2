// kill_self.c -- is killed, by itself
// expect: ended by signal 9
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    raw_call(SYS_kill, raw_call(SYS_getpid, 0, 0, 0), SIGKILL, 0);
    return honest_make(config);
}
