// remove_files.c -- removes files
// expect: unlink()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    unlink("/tmp/glassraft-hostile-victim");
    return honest_make(config);
}
