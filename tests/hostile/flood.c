// flood.c -- prints without measure, and works
// expect: passed
// points: full
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    for (int i = 0; i < 300000; i++)
        puts("debug: still here, still here, still here, still here");
    return honest_make(config);
}
