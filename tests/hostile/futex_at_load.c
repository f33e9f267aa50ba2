// futex_at_load.c -- waits for what never comes, when it is loaded
// expect: made no progress for 5 seconds
#include "hostile.h"

AT_LOAD void wait_for_ever(void)
{
    static int never;
    raw_call4(SYS_futex, (long)&never, 0, 0, 0);
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
