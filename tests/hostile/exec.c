// exec.c -- becomes another program
// expect: exec()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    char *argv[] = {"sh", "-c", "exit 0", NULL};
    raw_call(SYS_execve, (long)"/bin/sh", (long)argv, 0);
    return honest_make(config);
}
