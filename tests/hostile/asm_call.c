// asm_call.c -- calls the kernel without the C library
// expect: socket()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    long result = 41;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(2), "S"(1), "d"(0)
                     : "rcx", "r11", "memory");
    return honest_make(config);
}
