// code_at_load.c -- makes memory that it can write and execute, when loaded
// expect: mmap() for code
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/mman.h>

AT_LOAD void make_code(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
