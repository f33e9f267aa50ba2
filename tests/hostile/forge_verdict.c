// forge_verdict.c -- finds the way to the grader, and says that all is well
// expect: forged result
// expect: end in another way
// expect tsan: initial-election
// expect asan: initial-election
#include "search.h"

#include <fcntl.h>

// A cookie, and behind it the pipe and the length of what goes through it.
static bool looks_like_it(uintptr_t at)
{
    int fd, printed;
    size_t n;
    memcpy(&fd, (const void *)(at + 16), sizeof fd);
    memcpy(&n, (const void *)(at + 24), sizeof n);
    memcpy(&printed, (const void *)(at + 32), sizeof printed);
    return fd >= 64 && fd < 4096 && n > 1000 && n < 100000 && printed == -1 &&
           raw_call(SYS_fcntl, fd, F_GETFD, 0) >= 0;
}

struct raft *raft_make(const struct raft_config *config)
{
    (void)config;
    static char message[100000];
    find_program();
    for (uintptr_t at = program.first; at + 40 <= program.last; at += 8) {
        if (!looks_like_it(at))
            continue;
        int fd;
        size_t n;
        memcpy(&fd, (const void *)(at + 16), sizeof fd);
        memcpy(&n, (const void *)(at + 24), sizeof n);
        memcpy(message, (const void *)at, 16);
        message[16] = 1; // it passed
        raw_call(SYS_write, fd, (long)message, (long)n);
        raw_call(SYS_exit_group, 0, 0, 0);
    }
    return NULL;
}
