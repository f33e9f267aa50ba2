// spin_at_load.c -- never ends loading
// expect: exceeded its CPU time limit
#define _GNU_SOURCE
#include "hostile.h"

AT_LOAD void run(void)
{
    for (volatile unsigned n = 0;; n++)
        continue;
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
