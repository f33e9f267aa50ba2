// thread.c -- simulated threads, their keys and names.
#define _GNU_SOURCE
#include "api.h"
#include "internal.h"

#include <errno.h>
#include <sched.h>

#define HERE __builtin_return_address(0)

static struct fiber *fiber_of(pthread_t thread, const char *call, void *pc)
{
    struct fiber *fiber =
        (int)thread >= 0 && (int)thread < sim.n_all ? sim.all[thread] : NULL;
    if (fiber == NULL || fiber->state == FIBER_FREE)
        sim_fail_at(SIM_MISUSE, pc, NULL, "%s calls %s for no thread",
                    sim_name(sim.now), call);
    return fiber;
}

int sim_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                       void *(*body)(void *), void *argument)
{
    if (!sim.active)
        return pthread_create(thread, attr, body, argument);
    struct fiber *fiber = sim_new_fiber(body, argument);
    int state = PTHREAD_CREATE_JOINABLE;
    if (attr != NULL)
        pthread_attr_getdetachstate(attr, &state);
    fiber->detached = state == PTHREAD_CREATE_DETACHED;
    fiber->wait_pc = HERE;
    *thread = (pthread_t)fiber->id;
    sim_make_ready(fiber);
    sim_point();
    return 0;
}

static int join_until(pthread_t thread, void **result, uint64_t deadline_ns,
                      void *pc)
{
    sim_point();
    struct fiber *fiber = fiber_of(thread, "pthread_join", pc);
    if (fiber == sim.now && !fiber->detached)
        return EDEADLK;
    if (fiber->detached || fiber->joiner != NULL)
        return EINVAL;
    if (fiber->state != FIBER_DEAD && deadline_ns == 0)
        return EBUSY;
    if (fiber->state != FIBER_DEAD) {
        fiber->joiner = sim.now;
        if (deadline_ns != UINT64_MAX)
            sim_set_timer(sim.now, deadline_ns);
        sim_block("join", pc);
        fiber->joiner = NULL;
        if (fiber->state != FIBER_DEAD)
            return ETIMEDOUT;
    }
    sim_observe(fiber);
    if (result != NULL)
        *result = fiber->result;
    sim_recycle(fiber);
    return 0;
}

int sim_pthread_join(pthread_t thread, void **result)
{
    if (!sim.active)
        return pthread_join(thread, result);
    return join_until(thread, result, UINT64_MAX, HERE);
}

int sim_pthread_tryjoin_np(pthread_t thread, void **result)
{
    if (!sim.active)
        return pthread_tryjoin_np(thread, result);
    return join_until(thread, result, 0, HERE);
}

int sim_pthread_timedjoin_np(pthread_t thread, void **result,
                             const struct timespec *until)
{
    if (!sim.active)
        return pthread_timedjoin_np(thread, result, until);
    return join_until(thread, result, sim_deadline(CLOCK_REALTIME, until, HERE),
                      HERE);
}

int sim_pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
                             const struct timespec *until)
{
    if (!sim.active)
        return pthread_clockjoin_np(thread, result, clock, until);
    return join_until(thread, result, sim_deadline(clock, until, HERE), HERE);
}

int sim_pthread_detach(pthread_t thread)
{
    if (!sim.active)
        return pthread_detach(thread);
    struct fiber *fiber = fiber_of(thread, "pthread_detach", HERE);
    if (fiber->detached)
        return EINVAL;
    fiber->detached = true;
    if (fiber->state == FIBER_DEAD)
        sim_recycle(fiber);
    return 0;
}

void sim_pthread_exit(void *result)
{
    if (!sim.active)
        pthread_exit(result);
    sim_end_fiber(result);
}

pthread_t sim_pthread_self(void)
{
    return sim.active ? (pthread_t)sim.now->id : pthread_self();
}

int sim_pthread_setname_np(pthread_t thread, const char *name)
{
    if (!sim.active)
        return pthread_setname_np(thread, name);
    struct fiber *fiber = fiber_of(thread, "pthread_setname_np", HERE);
    size_t i = 0;
    for (; i + 1 < sizeof fiber->name && name[i] != '\0'; i++)
        fiber->name[i] = name[i];
    fiber->name[i] = '\0';
    sim_fiber_named(fiber);
    return 0;
}

int sim_pthread_getname_np(pthread_t thread, char *name, size_t n)
{
    if (!sim.active)
        return pthread_getname_np(thread, name, n);
    struct fiber *fiber = fiber_of(thread, "pthread_getname_np", HERE);
    if (n < sizeof fiber->name)
        return ERANGE;
    for (size_t i = 0; i < sizeof fiber->name; i++)
        name[i] = fiber->name[i];
    return 0;
}

int sim_pthread_cancel(pthread_t thread)
{
    if (!sim.active)
        return pthread_cancel(thread);
    sim_fail_at(SIM_MISUSE, HERE, NULL,
                "%s calls pthread_cancel, which the simulator does not have: "
                "set a flag that the thread looks at",
                sim_name(sim.now));
    return ENOSYS;
}

// Keys belong to the process, and are the same in and outside of a run:
// a key made before works inside.
int sim_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    int error = pthread_key_create(key, destructor);
    if (error != 0 || *key >= MAX_KEYS)
        return error != 0 ? error : EAGAIN;
    sim.key_destructor[*key] = destructor;
    for (int i = 0; i < sim.n_all; i++)
        sim.all[i]->key[*key] = NULL;
    if (sim.n_keys <= (int)*key)
        sim.n_keys = (int)*key + 1;
    return 0;
}

int sim_pthread_key_delete(pthread_key_t key)
{
    if (key < MAX_KEYS) {
        sim.key_destructor[key] = NULL;
        for (int i = 0; i < sim.n_all; i++)
            sim.all[i]->key[key] = NULL;
    }
    return pthread_key_delete(key);
}

void *sim_pthread_getspecific(pthread_key_t key)
{
    if (!sim.active)
        return pthread_getspecific(key);
    return key < MAX_KEYS ? sim.now->key[key] : NULL;
}

int sim_pthread_setspecific(pthread_key_t key, const void *value)
{
    if (!sim.active)
        return pthread_setspecific(key, value);
    if (key >= MAX_KEYS)
        return EINVAL;
    sim.now->key[key] = (void *)value;
    return 0;
}

int sim_sched_yield(void)
{
    if (!sim.active)
        return sched_yield();
    sim_point();
    sim_yield();
    return 0;
}
