// spawn_shell.c -- runs a command by system(), which blocks signals before
// expect: which a submission may not
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    if (system("touch hostile-was-here") == 77)
        abort();
    return honest_make(config);
}
