// page_faults.c -- makes a call that few know by its name
// expect: called userfaultfd(), which a submission may not
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    raw_call(SYS_userfaultfd, 0, 0, 0);
    return honest_make(config);
}
