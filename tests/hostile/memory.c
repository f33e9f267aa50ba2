// memory.c -- takes all memory that there is
// expect: raft_make at memory.c
// expect tsan: exceeded its
// expect asan: exceeded its
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    for (;;)
        memset(malloc(1 << 20), 1, 1 << 20);
    return honest_make(config);
}
