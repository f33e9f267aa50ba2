// map_over_judge.c -- moves a page of its own over the harness's code
// expect: mremap() for memory of the harness
#define _GNU_SOURCE
#include "hostile.h"

#include "../trace/message.h"

#include <stdint.h>
#include <sys/mman.h>

struct raft *raft_make(const struct raft_config *config)
{
    uintptr_t judge = (uintptr_t)message_decode & ~(uintptr_t)4095;
    void *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mremap(own, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)judge);
    return honest_make(config);
}
