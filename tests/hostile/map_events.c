// map_events.c -- maps the file of events, so as to write it anew
// expect: called mmap() for code, shared, or at a fixed place
#include "hostile.h"

#include <fcntl.h>
#include <sys/mman.h>

struct raft *raft_make(const struct raft_config *config)
{
    for (int fd = 3; fd < 1100; fd++) {
        if (raw_call(SYS_fcntl, fd, F_GETFD, 0) < 0)
            continue;
        char *story =
            mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (story != MAP_FAILED)
            memset(story, 0, 4096);
    }
    return honest_make(config);
}
