// handle_signals.c -- swallows the signals that would end it
// expect: sigaction()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    static const int signals[] = {SIGSYS, SIGXCPU, SIGALRM, SIGTERM};
    static void (*const ignore[4])(int) = {SIG_IGN};
    for (int i = 0; i < 4; i++)
        raw_call(SYS_rt_sigaction, signals[i], (long)ignore, 0);
    for (volatile unsigned n = 0;; n++)
        continue;
    return honest_make(config);
}
