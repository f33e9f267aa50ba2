// clock.c -- simulated time and randomness.
//
// A server sees its own clock, which runs at its own rate; deadlines are
// translated to the runtime's. The calendar starts at a fixed day.
#define _GNU_SOURCE
#include "api.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define HERE __builtin_return_address(0)

enum { SECOND = 1000000000 };
static const uint64_t epoch_ns = 1700000000ull * SECOND;

// What the clocks show is this much ahead of the server's local time.
enum { STEP_MS = 2500, N_STEPS = 100000, HOUR_S = 3600 };
// Of what a program may wait for: three hundred years.
static const uint64_t FAR_S = UINT64_C(9000000000);

static bool is_wall(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
           clock == CLOCK_TAI;
}

static uint64_t hash(uint64_t a, uint64_t b)
{
    uint64_t random = sim.clock_seed ^ (a << 32) ^ b;
    return sim_next(&random);
}

// A server's wall clock is set every STEP_MS, from its own phase on.
static uint64_t step_at(int server, uint64_t ns)
{
    uint64_t phase_ms = hash((uint64_t)server + 1, UINT32_MAX) % STEP_MS;
    return (ns / 1000000 + phase_ms) / STEP_MS;
}

static uint64_t step_begins_ns(int server, uint64_t step)
{
    uint64_t phase_ms = hash((uint64_t)server + 1, UINT32_MAX) % STEP_MS;
    return (step * STEP_MS - phase_ms) * 1000000;
}

static uint64_t wall_ns(int server, uint64_t step)
{
    if (sim.clock_seed == 0 || step == 0)
        return epoch_ns;
    uint64_t seconds = hash((uint64_t)server + 1, step) % (12 * HOUR_S);
    return epoch_ns + (seconds - 6 * HOUR_S) * SECOND;
}

static uint64_t offset_ns(clockid_t clock)
{
    int server = sim.now->server;
    return is_wall(clock) ? wall_ns(server, step_at(server, sim.now_ns))
                          : sim.origin_ns;
}

void sim_set_clocks(uint64_t seed)
{
    static const uint64_t wraps_ns[] = {
        (1ull << 32) * 1000000, (1ull << 31) * 1000000, (1ull << 32) * 1000000,
        (1ull << 32) * 1000};
    sim.clock_seed = seed;
    sim.wall_clock_pc = NULL;
    sim.origin_ns = 0;
    if (seed != 0)
        // In whole milliseconds, so that the seed's run stays the same.
        sim.origin_ns = (wraps_ns[sim.config->seed % 4] / 1000000 - 500 -
                         hash(0, 0) % 1500) *
                        1000000;
}

static void note_wall_clock(clockid_t clock, void *pc)
{
    if (sim.clock_seed == 0 || !is_wall(clock) || sim.now->server < 0 ||
        sim.wall_clock_pc != NULL)
        return;
    sim.wall_clock_pc = pc;
    sim.wall_clock_server = sim.now->server;
}

const char *sim_wall_clock_use(void)
{
    static char text[400];
    if (sim.wall_clock_pc == NULL)
        return NULL;
    snprintf(text, sizeof text,
             "S%d goes by CLOCK_REALTIME in %.120s: like any system's, that"
             " clock is set forward and back, here by hours. CLOCK_MONOTONIC is"
             " not; a condition waits by it after pthread_condattr_setclock().",
             sim.wall_clock_server + 1, sim_place(sim.wall_clock_pc));
    return text;
}

// What the system answers with EINVAL is hardly ever looked at, and the wait
// does not take place.
static uint64_t to_ns(const struct timespec *time, void *pc)
{
    if (time->tv_nsec < 0 || time->tv_nsec >= SECOND)
        sim_fail_at(SIM_MISUSE, pc, NULL,
                    "%s waits for a time with tv_nsec = %ld, which the system"
                    " refuses: tv_nsec is at least 0 and below 1000000000",
                    sim_name(sim.now), time->tv_nsec);
    if (time->tv_sec < 0)
        return 0;
    uint64_t seconds = (uint64_t)time->tv_sec;
    return (seconds < FAR_S ? seconds : FAR_S) * SECOND +
           (uint64_t)time->tv_nsec;
}

static void check_clock(clockid_t clock, void *pc)
{
    if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID ||
        clock < 0 || clock > CLOCK_TAI)
        sim_fail_at(SIM_MISUSE, pc, NULL,
                    "%s goes by clock %d, of processor time or of nothing that"
                    " there is: use CLOCK_MONOTONIC",
                    sim_name(sim.now), (int)clock);
}

// As if no step came before `until`.
static uint64_t plain_deadline(uint64_t until_ns, uint64_t offset)
{
    return sim_from_local(sim.now->server,
                          until_ns > offset ? until_ns - offset : 0);
}

// A wait by the wall clock ends when that clock shows the moment, by itself or
// because it is set forward.
uint64_t sim_deadline(clockid_t clock, const struct timespec *until, void *pc)
{
    uint64_t until_ns = to_ns(until, pc);
    int server = sim.now->server;
    check_clock(clock, pc);
    note_wall_clock(clock, pc);
    if (sim.clock_seed == 0 || !is_wall(clock))
        return plain_deadline(until_ns, offset_ns(clock));
    uint64_t from_ns = sim.now_ns, step = step_at(server, from_ns);
    for (uint64_t last = step + N_STEPS; step < last; step++) {
        uint64_t end_ns = step_begins_ns(server, step + 1);
        uint64_t at_ns = plain_deadline(until_ns, wall_ns(server, step));
        if (at_ns < end_ns)
            return at_ns > from_ns ? at_ns : from_ns;
        from_ns = end_ns;
    }
    return from_ns;
}

void sim_lint_held(const char *what, struct smutex *mutex, void *pc)
{
    if (!sim.config->lint_sleep_locked)
        return;
    sim_fail_at(SIM_SLEEP_LOCKED, pc, mutex, "%s %s while it holds a mutex",
                sim_name(sim.now), what);
}

static void sleep_until(uint64_t ns, void *pc)
{
    struct fiber *fiber = sim.now;
    if (fiber->held != NULL)
        sim_lint_held("sleeps", fiber->held, pc);
    sim_step();
    sim_set_timer(fiber, ns);
    sim_block("sleep", pc);
}

static void sleep_local(uint64_t local_ns, void *pc)
{
    uint64_t until = sim_local_ns(sim.now->server) + local_ns;
    sleep_until(sim_from_local(sim.now->server, until), pc);
}

int sim_nanosleep(const struct timespec *time, struct timespec *left)
{
    if (!sim.active)
        return nanosleep(time, left);
    sleep_local(to_ns(time, HERE), HERE);
    return 0;
}

int sim_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                        struct timespec *left)
{
    if (!sim.active)
        return clock_nanosleep(clock, flags, time, left);
    check_clock(clock, HERE);
    if ((flags & TIMER_ABSTIME) == 0)
        sleep_local(to_ns(time, HERE), HERE);
    else
        sleep_until(sim_deadline(clock, time, HERE), HERE);
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

static uint64_t read_clock(clockid_t clock, void *pc)
{
    check_clock(clock, pc);
    sim_point();
    note_wall_clock(clock, pc);
    return sim_local_ns(sim.now->server) + offset_ns(clock);
}

int sim_clock_gettime(clockid_t clock, struct timespec *time)
{
    if (!sim.active)
        return clock_gettime(clock, time);
    uint64_t ns = read_clock(clock, HERE);
    time->tv_sec = (time_t)(ns / SECOND);
    time->tv_nsec = (long)(ns % SECOND);
    return 0;
}

int sim_gettimeofday(struct timeval *time, void *zone)
{
    if (!sim.active)
        return gettimeofday(time, zone);
    uint64_t ns = read_clock(CLOCK_REALTIME, HERE);
    time->tv_sec = (time_t)(ns / SECOND);
    time->tv_usec = (suseconds_t)(ns % SECOND / 1000);
    return 0;
}

time_t sim_time(time_t *out)
{
    if (!sim.active)
        return time(out);
    time_t now = (time_t)(read_clock(CLOCK_REALTIME, HERE) / SECOND);
    if (out != NULL)
        *out = now;
    return now;
}

static void reject(const char *call, void *pc)
{
    sim_fail_at(SIM_MISUSE, pc, NULL,
                "%s calls %s, which would wait for the world outside of the "
                "simulation",
                sim_name(sim.now), call);
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

int sim_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
              const sigset_t *signals)
{
    if (!sim.active)
        return ppoll(fds, n, timeout, signals);
    if (n > 0 || timeout == NULL || signals != NULL)
        reject("ppoll", HERE);
    sleep_local(to_ns(timeout, HERE), HERE);
    return 0;
}

int sim_pselect(int n, fd_set *readable, fd_set *writable, fd_set *special,
                const struct timespec *timeout, const sigset_t *signals)
{
    if (!sim.active)
        return pselect(n, readable, writable, special, timeout, signals);
    if (n > 0 || timeout == NULL || signals != NULL)
        reject("pselect", HERE);
    sleep_local(to_ns(timeout, HERE), HERE);
    return 0;
}

int sim_timespec_get(struct timespec *time, int base)
{
    if (!sim.active || base != TIME_UTC)
        return timespec_get(time, base);
    sim_clock_gettime(CLOCK_REALTIME, time);
    return base;
}

// Each server is a computer of its own: its processes have the same numbers
// in every run.
pid_t sim_getpid(void)
{
    return sim.active ? 1000 + sim.now->server + 1 : getpid();
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

// The system's own random numbers differ from run to run; all other files are
// what they are.
static void reject_random(const char *path, void *pc)
{
    static const char *const DEVICES[] = {"/dev/urandom", "/dev/random"};
    for (int d = 0; sim.active && path != NULL && d < 2; d++) {
        size_t i = 0;
        while (path[i] != '\0' && path[i] == DEVICES[d][i])
            i++;
        if (path[i] == '\0' && DEVICES[d][i] == '\0')
            sim_fail(SIM_MISUSE,
                     "%s opens %s, which differs from run to run: use "
                     "getrandom()\n  in %s",
                     sim_name(sim.now), path, sim_place(pc));
    }
}

int sim_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = 0;
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)
        mode = va_arg(args, mode_t);
    va_end(args);
    reject_random(path, HERE);
    return open(path, flags, mode);
}

FILE *sim_fopen(const char *path, const char *mode)
{
    reject_random(path, HERE);
    return fopen(path, mode);
}

// The names that large files have; on 64-bit systems there is no difference.
int sim_open64(const char *path, int flags, ...)
    __attribute__((alias("sim_open")));
FILE *sim_fopen64(const char *path, const char *mode)
    __attribute__((alias("sim_fopen")));
// What calls become that are compiled with _FORTIFY_SOURCE, which passes the
// room that there is as well; it stands last, and is not looked at.
int sim_open_2(const char *path, int flags, ...)
    __attribute__((alias("sim_open")));
int sim_open64_2(const char *path, int flags, ...)
    __attribute__((alias("sim_open")));
ssize_t sim_read_chk(int fd, void *bytes, size_t n)
    __attribute__((alias("sim_read")));
int sim_poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms)
    __attribute__((alias("sim_poll")));
int sim_ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *signals) __attribute__((alias("sim_ppoll")));

int sim_getentropy(void *bytes, size_t n)
{
    if (!sim.active || n > 256)
        return getentropy(bytes, n);
    sim_getrandom(bytes, n, 0);
    return 0;
}

uint32_t sim_arc4random(void)
{
    uint32_t number = 0;
    sim_getrandom(&number, sizeof number, 0);
    return number;
}

uint32_t sim_arc4random_uniform(uint32_t below)
{
    return below < 2 ? 0 : (uint32_t)((uint64_t)sim_arc4random() * below >> 32);
}

void sim_arc4random_buf(void *bytes, size_t n)
{
    sim_getrandom(bytes, n, 0);
}

double sim_drand48(void)
{
    return sim.active ? (double)(draw() >> 11) * 0x1p-53 : drand48();
}

long sim_lrand48(void)
{
    return sim.active ? (long)(draw() >> 33) : lrand48();
}

long sim_mrand48(void)
{
    return sim.active ? (long)(int32_t)(draw() >> 32) : mrand48();
}

void sim_srand48(long seed)
{
    if (!sim.active)
        srand48(seed);
}
