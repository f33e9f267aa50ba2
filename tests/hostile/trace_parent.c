// trace_parent.c -- looks into the grader
// expect: ptrace()
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/ptrace.h>

struct raft *raft_make(const struct raft_config *config)
{
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
    return honest_make(config);
}
