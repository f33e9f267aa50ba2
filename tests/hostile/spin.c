// spin.c -- never ends
// expect: CPU time without blocking
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    for (volatile unsigned n = 0;; n++)
        continue;
    return honest_make(config);
}
