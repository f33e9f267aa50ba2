// write_file.c -- writes outside of its folder
// expect: open() for writing
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    FILE *out = fopen("/tmp/glassraft-hostile-was-here", "w");
    if (out != NULL)
        fputs("was here", out);
    return honest_make(config);
}
