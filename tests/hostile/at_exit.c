// at_exit.c -- leaves handlers for its end, and works
// expect: passed
// points: full
#define _GNU_SOURCE
#include "hostile.h"

static void leave(void)
{
    _exit(1);
}

__attribute__((destructor)) static void end(void)
{
    _exit(1);
}

struct raft *raft_make(const struct raft_config *config)
{
    atexit(leave);
    return honest_make(config);
}
