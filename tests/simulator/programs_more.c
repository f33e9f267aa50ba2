// programs_more.c -- the rest of the small programs: see programs.c.
#define _GNU_SOURCE
#include "programs.h"

static int shared;
static mtx_t mutex;
static cnd_t cond;
static pthread_barrier_t barrier;

int clocks_agree(void)
{
    struct timeval tv;
    struct timespec some = {0, 5000000};
    time_t t = 0;
    uint64_t began = now_us(CLOCK_MONOTONIC);
    EXPECT(gettimeofday(&tv, NULL) == 0);
    EXPECT(time(&t) == t);
    EXPECT(llabs((long long)t - (long long)tv.tv_sec) <= 1);
    EXPECT(clock_nanosleep(CLOCK_MONOTONIC, 0, &some, NULL) == 0);
    EXPECT(now_us(CLOCK_MONOTONIC) - began >= 5000);
    return 0;
}

// In the simulator the run's seed rules, whatever a program sets.
int seeds_are_taken(void)
{
    unsigned own = 1, same = 1;
    srand(1);
    srandom(1);
    EXPECT(rand() >= 0);
    EXPECT(random() >= 0);
    EXPECT(rand_r(&own) == rand_r(&same));
    EXPECT(own == same);
    return 0;
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;

static void *wait_a_little(void *unused)
{
    struct timespec soon = in_ms(CLOCK_REALTIME, 5), past = {0, 0};
    (void)unused;
    if (pthread_mutex_trylock(&held) != EBUSY)
        return (void *)1;
    if (pthread_mutex_timedlock(&held, &past) != ETIMEDOUT)
        return (void *)2;
    if (pthread_mutex_timedlock(&held, &soon) != ETIMEDOUT)
        return (void *)3;
    return NULL;
}

int mutexes_are_left_in_any_order(void)
{
    pthread_t thread;
    void *wrong = NULL;
    pthread_mutex_lock(&held);
    EXPECT(pthread_mutex_trylock(&second) == 0);
    pthread_create(&thread, NULL, wait_a_little, NULL);
    EXPECT(pthread_tryjoin_np(thread, &wrong) == EBUSY);
    // With both in hand: the simulator wants nobody to sleep with one.
    for (int i = 0; pthread_tryjoin_np(thread, &wrong) == EBUSY; i++)
        sched_yield();
    EXPECT(wrong == NULL);
    pthread_mutex_unlock(&held);
    EXPECT(pthread_mutex_trylock(&held) == 0);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&held);
    pthread_mutexattr_t kind;
    pthread_mutex_t own;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&own, &kind);
    EXPECT(pthread_mutex_lock(&own) == 0);
    EXPECT(pthread_mutex_lock(&own) == 0);
    EXPECT(pthread_mutex_unlock(&own) == 0);
    EXPECT(pthread_mutex_unlock(&own) == 0);
    EXPECT(pthread_mutex_trylock(&own) == 0);
    EXPECT(pthread_mutex_unlock(&own) == 0);
    pthread_mutex_destroy(&own);
    return 0;
}

static sem_t turn;

static void *give_turn(void *unused)
{
    usleep(5000);
    sem_post(&turn);
    return unused;
}

int semaphores_wait(void)
{
    pthread_t thread;
    struct timespec soon;
    sem_init(&turn, 0, 0);
    pthread_create(&thread, NULL, give_turn, NULL);
    EXPECT(sem_wait(&turn) == 0);
    join(thread);
    soon = in_ms(CLOCK_REALTIME, 5);
    EXPECT(sem_timedwait(&turn, &soon) == -1 && errno == ETIMEDOUT);
    sem_destroy(&turn);
    pthread_rwlock_t own;
    EXPECT(pthread_rwlock_init(&own, NULL) == 0);
    EXPECT(pthread_rwlock_wrlock(&own) == 0);
    EXPECT(pthread_rwlock_tryrdlock(&own) == EBUSY);
    EXPECT(pthread_rwlock_unlock(&own) == 0);
    EXPECT(pthread_rwlock_destroy(&own) == 0);
    EXPECT(pthread_barrier_init(&barrier, NULL, 0) == EINVAL);
    return 0;
}

static void *join_oneself(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)pthread_join(pthread_self(), NULL);
}

int wrong_joins_are_refused(void)
{
    pthread_t thread;
    pthread_attr_t attr;
    void *result = NULL;
    // Detached, as this thread is, counts more than oneself.
    EXPECT(pthread_join(pthread_self(), NULL) == EINVAL);
    EXPECT(pthread_create(&thread, NULL, join_oneself, NULL) == 0);
    EXPECT(pthread_join(thread, &result) == 0);
    EXPECT((intptr_t)result == EDEADLK);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    EXPECT(pthread_create(&thread, &attr, sleep_a_while, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == EINVAL);
    EXPECT(pthread_detach(thread) == EINVAL);
    pthread_attr_destroy(&attr);
    return 0;
}

static pthread_cond_t by_clock;

int conditions_have_a_clock(void)
{
    pthread_condattr_t attr;
    struct timespec soon = in_ms(CLOCK_MONOTONIC, 5), past = {1, 0};
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&by_clock, &attr);
    pthread_mutex_lock(&second);
    int timed = 0;
    while (timed == 0)
        timed = pthread_cond_timedwait(&by_clock, &second, &soon);
    EXPECT(timed == ETIMEDOUT);
    timed = 0;
    while (timed == 0)
        timed =
            pthread_cond_clockwait(&by_clock, &second, CLOCK_REALTIME, &past);
    EXPECT(timed == ETIMEDOUT);
    pthread_mutex_unlock(&second);
    pthread_cond_destroy(&by_clock);
    pthread_condattr_destroy(&attr);
    return 0;
}

static pthread_once_t first_of_all = PTHREAD_ONCE_INIT;

static void take_long(void)
{
    for (int i = 0; i < 5; i++)
        sched_yield();
    shared++;
}

static void *do_once(void *unused)
{
    pthread_once(&first_of_all, take_long);
    return shared == 1 ? unused : NULL;
}

int once_is_once(void)
{
    pthread_t thread[3];
    void *saw = NULL;
    shared = 0;
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, do_once, &shared);
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], &saw);
        EXPECT(saw == &shared);
    }
    EXPECT(shared == 1);
    return 0;
}

static int answer(void *unused)
{
    (void)unused;
    mtx_lock(&mutex);
    shared = 1;
    cnd_signal(&cond);
    mtx_unlock(&mutex);
    return 0;
}

int c11_threads_are_let_go(void)
{
    thrd_t thread;
    struct timespec soon = in_ms(CLOCK_REALTIME, 50);
    shared = 0;
    EXPECT(mtx_init(&mutex, mtx_timed) == thrd_success);
    EXPECT(cnd_init(&cond) == thrd_success);
    EXPECT(mtx_timedlock(&mutex, &soon) == thrd_success);
    EXPECT(thrd_create(&thread, answer, NULL) == thrd_success);
    EXPECT(thrd_detach(thread) == thrd_success);
    while (!shared)
        cnd_wait(&cond, &mutex);
    mtx_unlock(&mutex);
    return 0;
}
