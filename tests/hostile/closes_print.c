// closes_print.c -- closes what all servers have open, and looks whether it is
// points: full
#define _GNU_SOURCE
#include "hostile.h"

#include <fcntl.h>

struct raft *raft_make(const struct raft_config *config)
{
    close(STDIN_FILENO);
    if (fcntl(STDIN_FILENO, F_GETFD) < 0)
        abort();
    return honest_make(config);
}
