// old_call.c -- calls the kernel as 32-bit programs do
// expect: initial-election
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    int result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return honest_make(config);
}
