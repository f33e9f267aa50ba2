// close_range.c -- closes all descriptors in one call
// expect: close_range()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    close_range(0, ~0u, 0);
    return honest_make(config);
}
