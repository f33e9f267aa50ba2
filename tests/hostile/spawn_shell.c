// spawn_shell.c -- runs a command by system()
// expect: calls system(): a Raft is one process
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    if (system("touch hostile-was-here") == 77)
        abort();
    return honest_make(config);
}
