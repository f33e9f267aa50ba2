// c11.c -- the threads of C11, by those of POSIX, as the C library has them.
//
// A mtx_t is a pthread_mutex_t inside, a cnd_t a pthread_cond_t, a thrd_t a
// pthread_t. The results have other numbers, but for success. Optimised, these
// calls are jumps, so that reports name the caller's place and not this file.
#define _GNU_SOURCE
#include "api.h"
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "mtx_t");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "cnd_t");
_Static_assert(sizeof(once_flag) == sizeof(pthread_once_t), "once_flag");

#define MUTEX(object) ((pthread_mutex_t *)(void *)(object))
#define COND(object)  ((pthread_cond_t *)(void *)(object))

static int result_of(int error)
{
    return error == 0           ? thrd_success
           : error == EBUSY     ? thrd_busy
           : error == ETIMEDOUT ? thrd_timedout
           : error == ENOMEM    ? thrd_nomem
                                : thrd_error;
}

int sim_mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, (type & mtx_recursive) != 0
                                         ? PTHREAD_MUTEX_RECURSIVE
                                         : PTHREAD_MUTEX_NORMAL);
    int error = sim_pthread_mutex_init(MUTEX(mutex), &attr);
    pthread_mutexattr_destroy(&attr);
    return result_of(error);
}

int sim_mtx_trylock(mtx_t *mutex)
{
    return result_of(sim_pthread_mutex_trylock(MUTEX(mutex)));
}

int sim_mtx_timedlock(mtx_t *mutex, const struct timespec *until)
{
    return result_of(sim_pthread_mutex_timedlock(MUTEX(mutex), until));
}

int sim_cnd_init(cnd_t *cond)
{
    return result_of(sim_pthread_cond_init(COND(cond), NULL));
}

int sim_cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
    return result_of(
        sim_pthread_cond_timedwait(COND(cond), MUTEX(mutex), until));
}

struct start {
    thrd_start_t body;
    void *argument;
};

static void *begin(void *given)
{
    struct start start = *(struct start *)given;
    free(given);
    return (void *)(intptr_t)start.body(start.argument);
}

int sim_thrd_create(thrd_t *thread, thrd_start_t body, void *argument)
{
    if (!sim.active)
        return thrd_create(thread, body, argument);
    struct start *start = malloc(sizeof *start);
    if (start == NULL)
        return thrd_nomem;
    *start = (struct start){body, argument};
    return result_of(sim_pthread_create(thread, NULL, begin, start));
}

int sim_thrd_join(thrd_t thread, int *result)
{
    if (!sim.active)
        return thrd_join(thread, result);
    void *given = NULL;
    int error = sim_pthread_join(thread, &given);
    if (error == 0 && result != NULL)
        *result = (int)(intptr_t)given;
    return result_of(error);
}

int sim_thrd_detach(thrd_t thread)
{
    return result_of(sim_pthread_detach(thread));
}

void sim_thrd_exit(int result)
{
    sim_pthread_exit((void *)(intptr_t)result);
}

int sim_thrd_sleep(const struct timespec *time, struct timespec *left)
{
    return sim_nanosleep(time, left);
}

int sim_tss_create(tss_t *key, tss_dtor_t destructor)
{
    return result_of(sim_pthread_key_create(key, destructor));
}

int sim_mtx_lock(mtx_t *mutex)
{
    return sim_pthread_mutex_lock(MUTEX(mutex));
}

int sim_mtx_unlock(mtx_t *mutex)
{
    return sim_pthread_mutex_unlock(MUTEX(mutex));
}

void sim_mtx_destroy(mtx_t *mutex)
{
    sim_pthread_mutex_destroy(MUTEX(mutex));
}

int sim_cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    return sim_pthread_cond_wait(COND(cond), MUTEX(mutex));
}

int sim_cnd_signal(cnd_t *cond)
{
    return sim_pthread_cond_signal(COND(cond));
}

int sim_cnd_broadcast(cnd_t *cond)
{
    return sim_pthread_cond_broadcast(COND(cond));
}

void sim_cnd_destroy(cnd_t *cond)
{
    sim_pthread_cond_destroy(COND(cond));
}

void sim_thrd_yield(void)
{
    sim_sched_yield();
}

thrd_t sim_thrd_current(void)
{
    return sim_pthread_self();
}

void *sim_tss_get(tss_t key)
{
    return sim_pthread_getspecific(key);
}

int sim_tss_set(tss_t key, void *value)
{
    return result_of(sim_pthread_setspecific(key, value));
}

void sim_tss_delete(tss_t key)
{
    sim_pthread_key_delete(key);
}

void sim_call_once(once_flag *once, void (*body)(void))
{
    sim_pthread_once((pthread_once_t *)(void *)once, body);
}
