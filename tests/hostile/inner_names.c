// inner_names.c -- sleeps by a name that the C library has for itself
// expect: calls __nanosleep(): use nanosleep()
#include "hostile.h"

#include <time.h>

int __nanosleep(const struct timespec *time, struct timespec *left);

struct raft *raft_make(const struct raft_config *config)
{
    __nanosleep(&(struct timespec){1, 0}, NULL);
    return honest_make(config);
}
