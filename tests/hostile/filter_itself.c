// filter_itself.c -- makes the kernel forbid the harness its result
// expect: prctl()
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/prctl.h>

struct raft *raft_make(const struct raft_config *config)
{
    prctl(22, 1, 0, 0, 0);
    return honest_make(config);
}
