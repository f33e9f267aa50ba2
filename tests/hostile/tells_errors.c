// tells_errors.c -- prints what errno means, which is no crime
// expect: passed
// points: full
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    errno = ENOMEM;
    perror("S1");
    perror(NULL);
    errno = 4711;
    perror("");
    return honest_make(config);
}
