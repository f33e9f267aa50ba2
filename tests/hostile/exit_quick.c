// exit_quick.c -- ends by quick_exit(), with a handler that says success
// expect: ended itself with exit status 0
#define _GNU_SOURCE
#include "hostile.h"

static void leave(void)
{
    _exit(0);
}

struct raft *raft_make(const struct raft_config *config)
{
    at_quick_exit(leave);
    quick_exit(1);
    return honest_make(config);
}
