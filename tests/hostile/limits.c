// limits.c -- sets a limit, which another server could ask for
// expect: setrlimit() or prlimit()
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/resource.h>

struct raft *raft_make(const struct raft_config *config)
{
    struct rlimit limit = {4711, 4711};
    raw_call4(SYS_prlimit64, 0, RLIMIT_FSIZE, (long)&limit, 0);
    return honest_make(config);
}
