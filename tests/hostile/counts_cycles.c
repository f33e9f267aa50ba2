// counts_cycles.c -- draws from the processor's clock
// expect: the processor's rdtsc differs from run to run
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    srand((unsigned)__builtin_ia32_rdtsc());
    return honest_make(config);
}
