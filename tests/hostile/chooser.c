// chooser.c -- runs while it is loaded, before the sandbox is sealed
// expect: an ifunc
#include "hostile.h"

static void one(void)
{
}

static void (*choose(void))(void)
{
    return one;
}

void chosen(void) __attribute__((ifunc("choose")));

struct raft *raft_make(const struct raft_config *config)
{
    chosen();
    return honest_make(config);
}
