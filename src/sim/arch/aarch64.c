// aarch64.c -- see arch.h.
#define _GNU_SOURCE
#include "arch.h"

#include <stddef.h>
#include <stdint.h>

enum { N_SAVED = 20, LINK = 11 }; // words of a frame; where x30 is in it

const char sim_processor[] = "arm64";
const char sim_cpuinfo_line[] = "CPU implementer";

void sim_entry(void); // aarch64_switch.S

// As if sim_switch() had been called from sim_entry with the stack aligned.
void *sim_first_frame(char *top)
{
    void **sp = (void **)((uintptr_t)top & ~(uintptr_t)15);
    for (int i = 0; i < N_SAVED; i++)
        *--sp = NULL;
    sp[LINK] = (void *)sim_entry;
    return sp;
}

// It stands in memory that the loader has protected.
void sim_steady_guard(void)
{
}

// The kernel has its own place that handlers return to.
void sim_forget_begins(void)
{
}

struct sim_action sim_action(void (*handler)(int, siginfo_t *, void *))
{
    return (struct sim_action){handler, SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
                               NULL, 0};
}
