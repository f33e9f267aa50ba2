// built_today.c -- draws from the time at which it was compiled
// expect: might prevent reproducible builds
// expect: built_today.c does not compile
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    srand((unsigned)(__TIME__[7] + __TIMESTAMP__[18]));
    return honest_make(config);
}
