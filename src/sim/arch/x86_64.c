// x86_64.c -- see arch.h.
#define _GNU_SOURCE
#include "arch.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The kernel's flag for a restorer, without which it does not return.
enum { RESTORER = 0x04000000 };

const char sim_processor[] = "x86-64";
const char sim_cpuinfo_line[] = "vendor_id";

void sim_entry(void);   // x86_64_switch.S
void sim_restore(void); // what a handler returns to
extern bool sim_has_xsave;
bool sim_has_xsave; // the system keeps more than fxsave's registers

// As if sim_switch() had been called from sim_entry with the stack aligned.
void *sim_first_frame(char *top)
{
    void **sp = (void **)((uintptr_t)top & ~(uintptr_t)15);
    *--sp = NULL;
    *--sp = NULL;
    *--sp = (void *)sim_entry;
    for (int i = 0; i < 6; i++)
        *--sp = NULL;
    return sp;
}

void sim_steady_guard(void)
{
    uint64_t guard = 0x5a5a5a5a5a5a5a00;
    __asm__ volatile("movq %0, %%fs:0x28" : : "r"(guard) : "memory");
}

void sim_forget_begins(void)
{
    unsigned a, b, c = 0, d;
    sim_has_xsave = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_OSXSAVE);
}

struct sim_action sim_action(void (*handler)(int, siginfo_t *, void *))
{
    return (struct sim_action){handler,
                               SA_SIGINFO | SA_ONSTACK | SA_NODEFER | RESTORER,
                               sim_restore, 0};
}
