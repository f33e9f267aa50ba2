// programs.c -- small programs inside the simulator, each with its answer.
//
// tests/simulator/run puts this file next to the reference, as a student would.
// The first server runs all of them in its first life and notes "right NAME",
// or what came out instead. They run on the system's threads, too: a program
// that is right there and wrong in the simulator is the simulator's error.
#define _GNU_SOURCE
#include "programs.h"

struct raft *honest_make(const struct raft_config *config);

static struct raft_config config;

// --------------------------------------------------------------- the programs
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int shared, inside;

static void *write_often(void *odd)
{
    for (int i = 0; i < 50; i++) {
        if (odd != NULL) {
            pthread_rwlock_wrlock(&rwlock);
            int seen = shared;
            sched_yield();
            shared = seen + 1;
        } else {
            pthread_rwlock_rdlock(&rwlock);
        }
        usleep(10);
        pthread_rwlock_unlock(&rwlock);
    }
    return NULL;
}

static int read_write_locks_exclude(void)
{
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, write_often,
                       i % 2 == 1 ? &shared : NULL);
    for (int i = 0; i < 4; i++)
        join(thread[i]);
    EXPECT(shared == 100);
    return 0;
}

static void *hold_to_write(void *unused)
{
    pthread_rwlock_wrlock(&rwlock);
    inside = 1;
    usleep(50000);
    inside = 0;
    pthread_rwlock_unlock(&rwlock);
    return unused;
}

static int timed_read_locks_time_out(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, hold_to_write, NULL);
    while (!inside)
        usleep(100);
    struct timespec soon = in_ms(CLOCK_REALTIME, 10);
    EXPECT(pthread_rwlock_timedrdlock(&rwlock, &soon) == ETIMEDOUT);
    EXPECT(inside);
    soon = in_ms(CLOCK_REALTIME, 5);
    EXPECT(pthread_rwlock_timedwrlock(&rwlock, &soon) == ETIMEDOUT);
    soon = in_ms(CLOCK_MONOTONIC, 5);
    EXPECT(pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &soon) ==
           ETIMEDOUT);
    struct timespec late = in_ms(CLOCK_MONOTONIC, 5000);
    EXPECT(pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &late) == 0);
    EXPECT(!inside);
    pthread_rwlock_unlock(&rwlock);
    late = in_ms(CLOCK_REALTIME, 5000);
    EXPECT(pthread_rwlock_timedrdlock(&rwlock, &late) == 0);
    pthread_rwlock_unlock(&rwlock);
    join(thread);
    return 0;
}

static mtx_t mutex;
static cnd_t cond;
static tss_t key;
static int n_destroyed;

static int count_locked(void *n)
{
    for (int i = 0; i < 20; i++) {
        mtx_lock(&mutex);
        int seen = shared;
        thrd_yield(); // a sleep with a lock held would be a finding
        shared = seen + 1;
        mtx_unlock(&mutex);
        usleep(50);
    }
    return *(int *)n;
}

static int c11_mutexes_exclude(void)
{
    shared = 0;
    EXPECT(mtx_init(&mutex, mtx_timed) == thrd_success);
    thrd_t thread[3];
    int n[3] = {7, 8, 9}, result = 0;
    for (int i = 0; i < 3; i++)
        EXPECT(thrd_create(&thread[i], count_locked, &n[i]) == thrd_success);
    for (int i = 0; i < 3; i++) {
        EXPECT(thrd_join(thread[i], &result) == thrd_success);
        EXPECT(result == n[i]);
    }
    EXPECT(shared == 60);
    mtx_lock(&mutex);
    EXPECT(mtx_trylock(&mutex) == thrd_busy);
    mtx_unlock(&mutex);
    mtx_destroy(&mutex);
    EXPECT(mtx_init(&mutex, mtx_plain | mtx_recursive) == thrd_success);
    mtx_lock(&mutex);
    EXPECT(mtx_trylock(&mutex) == thrd_success);
    mtx_unlock(&mutex);
    mtx_unlock(&mutex);
    mtx_destroy(&mutex);
    return 0;
}

static int wake(void *unused)
{
    (void)unused;
    struct timespec time = {0, 20000000};
    thrd_sleep(&time, NULL);
    mtx_lock(&mutex);
    shared = 1;
    cnd_broadcast(&cond);
    mtx_unlock(&mutex);
    thrd_exit(5);
}

static int c11_conditions_wait(void)
{
    shared = 0;
    mtx_init(&mutex, mtx_timed);
    cnd_init(&cond);
    thrd_t thread;
    uint64_t began = now_us(CLOCK_MONOTONIC);
    struct timespec soon = in_ms(CLOCK_REALTIME, 5);
    mtx_lock(&mutex);
    int timed = thrd_success;
    while (timed == thrd_success)
        timed = cnd_timedwait(&cond, &mutex, &soon);
    EXPECT(timed == thrd_timedout);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 4900);
    thrd_create(&thread, wake, NULL);
    while (!shared)
        cnd_wait(&cond, &mutex);
    mtx_unlock(&mutex);
    int result = 0;
    thrd_join(thread, &result);
    EXPECT(result == 5);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 24000);
    cnd_destroy(&cond);
    mtx_destroy(&mutex);
    return 0;
}

static void destroy(void *value)
{
    n_destroyed += *(int *)value;
}

static void once(void)
{
    inside++;
}

static int keep_own(void *number)
{
    static once_flag flag = ONCE_FLAG_INIT;
    call_once(&flag, once);
    tss_set(key, number);
    thrd_yield();
    return tss_get(key) == number && thrd_equal(thrd_current(), thrd_current());
}

static int c11_threads_keep_their_own(void)
{
    inside = n_destroyed = 0;
    EXPECT(tss_create(&key, destroy) == thrd_success);
    thrd_t thread[3];
    int n[3] = {1, 10, 100}, right = 0;
    for (int i = 0; i < 3; i++)
        thrd_create(&thread[i], keep_own, &n[i]);
    for (int i = 0, result; i < 3; i++) {
        thrd_join(thread[i], &result);
        right += result;
    }
    EXPECT(right == 3);
    EXPECT(n_destroyed == 111);
    EXPECT(inside == 1);
    tss_delete(key);
    return 0;
}

static int waits_take_their_time(void)
{
    struct timespec ts = {0, 20000000}, now;
    struct timeval tv = {0, 20000};
    uint64_t began = now_us(CLOCK_MONOTONIC);
    EXPECT(ppoll(NULL, 0, &ts, NULL) == 0);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 20000);
    EXPECT(pselect(0, NULL, NULL, NULL, &ts, NULL) == 0);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 40000);
    EXPECT(select(0, NULL, NULL, NULL, &tv) == 0);
    EXPECT(poll(NULL, 0, 20) == 0);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 80000);
    EXPECT(thrd_sleep(&ts, NULL) == 0);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 100000);
    EXPECT(timespec_get(&now, TIME_UTC) == TIME_UTC);
    EXPECT(llabs((long long)now.tv_sec - (long long)time(NULL)) <= 1);
    return 0;
}

static int semaphores_time_out(void)
{
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    struct timespec soon = in_ms(CLOCK_MONOTONIC, 10);
    EXPECT(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &soon) == -1);
    EXPECT(errno == ETIMEDOUT);
    sem_post(&semaphore);
    EXPECT(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &soon) == 0);
    sem_destroy(&semaphore);
    return 0;
}

static int joins_time_out(void)
{
    pthread_t thread;
    void *result = NULL;
    char name[16];
    pthread_create(&thread, NULL, sleep_a_while, &shared);
    pthread_setname_np(thread, "sleeper");
    EXPECT(pthread_getname_np(thread, name, sizeof name) == 0);
    EXPECT(strcmp(name, "sleeper") == 0);
    EXPECT(pthread_getname_np(thread, name, 3) == ERANGE);
    EXPECT(pthread_tryjoin_np(thread, &result) == EBUSY);
    struct timespec soon = in_ms(CLOCK_REALTIME, 5);
    EXPECT(pthread_timedjoin_np(thread, &result, &soon) == ETIMEDOUT);
    soon = in_ms(CLOCK_REALTIME, 5000);
    EXPECT(pthread_timedjoin_np(thread, &result, &soon) == 0);
    EXPECT(result == &shared);
    return 0;
}

static pthread_spinlock_t spin;

static void *count_spinning(void *unused)
{
    for (int i = 0; i < 100; i++) {
        pthread_spin_lock(&spin);
        int seen = shared;
        if (i % 10 == 0)
            sched_yield();
        shared = seen + 1;
        pthread_spin_unlock(&spin);
    }
    return unused;
}

static int spin_locks_exclude(void)
{
    shared = 0;
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, count_spinning, NULL);
    for (int i = 0; i < 3; i++)
        join(thread[i]);
    EXPECT(shared == 300);
    EXPECT(pthread_spin_trylock(&spin) == 0);
    EXPECT(pthread_spin_trylock(&spin) == EBUSY);
    pthread_spin_unlock(&spin);
    pthread_spin_destroy(&spin);
    return 0;
}

static int kinds_of_mutexes_tell(void)
{
    pthread_mutexattr_t kind;
    pthread_mutex_t own;
    struct timespec soon = in_ms(CLOCK_MONOTONIC, 5);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&own, &kind);
    EXPECT(pthread_mutex_lock(&own) == 0);
    EXPECT(pthread_mutex_lock(&own) == EDEADLK);
    EXPECT(pthread_mutex_trylock(&own) == EBUSY);
    EXPECT(pthread_mutex_unlock(&own) == 0);
    EXPECT(pthread_mutex_clocklock(&own, CLOCK_MONOTONIC, &soon) == 0);
    EXPECT(pthread_mutex_unlock(&own) == 0);
    pthread_mutex_destroy(&own);
    EXPECT(pthread_rwlock_tryrdlock(&rwlock) == 0);
    EXPECT(pthread_rwlock_trywrlock(&rwlock) == EBUSY);
    pthread_rwlock_unlock(&rwlock);
    return 0;
}

static pthread_barrier_t barrier;

static void *meet(void *n)
{
    int result = pthread_barrier_wait(&barrier);
    if (result == PTHREAD_BARRIER_SERIAL_THREAD)
        inside++;
    return n;
}

static int threads_meet(void)
{
    pthread_t thread[3];
    struct timespec late = in_ms(CLOCK_MONOTONIC, 5000);
    inside = 0;
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, meet, NULL);
    for (int i = 0; i < 3; i++)
        EXPECT(pthread_clockjoin_np(thread[i], NULL, CLOCK_MONOTONIC, &late) ==
               0);
    EXPECT(inside == 1);
    pthread_barrier_destroy(&barrier);
    sem_t semaphore;
    int value = 7;
    sem_init(&semaphore, 0, 1);
    EXPECT(sem_trywait(&semaphore) == 0);
    EXPECT(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
    EXPECT(sem_getvalue(&semaphore, &value) == 0 && value == 0);
    sem_destroy(&semaphore);
    return 0;
}

static int sleeps_have_an_end(void)
{
    struct timespec then = in_ms(CLOCK_MONOTONIC, 30), none = {0, 0};
    uint64_t began = now_us(CLOCK_MONOTONIC);
    EXPECT(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == 0);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 29000);
    EXPECT(nanosleep(&none, NULL) == 0);
    EXPECT(sleep(0) == 0);
    return 0;
}

static int files_of_the_system_open(void)
{
    FILE *file = fopen("/dev/null", "w");
    EXPECT(file != NULL);
    fclose(file);
    int null = open("/dev/null", O_WRONLY | O_CREAT, 0600);
    EXPECT(null >= 0);
    EXPECT(close(null) == 0);
    return 0;
}

// What is random in a program is the seed's: noted, and compared between runs.
static int random_numbers_are_the_seeds(void)
{
    uint32_t a = 0, b = 0;
    EXPECT(getentropy(&a, sizeof a) == 0);
    arc4random_buf(&b, sizeof b);
    EXPECT(arc4random_uniform(10) < 10);
    EXPECT(drand48() < 1.0);
    srand48(7);
    trace_note(config.trace, 0, "drawn", "%u %u %u %ld %ld %d", a, b,
               arc4random(), lrand48(), mrand48(), (int)getpid());
    return 0;
}

static const struct {
    const char *name;
    int (*program)(void);
} PROGRAMS[] = {
    {"read-write locks exclude", read_write_locks_exclude},
    {"timed read locks time out", timed_read_locks_time_out},
    {"C11 mutexes exclude", c11_mutexes_exclude},
    {"C11 conditions wait", c11_conditions_wait},
    {"C11 threads keep their own", c11_threads_keep_their_own},
    {"waits take their time", waits_take_their_time},
    {"semaphores time out", semaphores_time_out},
    {"joins time out", joins_time_out},
    {"spin locks exclude", spin_locks_exclude},
    {"kinds of mutexes tell", kinds_of_mutexes_tell},
    {"threads meet", threads_meet},
    {"sleeps have an end", sleeps_have_an_end},
    {"files of the system open", files_of_the_system_open},
    {"random numbers are the seed's", random_numbers_are_the_seeds},
    {"clocks agree", clocks_agree},
    {"seeds are taken", seeds_are_taken},
    {"mutexes are left in any order", mutexes_are_left_in_any_order},
    {"semaphores wait", semaphores_wait},
    {"wrong joins are refused", wrong_joins_are_refused},
    {"conditions have a clock", conditions_have_a_clock},
    {"once is once", once_is_once},
    {"C11 threads are let go", c11_threads_are_let_go},
};

static void *run_all(void *unused)
{
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof PROGRAMS[0]; i++) {
        int line = PROGRAMS[i].program();
        if (line == 0)
            trace_note(config.trace, 0, "right", "%s", PROGRAMS[i].name);
        else
            trace_note(config.trace, 0, "wrong", "%s: line %d",
                       PROGRAMS[i].name, line);
    }
    trace_note(config.trace, 0, "right", "all have ended");
    return unused;
}

struct raft *raft_make(const struct raft_config *given)
{
    struct raft *rf = honest_make(given);
    if (given->me == 0 && given->inc == 0) {
        config = *given;
        pthread_t thread;
        pthread_create(&thread, NULL, run_all, NULL);
        pthread_detach(thread);
    }
    return rf;
}
