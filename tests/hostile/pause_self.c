// pause_self.c -- pauses, and leaves the grader waiting
// expect: made no progress for 5 seconds
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    raw_call(SYS_pause, 0, 0, 0);
    return honest_make(config);
}
