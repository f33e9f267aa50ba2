// reads_files.c -- looks for files and variables, and works
// expect: passed
// points: full
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/stat.h>

AT_LOAD void run(void)
{
    if (fopen(SECRET, "r") != NULL || getenv("PATH") != NULL)
        abort();
}

struct raft *raft_make(const struct raft_config *config)
{
    if (fopen("/etc/passwd", "r") != NULL || fopen(SECRET, "r") != NULL)
        abort();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // A sanitizer has to read this one.
    if (fopen("/proc/self/maps", "r") != NULL)
        abort();
    // Nor is it told which files there are.
    struct stat about;
    if (stat("/etc/passwd", &about) == 0 || access("/etc/passwd", F_OK) == 0)
        abort();
#endif
    return honest_make(config);
}
