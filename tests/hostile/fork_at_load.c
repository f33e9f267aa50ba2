// fork_at_load.c -- leaves a process behind while it is loaded
// expect: The submission called fork() or clone()
#define _GNU_SOURCE
#include "hostile.h"

AT_LOAD void run(void)
{
    if (raw_call(SYS_clone, SIGCHLD, 0, 0) == 0) {
        setsid();
        sleep(1000);
    }
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
