// stop_self.c -- stops, and leaves the grader waiting
// expect: stood still for 5 seconds
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    kill(getpid(), SIGSTOP);
    return honest_make(config);
}
