// close_all.c -- closes all descriptors
// expect: close() for a descriptor of the harness
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    for (int fd = 0; fd < 5000; fd++)
        close(fd);
    return honest_make(config);
}
