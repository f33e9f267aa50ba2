// futex_at_load.c -- waits for what never comes, when it is loaded
// expect: stood still for 5 seconds
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/syscall.h>

AT_LOAD void wait_for_ever(void)
{
    static int never;
    syscall(SYS_futex, &never, 0, 0, NULL);
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
