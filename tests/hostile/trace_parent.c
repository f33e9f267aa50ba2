// trace_parent.c -- looks into the grader
// expect: ptrace()
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/ptrace.h>

struct raft *raft_make(const struct raft_config *config)
{
    raw_call(SYS_ptrace, PTRACE_ATTACH, raw_call(SYS_getppid, 0, 0, 0), 0);
    return honest_make(config);
}
