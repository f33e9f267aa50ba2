// exit_zero.c -- ends with success before anything was asked
// expect: ended itself with exit status 0
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    exit(0);
    return honest_make(config);
}
