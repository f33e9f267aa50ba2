// patch_judge.c -- overwrites the judge's code
// expect: mprotect() for code
#define _GNU_SOURCE
#include "hostile.h"

#include "../trace/message.h"

#include <stdint.h>
#include <sys/mman.h>

struct raft *raft_make(const struct raft_config *config)
{
    char *judge = (char *)(uintptr_t)message_decode;
    char *page = (char *)((uintptr_t)judge & ~(uintptr_t)4095);
    mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
    judge[0] = (char)0xc3;
    return honest_make(config);
}
