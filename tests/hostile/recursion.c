// recursion.c -- calls itself without end
// expect: stack overflow
// expect asan: stack-overflow
#define _GNU_SOURCE
#include "hostile.h"

static int deeper(int n)
{
    volatile char room[200];
    room[0] = (char)n;
    return n < 0 ? 0 : deeper(n + 1) + room[0];
}

struct raft *raft_make(const struct raft_config *config)
{
    if (deeper(1) == 3)
        abort();
    return honest_make(config);
}
