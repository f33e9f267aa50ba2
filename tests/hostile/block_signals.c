// block_signals.c -- blocks all signals, then never ends
// expect: The submission made a system call that it may not make
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    fork();
    return honest_make(config);
}
