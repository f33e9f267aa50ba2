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

static void chomp(char *line)
{
    line[strcspn(line, "\n")] = '\0';
}

// "function at file.c:12" by addr2line; false when it does not know.
static bool ask_addr2line(const char *object, uintptr_t offset, char *out,
                          size_t n)
{
    char command[4400], function[128], line[160];
    snprintf(command, sizeof command, "addr2line -f -s -e '%s' 0x%lx 2>&-",
             object, (unsigned long)offset);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL)
        return false;
    bool got = fgets(function, sizeof function, pipe) != NULL &&
               fgets(line, sizeof line, pipe) != NULL;
    pclose(pipe);
    if (!got || function[0] == '?' || line[0] == '?')
        return false;
    chomp(function);
    chomp(line);
    char *note = strstr(line, " (discriminator");
    if (note != NULL)
        *note = '\0';
    snprintf(out, n, "%s at %s", function, line);
    return true;
}

const char *sim_place(void *pc)
{
    static char place[IN_TURN][300];
    static int turn;
    char *out = place[turn++ % IN_TURN];
    Dl_info info;
    snprintf(out, sizeof place[0], "%p", pc);
    if (sim.config->object != NULL) {
        sim_place_outside((uintptr_t)pc - 1, out, sizeof place[0]);
        return out;
    }
    // A return address points behind the call: one less is inside of it.
    if (pc == NULL || dladdr((char *)pc - 1, &info) == 0)
        return out;
    uintptr_t offset = (uintptr_t)pc - 1 - (uintptr_t)info.dli_fbase;
    char object[4096];
    ssize_t n = readlink("/proc/self/exe", object, sizeof object - 1);
    object[n > 0 ? n : 0] = '\0';
    Dl_info own;
    if (dladdr(&sim, &own) == 0 || own.dli_fbase != info.dli_fbase)
        snprintf(object, sizeof object, "%s", info.dli_fname);
    if (!ask_addr2line(object, offset, out, sizeof place[0]) &&
        info.dli_sname != NULL)
        snprintf(out, sizeof place[0], "%s", info.dli_sname);
    return out;
}

static bool is_runtime(void *pc)
{
    Dl_info info;
    return dladdr((char *)pc - 1, &info) != 0 && info.dli_sname != NULL &&
           strncmp(info.dli_sname, "sim_", 4) == 0;
}

const char *sim_callers(void *pc)
{
    enum { SHOWN = 8 };
    static char text[SHOWN * 128];
    void *frame[40];
    int n = backtrace(frame, 40), first = 0;
    while (first < n && frame[first] != pc &&
           (pc != NULL || is_runtime(frame[first])))
        first++;
    if (pc != NULL)
        frame[0] = pc; // should the frames not be known
    first = first < n ? first : 0;
    size_t length = 0;
    text[0] = '\0';
    for (int i = first; i < n && i < first + SHOWN; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "\n      %.120s", sim_place(frame[i]));
        if (first == 0)
            break;
    }
    return text;
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

static void say_cond(const struct fiber *fiber)
{
    uint32_t n_signals, n_unheard;
    void *pc;
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
    say("\n  %-16s blocked on %s in %s", sim_name(fiber), fiber->wait,
        sim_place(fiber->wait_pc));
    if (fiber->wait_mutex != NULL) {
        struct fiber *owner = sim_owner(fiber->wait_mutex);
        if (owner != NULL)
            say("\n      held by %s, locked in %s", sim_name(owner),
                sim_place(sim_locked_at(fiber->wait_mutex)));
    } else if (fiber->wait_cond != NULL) {
        say_cond(fiber);
    }
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

// Hands the report over and ends the run: back to who called sim_run().
static void deliver(enum sim_failure kind)
{
    say("\n");
    sim_watch(false);
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
        fiber = sim_owner(fiber->wait_mutex);
    } while (fiber != first);
    say("\n  cycle: ");
    do {
        say("%s -> ", sim_name(fiber));
        fiber = sim_owner(fiber->wait_mutex);
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
    struct fiber *owner = sim_owner(fiber->wait_mutex);
    if (owner != NULL && owner->state == FIBER_BLOCKED)
        say_thread(owner);
    deliver(SIM_DEADLOCK);
}

// The frames of the program above a signal handler: the handler's own and the
// signal's trampoline come first.
static void say_backtrace(int own)
{
    enum { SHOWN = 12 };
    void *frame[40];
    int n = backtrace(frame, 40);
    for (int i = own; i < n && i < own + SHOWN; i++)
        // The interrupted instruction is no return address.
        say("\n      %s", sim_place((char *)frame[i] + (i == own)));
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

static void on_crash(int signal, siginfo_t *info, void *context)
{
    (void)context;
    n_report = 0;
    bool overflow = signal == SIGSEGV && in_guard(info->si_addr);
    if (overflow)
        say("stack overflow in %s (stack %d KiB)", sim_name(sim.now),
            STACK_BYTES / 1024);
    else if (signal == SIGABRT)
        say("%s %s%s", sim_name(sim.now),
            assertion[0] != '\0' ? "broke the assertion " : "called abort()",
            assertion);
    else if (info->si_addr == NULL)
        say("%s dereferenced NULL (%s)", sim_name(sim.now), strsignal(signal));
    else
        say("%s crashed: %s at address %p", sim_name(sim.now),
            strsignal(signal), info->si_addr);
    say_run();
    say_backtrace(OWN_FRAMES);
    deliver(overflow ? SIM_STACK : SIM_CRASH);
}

void sim_forbid(const char *what)
{
    n_report = 0;
    say("%s %s", sim_name(sim.now), what);
    say_run();
    // There is one frame more: who called this.
    say_backtrace(OWN_FRAMES + 1);
    deliver(SIM_FORBIDDEN);
}

void sim_report_memory(const char *kind, const char *lines)
{
    n_report = 0;
    say("%s: %s", sim_name(sim.now), kind);
    say_run();
    say("%s", lines);
    deliver(SIM_MEMORY);
}

static void on_tick(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
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
    say_backtrace(OWN_FRAMES);
    deliver(SIM_SPIN);
}

void sim_restore(void); // context_*.S: what a handler returns to

// As sigaction(), but past ThreadSanitizer, which would put the handler off
// until the next intercepted call: a spinning thread makes none.
static void set_tick_handler(void)
{
#if defined(__x86_64__)
    struct {
        void (*handler)(int, siginfo_t *, void *);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action = {on_tick, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | 0x04000000,
                sim_restore, 0};
    syscall(SYS_rt_sigaction, SIGVTALRM, &action, NULL, 8);
#endif
}

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
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
        sigaction(crashes[i], on ? &action : &before[i],
                  on ? &before[i] : NULL);
    }
}

void sim_watch(bool on)
{
    static char stack[64 * 1024];
    static bool watching;
    if (on == watching)
        return;
    watching = on;
    if (on) {
        if (sim.config->object != NULL)
            sim_learn_modules(sim.config->object);
        sim_watch_memory();
        stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
        sigaltstack(&other, NULL);
        set_tick_handler();
        sim.watchdog_ticks = 0;
        void *frame[2];
        backtrace(frame, 2); // loads what a handler must not have to load
    }
    long us = on ? TICK_US : 0;
    struct itimerval timer = {{0, us}, {0, us}};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
    watch_crashes(on);
}

void sim_let_be(void)
{
    if (sim.active && !sim.over)
        sim_watch(false);
}
