// exit_at_load.c -- ends with success while it is loaded
// expect: ended itself with exit status 0
#define _GNU_SOURCE
#include "hostile.h"

AT_LOAD void run(void)
{
    _exit(0);
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
