// mistakes.c -- calls that the simulator takes for a mistake, when they are
// made or when nothing comes of them.
//
// tests/simulator/run puts this file next to a Raft that does nothing, and
// makes one mistake a run, in the raft_make() of each server: the one that the
// environment names. The table says what the report must say.
#define _GNU_SOURCE
#include "hostile.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static struct timespec now = {1, 0};
static volatile int one = 1, zero;

static pthread_t begin(void *(*body)(void *))
{
    pthread_t thread;
    pthread_create(&thread, NULL, body, NULL);
    return thread;
}

static void *hold(void *unused)
{
    pthread_mutex_lock(&mutex);
    for (zero = 1; zero != 0;)
        sched_yield();
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void *wait_for_ever(void *unused)
{
    pthread_mutex_lock(&mutex);
    for (;;)
        pthread_cond_wait(&cond, &mutex);
    return unused;
}

static void *hold_for_ever(void *unused)
{
    pthread_mutex_lock(&other);
    sem_t never;
    sem_init(&never, 0, 0);
    sem_wait(&never);
    return unused;
}

static void *sleep_for_ever(void *unused)
{
    for (;;)
        sleep(1);
    return unused;
}

// --------------------------------------------------------------- the mistakes

static void too_many_nanoseconds(void)
{
    nanosleep(&(struct timespec){0, 1200000000}, NULL);
}

static void too_few_nanoseconds(void)
{
    nanosleep(&(struct timespec){0, -1}, NULL);
}

static void processor_time(void)
{
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
}

static void no_clock(void)
{
    clock_gettime(99, &now);
}

static void sleep_by_processor_time(void)
{
    clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &now, NULL);
}

static void wait_for_too_many_nanoseconds(void)
{
    sem_t sem;
    sem_init(&sem, 0, 0);
    now.tv_nsec = 1000000000;
    sem_timedwait(&sem, &now);
}

static void join_nobody(void)
{
    pthread_join((pthread_t)9999, NULL);
}

static void detach_nobody(void)
{
    pthread_detach((pthread_t)9999);
}

static void unlock_anothers(void)
{
    begin(hold);
    while (zero == 0)
        sched_yield();
    pthread_mutex_unlock(&mutex);
}

static void destroy_locked(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_destroy(&mutex);
}

static void destroy_awaited(void)
{
    begin(wait_for_ever);
    usleep(1000);
    pthread_cond_destroy(&cond);
}

static void signal_destroyed(void)
{
    pthread_cond_destroy(&cond);
    pthread_cond_signal(&cond);
}

static void unlock_for_nobody(void)
{
    pthread_rwlock_t lock;
    pthread_rwlock_init(&lock, NULL);
    pthread_rwlock_unlock(&lock);
}

static void lock_again_spinning(void)
{
    pthread_spinlock_t lock;
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(&lock);
    pthread_spin_lock(&lock);
}

static void poll_a_file(void)
{
    struct pollfd file = {.fd = 0, .events = POLLIN};
    poll(&file, 1, 10);
}

static void ppoll_a_file(void)
{
    struct pollfd file = {.fd = 0, .events = POLLIN};
    ppoll(&file, 1, &now, NULL);
}

static void select_for_ever(void)
{
    select(0, NULL, NULL, NULL, NULL);
}

static void pselect_for_ever(void)
{
    pselect(0, NULL, NULL, NULL, NULL, NULL);
}

static void read_standard_input(void)
{
    char byte;
    (void)!read(0, &byte, 1);
}

static void open_random(void)
{
    open("/dev/urandom", O_RDONLY);
}

static void wait_unsignalled(void)
{
    wait_for_ever(NULL);
}

static void signal_too_early(void)
{
    pthread_cond_signal(&cond);
    wait_for_ever(NULL);
}

static void wait_for_a_minute(void)
{
    begin(hold_for_ever);
    begin(sleep_for_ever);
    usleep(1000);
    pthread_mutex_lock(&other);
}

static void sleep_too_long(void)
{
    sleep(1000000);
}

static void begin_without_end(void)
{
    for (;;)
        begin(sleep_for_ever);
}

static void yield_without_end(void)
{
    for (;;)
        sched_yield();
}

static void divide_by_zero(void)
{
    zero = one / zero;
}

static void trap(void)
{
    __builtin_trap();
}

static void raise_a_trap(void)
{
#ifdef __x86_64__
    __asm__ volatile("int3");
#else
    __builtin_trap();
#endif
}

static void use_what_is_no_pointer(void)
{
    volatile uintptr_t at = 0xa5a5a5a5a5a5a5a5;
    zero = *(volatile int *)at;
}

static void use_a_number(void)
{
    volatile uintptr_t at = 0x5a5a5a5a;
    zero = *(volatile int *)at;
}

static void write_to_a_constant(void)
{
    static const char *volatile text = "constant";
    *(volatile char *)(uintptr_t)text = 'C';
}

static void go_by_the_calendar(void)
{
    clock_gettime(CLOCK_REALTIME, &now);
}

static void *signal_often(void *set)
{
    for (int i = 0; i < 100000; i++) {
        usleep(1000);
        pthread_mutex_lock(&mutex);
        *(bool *)set = true;
        pthread_cond_signal(&cond);
        pthread_mutex_unlock(&mutex);
    }
    return set;
}

static void wait_with_an_if(void)
{
    static bool set;
    pthread_t thread;
    pthread_create(&thread, NULL, signal_often, &set);
    pthread_mutex_lock(&mutex);
    for (;;) {
        set = false;
        if (!set)
            pthread_cond_wait(&cond, &mutex);
        if (!set)
            abort();
    }
}

static const struct {
    void (*commit)(void);
    const char *says;
} MISTAKES[] = {
    {too_many_nanoseconds, "tv_nsec = 1200000000, which the system refuses"},
    {too_few_nanoseconds, "tv_nsec = -1, which the system refuses"},
    {processor_time, "goes by clock 2,"},
    {no_clock, "goes by clock 99,"},
    {sleep_by_processor_time, "goes by clock 3,"},
    {wait_for_too_many_nanoseconds, "tv_nsec = 1000000000,"},
    {join_nobody, "calls pthread_join for no thread"},
    {detach_nobody, "calls pthread_detach for no thread"},
    {unlock_anothers, "unlocks a mutex that S1 thread holds"},
    {destroy_locked, "destroys a mutex that S1 main holds"},
    {destroy_awaited, "destroys a condition variable that threads wait for"},
    {signal_destroyed, "uses a condition variable that was destroyed"},
    {unlock_for_nobody, "unlocks a read-write lock that nobody holds"},
    {lock_again_spinning, "locks a spin lock that it already holds"},
    {poll_a_file, "calls poll, which would wait for the world outside"},
    {ppoll_a_file, "calls ppoll, which would wait for the world outside"},
    {select_for_ever, "calls select, which would wait for the world outside"},
    {pselect_for_ever, "calls pselect, which would wait for the world outside"},
    {read_standard_input, "calls read of standard input"},
    {open_random, "opens /dev/urandom, which differs from run to run"},
    {wait_unsignalled, "it was never signalled"},
    {signal_too_early, "signalled 1 times, 1 of them with nobody waiting"},
    {wait_for_a_minute, "virtual seconds for a mutex"},
    {sleep_too_long, "more than"},
    {begin_without_end, "threads at a time"},
    {yield_without_end, "never rests: within a second"},
    {go_by_the_calendar, "goes by CLOCK_REALTIME in go_by_the_calendar"},
    {wait_with_an_if, "ended without a signal, as POSIX allows"},
    {divide_by_zero, "divided a whole number by zero"},
    {trap, "ran into an instruction that does not exist"},
    {raise_a_trap, "ran into a trap"},
    {use_what_is_no_pointer, "used a pointer that no memory can have"},
    {use_a_number, "at address 0x5a5a5a5a"},
    {write_to_a_constant, "at an address that is not its own or not to be"},
};

struct raft *raft_make(const struct raft_config *config)
{
    MISTAKES[atoi(getenv("MISTAKE"))].commit();
    return honest_make(config);
}
