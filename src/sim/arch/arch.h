// arch.h -- what the runtime needs of the processor.
//
// All that knows a processor lies in this folder: two files for each, chosen by
// the Makefile from the compiler's target. Nothing else asks which one it is.
#ifndef GLASSRAFT_ARCH_H
#define GLASSRAFT_ARCH_H

#include <signal.h>

extern const char sim_processor[]; // "x86-64": its name, for people
// What Linux calls one of its lines on this processor in /proc/cpuinfo, and on
// no other.
extern const char sim_cpuinfo_line[];

// Saves what a call must keep, and the stack pointer in *save, and goes on
// where `to` was saved.
void sim_switch(void **save, void *to);
// A stack that ends at top, made ready for a first sim_switch() to it, which
// begins in sim_fiber_main(). Returns what to switch to.
void *sim_first_frame(char *top);

// Clears the registers that a call may change, and the modes of arithmetic: a
// server does not find in them what another one has left. What that takes is
// asked of the processor once.
void sim_forget(void);
void sim_forget_begins(void);

// The number that guards stacks becomes the same in each process, where the
// processor lets us: it stays behind on stacks, where a Raft may read what it
// has not written. Called by main() alone, before any function that is guarded.
void sim_steady_guard(void);

// What the kernel takes for sigaction(): a sanitizer that stands before the C
// library's would put the handler off until the next call that it watches, and
// a spinning thread makes none.
struct sim_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags; // SA_SIGINFO and so on
    void (*restorer)(void);
    unsigned long mask;
};
// The action for a handler, with what the handler returns to.
struct sim_action sim_action(void (*handler)(int, siginfo_t *, void *));

#endif
