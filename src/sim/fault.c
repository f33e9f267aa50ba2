// fault.c -- what a thread did that the processor refused, in words.
//
// Where memory lies differs from run to run, and a report does not: it tells an
// address only where no memory is.
#define _GNU_SOURCE
#include "internal.h"

#include <stdio.h>
#include <string.h>

enum { NULL_BYTES = 4096 }; // below: a field behind a NULL pointer
static const uintptr_t LOWEST_MEMORY = (uintptr_t)1 << 32;

const char *sim_fault(int signal, const siginfo_t *info)
{
    static char text[160];
    uintptr_t at = (uintptr_t)info->si_addr;
    if (signal == SIGFPE)
        return "divided a whole number by zero, or the smallest one by -1";
    if (signal == SIGILL)
        return "ran into an instruction that does not exist, as after "
               "__builtin_unreachable() or __builtin_trap()";
    if (signal == SIGTRAP)
        return "ran into a trap, as __builtin_trap() is on some processors";
    // Which address it was, the processor does not tell here.
    if (signal == SIGSEGV && info->si_code == SI_KERNEL)
        return "used a pointer that no memory can have, or that is not aligned "
               "as its type must be";
    if (signal == SIGSEGV && at < NULL_BYTES)
        snprintf(text, sizeof text,
                 "dereferenced a NULL pointer (address 0x%lx)",
                 (unsigned long)at);
    else if (at < LOWEST_MEMORY)
        snprintf(text, sizeof text, "crashed: %s at address 0x%lx",
                 strsignal(signal), (unsigned long)at);
    else
        snprintf(text, sizeof text,
                 "crashed: %s, at an address that is not its own or not to be "
                 "written",
                 strsignal(signal));
    return text;
}
