// reads_files.c -- looks for files and variables, and works
// expect: passed
// points: full
#define _GNU_SOURCE
#include "hostile.h"

AT_LOAD void run(void)
{
    if (fopen(SECRET, "r") != NULL || getenv("PATH") != NULL)
        abort();
}

struct raft *raft_make(const struct raft_config *config)
{
    if (fopen("/etc/passwd", "r") != NULL ||
        fopen("/proc/self/maps", "r") != NULL || fopen(SECRET, "r") != NULL)
        abort();
    return honest_make(config);
}
