// hold_back_signals.c -- blocks what tells it of its limit, then never ends
// expect: exceeded its CPU time limit
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    static const unsigned long all = ~0ul;
    raw_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, 0);
    for (volatile unsigned n = 0;; n++)
        continue;
    return honest_make(config);
}
