// crash_at_load.c -- overflows a number when it is loaded
// expect: no progress
// expect asan: A thread overflows a signed integer at crash_at_load.c:11
#include "hostile.h"

#include <limits.h>

AT_LOAD void overflow(void)
{
    volatile int most = INT_MAX;
    most = most + 1;
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
