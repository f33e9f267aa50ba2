// report.c -- what went wrong, by thread, by place: deadlocks, spins, crashes.
//
// A report is text for people: the failure in one line, then the run's time
// and seed, then the threads and where each of them stands. Places come from
// addr2line; a report is rare, so it may take its time.
#define _GNU_SOURCE
#include "internal.h"

#include <assert.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    TICK_US = 100 * 1000, // of CPU time
    SPIN_TICKS = 20,      // ticks without a scheduling point: a busy loop
    MOST_THREADS = 24,    // listed in a report
    REPORT_BYTES = 8192,
};

static char report[REPORT_BYTES];
static size_t n_report;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say_list(const char *format, va_list list)
{
    int n = vsnprintf(report + n_report, REPORT_BYTES - n_report, format, list);
    if (n > 0)
        n_report += (size_t)n;
    if (n_report >= REPORT_BYTES)
        n_report = REPORT_BYTES - 1;
}

static void say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say_list(format, list);
    va_end(list);
}

// A few buffers in turn, so that one call of printf may name several things.
enum { IN_TURN = 4 };

static char *put_number(char *out, int number)
{
    if (number >= 10)
        out = put_number(out, number / 10);
    *out = (char)('0' + number % 10);
    return out + 1;
}

const char *sim_name(const struct fiber *fiber)
{
    static char name[IN_TURN][40];
    static int turn;
    char *out = name[turn++ % IN_TURN];
    if (fiber == NULL || fiber == &sim.root)
        return "nobody";
    // No snprintf(): ThreadSanitizer would take its writes for the program's.
    char *at = out;
    if (fiber->server >= 0) {
        *at++ = 'S';
        at = put_number(at, fiber->server + 1);
        *at++ = ' ';
    }
    const char *own = fiber->name[0] != '\0' ? fiber->name : "thread";
    while (*own != '\0')
        *at++ = *own++;
    if (fiber->name[0] == '\0' && fiber->server < 0) {
        *at++ = ' ';
        at = put_number(at, fiber->id);
    }
    *at = '\0';
    return out;
}

static void say_run(void)
{
    int n_threads = 0;
    for (int i = 0; i < sim.n_all; i++)
        if (sim.all[i]->state != FIBER_FREE && sim.all[i]->state != FIBER_DEAD)
            n_threads++;
    say("\n  virtual time %.6f s, step %llu, seed 0x%llx, %d threads",
        (double)sim.now_ns / 1e9, (unsigned long long)sim.points,
        (unsigned long long)sim.config->seed, n_threads);
}

static void say_stack(void *const *pc, int n, bool exact)
{
    n_report +=
        sim_put_stack(report + n_report, REPORT_BYTES - n_report, pc, n, exact);
}

// Where a mutex was locked, with the callers of who locked it.
static void say_site(const struct smutex *mutex)
{
    const struct site *site = sim_locked_at(mutex);
    if (site != NULL)
        say_stack(site->pc, site->n, false);
}

static void say_cond(const struct fiber *fiber)
{
    uint32_t n_signals, n_unheard;
    void *pc;
    sim_space_load(fiber->space);
    sim_cond_facts(fiber->wait_cond, &n_signals, &n_unheard, &pc);
    if (n_signals == 0)
        say("\n      it was never signalled");
    else
        say("\n      it was signalled %u times, %u of them with nobody "
            "waiting (a lost wake-up?); last in %s",
            n_signals, n_unheard, sim_place(pc));
}

static void say_thread(const struct fiber *fiber)
{
    struct fiber *owner = fiber->wait_mutex != NULL ? sim_awaited(fiber) : NULL;
    if (owner == NULL) {
        say("\n  %-16s blocked on %s in %s", sim_name(fiber), fiber->wait,
            sim_place(fiber->wait_pc));
        if (fiber->wait_cond != NULL)
            say_cond(fiber);
        return;
    }
    say("\n  %s waits for a mutex in", sim_name(fiber));
    void *pc[SITE_FRAMES];
    void **frame =
        fiber == sim.now ? __builtin_frame_address(0) : fiber->wait_frame;
    say_stack(pc, sim_stack_of(fiber, frame, fiber->wait_pc, pc, SITE_FRAMES),
              false);
    say("\n  %s holds it, and locked it in", sim_name(owner));
    sim_space_load(fiber->space);
    say_site(fiber->wait_mutex);
}

static void say_blocked_threads(void)
{
    int n = 0;
    for (int i = 0; i < sim.n_all; i++) {
        const struct fiber *fiber = sim.all[i];
        if (fiber->state == FIBER_BLOCKED && n++ < MOST_THREADS)
            say_thread(fiber);
    }
    if (n > MOST_THREADS)
        say("\n  and %d threads more", n - MOST_THREADS);
}

// The watch for threads that never block.
static void tick(bool on)
{
    long us = on ? TICK_US : 0;
    struct itimerval timer = {{0, us}, {0, us}};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

// Hands the report over and ends the run: back to who called sim_run().
static void deliver(enum sim_failure kind)
{
    say("\n");
    tick(false);
    sim.failed = sim.over = true;
    if (sim.config->fail != NULL)
        sim.config->fail(sim.config->context, kind, report);
    else
        fputs(report, stderr);
    struct fiber *dead = sim.now;
    dead->state = FIBER_DEAD;
    sim.now = &sim.root;
    sim_switch_to(dead, &sim.root, true);
    abort(); // nobody comes back to it
}

void sim_fail(enum sim_failure kind, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    n_report = 0;
    say_list(format, list);
    va_end(list);
    say_run();
    deliver(kind);
}

// The thread's own stack, and where it locked the mutex that it holds.
void sim_fail_at(enum sim_failure kind, void *pc, const struct smutex *held,
                 const char *format, ...)
{
    enum { DEPTH = 16 };
    void *stack[DEPTH];
    va_list list;
    va_start(list, format);
    n_report = 0;
    say_list(format, list);
    va_end(list);
    if (pc != NULL) {
        say("\n  in");
        say_stack(stack, sim_stack(pc, stack, DEPTH), false);
    }
    if (held != NULL) {
        say("\n  the mutex was %s in",
            sim_is_destroyed(held) ? "destroyed" : "locked");
        say_site(held);
    }
    say_run();
    deliver(kind);
}

void sim_report_deadlock(struct fiber *first)
{
    n_report = 0;
    if (first == NULL) {
        say("deadlock: every thread waits for another");
        say_run();
        say_blocked_threads();
        deliver(SIM_DEADLOCK);
        return;
    }
    say("deadlock: a cycle of threads, each waiting for a mutex that the "
        "next one holds");
    say_run();
    struct fiber *fiber = first;
    do {
        fiber->wait = "mutex";
        say_thread(fiber);
        fiber = sim_awaited(fiber);
    } while (fiber != first);
    say("\n  cycle: ");
    do {
        say("%s -> ", sim_name(fiber));
        fiber = sim_awaited(fiber);
    } while (fiber != first);
    say("%s", sim_name(first));
    deliver(SIM_DEADLOCK);
}

void sim_report_stuck(struct fiber *fiber, uint64_t waited_ns)
{
    n_report = 0;
    say("deadlock: %s has waited %.0f virtual seconds for a mutex",
        sim_name(fiber), (double)waited_ns / 1e9);
    say_run();
    say_thread(fiber);
    struct fiber *owner = sim_awaited(fiber);
    if (owner != NULL && owner->state == FIBER_BLOCKED)
        say_thread(owner);
    deliver(SIM_DEADLOCK);
}

// The instruction that a signal interrupted; NULL where that is not known.
static void *interrupted(const void *context)
{
#if defined(__x86_64__)
    const ucontext_t *user = context;
    return user != NULL ? (void *)user->uc_mcontext.gregs[REG_RIP] : NULL;
#else
    (void)context;
    return NULL;
#endif
}

// The frames of the program above a signal handler. The interrupted
// instruction is the first, and no return address; where it is not known, the
// handler's own frames and the signal's trampoline are passed over.
enum { DEEPEST = 8192 }; // of a stack that has overflowed
static void *backtrace_of[DEEPEST];

__attribute__((noinline)) static int find_backtrace(const void *context, int *n,
                                                    int own)
{
    int first = 0;
    void *pc = interrupted(context);
    *n = backtrace(backtrace_of, DEEPEST);
    while (first < *n && backtrace_of[first] != pc)
        first++;
    return first < *n ? first : own;
}

__attribute__((noinline)) static void say_backtrace(const void *context,
                                                    int own)
{
    int n = 0, first = find_backtrace(context, &n, own);
    if (first < n)
        say_stack(backtrace_of + first, n - first, true);
}

enum { OWN_FRAMES = 3 };

static bool in_guard(const void *address)
{
    const char *at = address;
    const struct fiber *fiber = sim.now;
    return fiber != &sim.root && at < fiber->stack + 256 &&
           at >= fiber->stack - 16 * GUARD_BYTES;
}

// What assert() says goes into the report too, not only to the terminal.
static char assertion[400];

_Noreturn void __assert_fail(const char *text, const char *file, unsigned line,
                             const char *function)
{
    if (assertion[0] == '\0')
        snprintf(assertion, sizeof assertion, "%.200s of %.80s (%.80s:%u)",
                 text, function, file, line);
    fprintf(stderr, "%s:%u: %s: assertion `%s' failed\n", file, line, function,
            text);
    abort();
}

// A crash while a crash is reported: what there is must do.
static void crash_again(void)
{
    static int n_crashes;
    n_crashes++;
    if (n_crashes == 1 && !sim.over)
        return;
    if (n_crashes > 2 || sim.config->fail == NULL)
        _exit(70);
    sim.failed = true;
    if (n_report == 0)
        say("%s crashed, and again while that was told", sim_name(sim.now));
    if (!sim.over)
        deliver(SIM_CRASH);
    sim.config->fail(sim.config->context, SIM_CRASH, NULL);
    _exit(70);
}

static void on_crash(int signal, siginfo_t *info, void *context)
{
    crash_again();
    n_report = 0;
    int n = 0, first = find_backtrace(context, &n, OWN_FRAMES - 1);
    bool in_malloc = first < n && n - first < 64 &&
                     sim_in_malloc(backtrace_of + first, n - first);
    bool overflow = signal == SIGSEGV && in_guard(info->si_addr);
    if (overflow)
        say("%s used up its stack of %d KiB: a stack overflow (does a function "
            "call itself for ever?)",
            sim_name(sim.now), STACK_BYTES / 1024);
    else if (in_malloc)
        say("%s: the heap is damaged, as malloc() or free() has noticed: a "
            "block was freed twice, or was written past its end, before this. "
            "CONFIG=asan finds the place",
            sim_name(sim.now));
    else if (signal == SIGABRT)
        say("%s %s%s", sim_name(sim.now),
            assertion[0] != '\0' ? "broke the assertion " : "called abort()",
            assertion);
    else
        say("%s %s", sim_name(sim.now), sim_fault(signal, info));
    say_run();
    if (first < n)
        say_stack(backtrace_of + first, n - first, true);
    deliver(overflow ? SIM_STACK : SIM_CRASH);
}

void sim_forbid(const char *what)
{
    n_report = 0;
    say("%s %s", sim_name(sim.now), what);
    say_run();
    // There is one frame more: who called this.
    say_backtrace(NULL, OWN_FRAMES + 1);
    deliver(SIM_FORBIDDEN);
}

static struct {
    void (*fail)(void *context, enum sim_failure kind, const char *report);
    void *context;
} outside;

void sim_outside(void (*fail)(void *context, enum sim_failure kind,
                              const char *report),
                 void *context, const char *object)
{
    outside.fail = fail;
    outside.context = context;
    if (object != NULL)
        sim_learn_modules(object);
    sim_watch_memory();
}

void sim_report_memory(enum sim_failure kind, const char *what,
                       const char *places)
{
    bool inside = sim.active && !sim.over;
    if (!inside && (sim.active || outside.fail == NULL))
        return;
    n_report = 0;
    say("%s %s%s", inside ? sim_name(sim.now) : "A thread", what, places);
    if (inside) {
        say_run();
        deliver(kind);
    } else {
        outside.fail(outside.context, kind, report);
    }
}

static void on_tick(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    if (!sim.active || sim.over)
        return;
    uint64_t now = sim.points + sim.switches;
    if (now != sim.watchdog_points) {
        sim.watchdog_points = now;
        sim.watchdog_ticks = 0;
        return;
    }
    if (++sim.watchdog_ticks < SPIN_TICKS)
        return;
    n_report = 0;
    say("%s has run for %d ms of CPU time without blocking (a busy loop?)",
        sim_name(sim.now), SPIN_TICKS * TICK_US / 1000);
    say_run();
    say_backtrace(context, OWN_FRAMES);
    deliver(SIM_SPIN);
}

// Past sanitizers: see arch.h.
static void set_tick_handler(void)
{
    struct sim_action action = sim_action(on_tick);
    syscall(SYS_rt_sigaction, SIGVTALRM, &action, NULL, 8);
}

static const int crashes[] = {SIGSEGV, SIGBUS,  SIGFPE,
                              SIGILL,  SIGTRAP, SIGABRT};
enum { N_CRASHES = sizeof crashes / sizeof crashes[0] };
static struct sigaction before[N_CRASHES];

static void watch_crashes(bool on)
{
    struct sigaction action = {.sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = on_crash;
    for (int i = 0; i < N_CRASHES; i++) {
        // AddressSanitizer tells more about a bad address than we could.
        if (sim_has_asan() && crashes[i] != SIGABRT)
            continue;
        // Whoever has taken it over since then keeps it.
        struct sigaction now;
        if (on)
            sigaction(crashes[i], &action, &before[i]);
        else if (sigaction(crashes[i], NULL, &now) == 0 &&
                 now.sa_sigaction == on_crash)
            sigaction(crashes[i], &before[i], NULL);
    }
}

void sim_load_backtrace(void)
{
    static bool loaded;
    void *frame[2];
    if (!loaded)
        backtrace(frame, 2);
    loaded = true;
}

void sim_watch(bool on)
{
    static char stack[64 * 1024];
    static bool watching;
    if (on == watching)
        return;
    watching = on;
    if (on) {
        sim_learn_modules(sim.config->object);
        sim_watch_memory();
        stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
        sigaltstack(&other, NULL);
        set_tick_handler();
        sim.watchdog_ticks = 0;
        sim_load_backtrace();
    }
    tick(on);
    watch_crashes(on);
}

void sim_let_be(void)
{
    if (sim.active && !sim.over)
        sim_watch(false);
}
