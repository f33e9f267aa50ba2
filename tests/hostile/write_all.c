// write_all.c -- writes into all descriptors
// expect: write() to a descriptor of the harness
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    for (int fd = 0; fd < 5000; fd++)
        if (write(fd, "passed", 6) == 1234)
            abort();
    return honest_make(config);
}
