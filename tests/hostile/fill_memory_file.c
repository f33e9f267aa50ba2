// fill_memory_file.c -- fills memory that is none of its own
// expect: memfd_create()
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/mman.h>

struct raft *raft_make(const struct raft_config *config)
{
    if (memfd_create("x", 0) < 0)
        abort();
    return honest_make(config);
}
