// hostile.h -- what the submissions of this folder share.
//
// Each file is a submission that does what none may, or what looks like it.
// Its first lines say what the grader is expected to say:
//
//     // expect: WORDS      in the report; several are possible
//     // points: full       0 without this line; full has the reference below
//
// tests/grade puts a file next to raft_stub.c, which does nothing, or next to
// a copy of the reference, whose raft_make() is then called honest_make().
#ifndef GLASSRAFT_HOSTILE_H
#define GLASSRAFT_HOSTILE_H

#include <raft.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct raft *honest_make(const struct raft_config *config);

// A system call that no name gives away.
__attribute__((unused)) static long raw_call4(long number, long a, long b,
                                              long c, long d)
{
    register long fourth __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
}

// Of three arguments; the fourth are the bytes of a signal set.
__attribute__((unused)) static long raw_call(long number, long a, long b,
                                             long c)
{
    return raw_call4(number, a, b, c, 8);
}

#define AT_LOAD __attribute__((constructor)) static

#endif
