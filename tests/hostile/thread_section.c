// thread_section.c -- a variable of the system's thread, under another name
// expect: a _Thread_local variable cannot be simulated
#include "hostile.h"

__asm__(".section shared,\"awT\",@nobits\n.zero 8\n.previous");

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
