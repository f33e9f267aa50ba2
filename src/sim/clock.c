// clock.c -- simulated time and randomness.
//
// A server sees its own clock, which runs at its own rate; deadlines are
// translated to the runtime's. The calendar starts at a fixed day.
#define _GNU_SOURCE
#include "api.h"
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define HERE __builtin_return_address(0)

enum { SECOND = 1000000000 };
static const uint64_t epoch_ns = 1700000000ull * SECOND;

static uint64_t offset_ns(clockid_t clock)
{
    return clock == CLOCK_REALTIME ? epoch_ns : 0;
}

static uint64_t to_ns(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

uint64_t sim_deadline(clockid_t clock, const struct timespec *until)
{
    uint64_t local_ns = to_ns(until);
    uint64_t offset = offset_ns(clock);
    return sim_from_local(sim.now->server,
                          local_ns > offset ? local_ns - offset : 0);
}

void sim_lint_held(const char *what, struct smutex *mutex, void *pc)
{
    if (!sim.config->lint_sleep_locked)
        return;
    const char *callers = sim_callers(pc);
    sim_fail(SIM_SLEEP_LOCKED,
             "%s %s while it holds a mutex\n  locked in %s\n  called from%s",
             sim_name(sim.now), what, sim_place(sim_locked_at(mutex)), callers);
}

static void sleep_local(uint64_t local_ns, void *pc)
{
    struct fiber *fiber = sim.now;
    if (fiber->held != NULL)
        sim_lint_held("sleeps", fiber->held, pc);
    uint64_t until = sim_local_ns(fiber->server) + local_ns;
    sim_set_timer(fiber, sim_from_local(fiber->server, until));
    sim_block("sleep", pc);
}

int sim_nanosleep(const struct timespec *time, struct timespec *left)
{
    if (!sim.active)
        return nanosleep(time, left);
    sleep_local(to_ns(time), HERE);
    return 0;
}

int sim_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                        struct timespec *left)
{
    if (!sim.active)
        return clock_nanosleep(clock, flags, time, left);
    uint64_t now = sim_local_ns(sim.now->server) + offset_ns(clock);
    uint64_t ns = to_ns(time);
    if ((flags & TIMER_ABSTIME) != 0)
        ns = ns > now ? ns - now : 0;
    sleep_local(ns, HERE);
    return 0;
}

int sim_usleep(useconds_t us)
{
    if (!sim.active)
        return usleep(us);
    sleep_local((uint64_t)us * 1000, HERE);
    return 0;
}

unsigned sim_sleep(unsigned seconds)
{
    if (!sim.active)
        return sleep(seconds);
    sleep_local((uint64_t)seconds * SECOND, HERE);
    return 0;
}

static uint64_t read_clock(clockid_t clock)
{
    sim_point();
    return sim_local_ns(sim.now->server) + offset_ns(clock);
}

int sim_clock_gettime(clockid_t clock, struct timespec *time)
{
    if (!sim.active)
        return clock_gettime(clock, time);
    uint64_t ns = read_clock(clock);
    time->tv_sec = (time_t)(ns / SECOND);
    time->tv_nsec = (long)(ns % SECOND);
    return 0;
}

int sim_gettimeofday(struct timeval *time, void *zone)
{
    if (!sim.active)
        return gettimeofday(time, zone);
    uint64_t ns = read_clock(CLOCK_REALTIME);
    time->tv_sec = (time_t)(ns / SECOND);
    time->tv_usec = (suseconds_t)(ns % SECOND / 1000);
    return 0;
}

time_t sim_time(time_t *out)
{
    if (!sim.active)
        return time(out);
    time_t now = (time_t)(read_clock(CLOCK_REALTIME) / SECOND);
    if (out != NULL)
        *out = now;
    return now;
}

static void reject(const char *call, void *pc)
{
    sim_fail(SIM_MISUSE,
             "%s calls %s, which would wait for the world outside of the "
             "simulation\n  in %s",
             sim_name(sim.now), call, sim_place(pc));
}

int sim_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    if (!sim.active || (n > 0 && timeout_ms == 0))
        return poll(fds, n, timeout_ms);
    if (n > 0 || timeout_ms < 0)
        reject("poll", HERE);
    sleep_local((uint64_t)timeout_ms * 1000000, HERE);
    return 0;
}

int sim_select(int n, fd_set *readable, fd_set *writable, fd_set *special,
               struct timeval *timeout)
{
    if (!sim.active)
        return select(n, readable, writable, special, timeout);
    if (n > 0 || timeout == NULL)
        reject("select", HERE);
    sleep_local((uint64_t)timeout->tv_sec * SECOND +
                    (uint64_t)timeout->tv_usec * 1000,
                HERE);
    return 0;
}

ssize_t sim_read(int fd, void *bytes, size_t n)
{
    if (sim.active && fd == 0)
        reject("read of standard input", HERE);
    return read(fd, bytes, n);
}

// Random numbers of the program: a stream for each server, apart from the
// schedule's, so that one draw more does not change everything else.

static uint64_t draw(void)
{
    int server = sim.now->server;
    return sim_next(&sim.program_random[server < 0 ? MAX_SERVERS : server]);
}

int sim_rand(void)
{
    return sim.active ? (int)(draw() >> 33) : rand();
}

void sim_srand(unsigned seed)
{
    if (!sim.active)
        srand(seed); // in a run, the run's seed rules
}

int sim_rand_r(unsigned *seed)
{
    return rand_r(seed);
}

long sim_random(void)
{
    return sim.active ? (long)(draw() >> 33) : random();
}

void sim_srandom(unsigned seed)
{
    if (!sim.active)
        srandom(seed);
}

ssize_t sim_getrandom(void *bytes, size_t n, unsigned flags)
{
    if (!sim.active)
        return getrandom(bytes, n, flags);
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)(draw() >> 56);
    return (ssize_t)n;
}
