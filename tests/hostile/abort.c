// abort.c -- calls abort()
// expect: called abort()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    abort();
    return honest_make(config);
}
