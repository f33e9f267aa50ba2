// block_signals.c -- blocks all signals, then never ends
// expect: The submission made a system call that it may not make
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    static const unsigned long all = ~0ul;
    raw_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, 0);
    raw_call(SYS_clone, SIGCHLD, 0, 0);
    return honest_make(config);
}
