// unmap_judge.c -- takes the harness's code away
// expect: munmap() for memory of the harness
// expect tsan: initial-election
// expect asan: initial-election
#define _GNU_SOURCE
#include "hostile.h"

#include "../trace/message.h"

#include <stdint.h>
#include <sys/mman.h>

struct raft *raft_make(const struct raft_config *config)
{
    munmap((void *)((uintptr_t)message_decode & ~(uintptr_t)4095), 4096);
    return honest_make(config);
}
