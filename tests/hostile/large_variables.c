// large_variables.c -- keeps a log of 300 MiB in a variable of all servers
// expect: large_log alone 307200; each server has a copy of its own
#include "hostile.h"

static char large_log[300 << 20];

struct raft *raft_make(const struct raft_config *config)
{
    large_log[config->me]++;
    return honest_make(config);
}
