// sim.h -- the deterministic runtime under ordinary pthreads code.
//
// Objects whose symbols were renamed (sim.syms) call sim_pthread_* and
// friends instead of the system's. Outside of sim_run() those pass through to
// the system; inside, threads are fibers on one OS thread, the clock is
// virtual, and every choice comes from the seed. The code above does not know.
#ifndef GLASSRAFT_SIM_H
#define GLASSRAFT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_policy {
    SIM_ROTATE,     // by seed: 1/4 run to block, 1/2 random, 1/4 PCT
    SIM_RUN,        // run to block
    SIM_RANDOM,     // preempt with probability `preempt` at each point
    SIM_PCT,        // priorities with `depth` change points
    SIM_ROUNDROBIN, // preempt at every point, in turn
};

enum sim_failure {
    SIM_DEADLOCK,     // a cycle of threads, or all of them, wait for ever
    SIM_SPIN,         // a thread ran without blocking for too long
    SIM_UNLOCK,       // unlock by a stranger, or of what nobody holds
    SIM_RELOCK,       // a thread locks what it already holds
    SIM_SLEEP_LOCKED, // slept or waited for something else holding a mutex
    SIM_STACK,        // stack overflow
    SIM_CRASH,        // SIGSEGV, SIGABRT, ... in simulated code
    SIM_MEMORY,       // a sanitizer's report
    SIM_EXIT_LOCKED,  // a thread ended holding a mutex
    SIM_MISUSE,       // unsupported or invalid call, uninitialised mutex ...
    SIM_LIMIT,        // virtual time or steps ran out
    SIM_FORBIDDEN,    // sim_forbid()
};

struct sim_config {
    uint64_t seed;
    enum sim_policy policy;
    double preempt;         // SIM_RANDOM; 0 takes a default
    int depth;              // SIM_PCT: change points; 0 takes 3
    uint64_t max_us;        // virtual time limit; 0 = none
    double spurious;        // probability of a spurious wake-up per wait
    bool lint_sleep_locked; // report SIM_SLEEP_LOCKED
    // CLOCK_MONOTONIC begins, by seed, a second or two before its milliseconds
    // or microseconds no longer fit 31 or 32 bits; CLOCK_REALTIME is set hours
    // forward or back every few seconds, on each server at its own times.
    bool hostile_clocks;
    // Gets each failure: kind, and a text of several lines that names threads,
    // places, what they wait for, and who holds it. It may never return (the
    // harness writes its verdict and ends the process); if it returns, the
    // run ends and sim_run() returns false. NULL: print to stderr, same end.
    void (*fail)(void *context, enum sim_failure kind, const char *report);
    void *context;
    const char *replay; // the command that repeats this run; behind what a
                        // sanitizer reports, which fail() does not get
    // No process can be started to look places up: of this object they stay
    // "{+0xOFFSET}" in reports, of the program "{=0xOFFSET}", of others a name.
    // NULL: no such object.
    const char *object;
};

// Runs fn(arg) as the first simulated thread; returns when fn has returned
// (threads still there are dropped) and says whether no failure was reported.
// One run at a time per process.
bool sim_run(const struct sim_config *config, void (*fn)(void *), void *arg);

bool sim_active(void); // inside sim_run()?

// Virtual nanoseconds since sim_run() began; outside, of the system's
// monotonic clock.
uint64_t sim_now_ns(void);

// The server that the calling thread belongs to (-1 = none); threads that it
// creates inherit it. Names in reports and gdb are "S1 election" for it.
void sim_set_server(int server);
int sim_server(void);

// Speed of a server's clock in thousandths (1000 = true); its sleeps and clock
// readings scale. For scenarios with drifting clocks.
void sim_set_clock_rate(int server, int per_mille);

// A sentence on the first place where a server's thread read CLOCK_REALTIME or
// waited until a moment of it, in this run with hostile clocks; NULL: none did.
const char *sim_wall_clock_use(void);

// Suspends all threads of a server (they do not run, their timers expire
// silently) until resumed.
void sim_pause(int server, bool paused);

// Is the program built with AddressSanitizer?
bool sim_has_asan(void);

// From now on a server's thread that has unlocked its last mutex stands still,
// with a chance of so many in a thousand, for up to `ms`; 0 ends that.
void sim_park(int per_mille, uint64_t ms);

// Threads of a server that have begun and not ended.
int sim_n_threads(int server);

// Data races that ThreadSanitizer reported so far; 0 without it.
unsigned sim_n_races(void);

// Does LeakSanitizer know of memory that nobody points to any more? It prints
// a report of it. Only outside of a run; false without it.
bool sim_leaks(void);

// Ends the run from a signal handler: the thread did what it may not. `what`
// goes behind its name. Only inside a run.
void sim_forbid(const char *what);

// The caller ends the process from inside of the run, after work that may take
// long: no failure is reported any more. Nothing outside of a run.
void sim_let_be(void);

// Hash over all scheduling decisions and the virtual time of each.
uint64_t sim_hash(void);
uint64_t sim_switches(void);

// A scheduling point of one's own; no-op outside a run.
void sim_point(void);

#endif
