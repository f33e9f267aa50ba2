// exec.c -- becomes another program
// expect: exec()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
    return honest_make(config);
}
