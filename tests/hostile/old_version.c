// old_version.c -- calls the system's clock by the name of an old version
// expect: calls clock_gettime(): it is not the one that is simulated
#include "hostile.h"

#include <time.h>

__asm__(".symver old_clock, clock_gettime@GLIBC_2.17");
int old_clock(clockid_t clock, struct timespec *now);

struct raft *raft_make(const struct raft_config *config)
{
    struct timespec now;
    old_clock(CLOCK_REALTIME, &now);
    srand((unsigned)now.tv_nsec);
    return honest_make(config);
}
