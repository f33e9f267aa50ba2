// jump_out.c -- jumps into a function that has returned
// expect: crash
#define _GNU_SOURCE
#include "hostile.h"

#include <setjmp.h>

static jmp_buf back;

AT_LOAD void run(void)
{
    if (setjmp(back) != 0)
        _exit(0);
}

struct raft *raft_make(const struct raft_config *config)
{
    longjmp(back, 1);
    return honest_make(config);
}
