// cond.c -- simulated condition variables.
#define _GNU_SOURCE
#include "api.h"
#include "internal.h"

#include <errno.h>
#include <stdio.h>

// In the caller's pthread_cond_t.
struct scond {
    uint32_t run;
    int32_t clock;
    struct fiber *waiters;
    uint32_t n_signals, n_unheard; // for reports of lost wake-ups
    void *signal_pc;
    uint64_t unused[2];
};
_Static_assert(sizeof(struct scond) <= sizeof(pthread_cond_t), "cond");

enum { DESTROYED = 0xdddddddd };

#define HERE __builtin_return_address(0)

static struct scond *cond_of(pthread_cond_t *object, void *pc)
{
    struct scond *cond = (struct scond *)(void *)object;
    if (cond->run == (uint32_t)DESTROYED)
        sim_fail_at(SIM_MISUSE, pc, NULL,
                    "%s uses a condition variable that was destroyed",
                    sim_name(sim.now));
    if (cond->run != (uint32_t)sim.run) {
        cond->run = (uint32_t)sim.run;
        cond->waiters = NULL;
        cond->n_signals = cond->n_unheard = 0;
        cond->signal_pc = NULL;
    }
    return cond;
}

const char *sim_woken_for_nothing(void)
{
    enum { RECENT_NS = 1000000 };
    static char text[300];
    const struct fiber *fiber = sim.now;
    if (!sim.active || fiber->woken_pc == NULL ||
        sim.now_ns - fiber->woken_ns > RECENT_NS)
        return NULL;
    snprintf(text, sizeof text,
             "Just before, the wait of %s in %.120s ended without a signal, as"
             " POSIX allows: behind a wait, look again at what was waited for"
             " (while, not if).",
             sim_name(fiber), sim_place(fiber->woken_pc));
    return text;
}

void sim_cond_facts(const struct scond *cond, uint32_t *n_signals,
                    uint32_t *n_unheard, void **pc)
{
    *n_signals = cond->n_signals;
    *n_unheard = cond->n_unheard;
    *pc = cond->signal_pc;
}

int sim_pthread_cond_init(pthread_cond_t *object,
                          const pthread_condattr_t *attr)
{
    if (!sim.active)
        return pthread_cond_init(object, attr);
    struct scond *cond = (struct scond *)(void *)object;
    clockid_t clock = CLOCK_REALTIME;
    if (attr != NULL)
        pthread_condattr_getclock(attr, &clock);
    cond->run = 0;
    cond->clock = clock;
    cond_of(object, HERE);
    return 0;
}

int sim_pthread_cond_destroy(pthread_cond_t *object)
{
    if (!sim.active)
        return pthread_cond_destroy(object);
    struct scond *cond = cond_of(object, HERE);
    if (cond->waiters != NULL)
        sim_fail_at(SIM_MISUSE, HERE, NULL,
                    "%s destroys a condition variable that threads wait for",
                    sim_name(sim.now));
    cond->run = (uint32_t)DESTROYED;
    return 0;
}

static int wait_until(pthread_cond_t *object, pthread_mutex_t *with,
                      uint64_t deadline_ns, void *pc)
{
    struct scond *cond = cond_of(object, pc);
    struct smutex *mutex = sim_mutex_of(with, pc);
    struct fiber *fiber = sim.now;
    struct smutex *other = sim_held_beside(mutex);
    if (other != NULL)
        sim_lint_held("waits for a condition", other, pc);
    bool spurious = fiber->server >= 0 && sim.spurious_per_mille > 0 &&
                    sim_next(&sim.spurious_random) % 1000 <
                        (uint64_t)sim.spurious_per_mille;
    sim_release(mutex, pc);
    fiber->timed_out = false;
    fiber->woken_pc = spurious ? pc : NULL;
    if (spurious) {
        fiber->woken_ns = sim.now_ns;
        sim_point();
    } else {
        fiber->wait_cond = cond;
        sim_enqueue(&cond->waiters, fiber);
        if (deadline_ns != UINT64_MAX)
            sim_set_timer(fiber, deadline_ns);
        sim_block("cond", pc);
        fiber->wait_cond = NULL;
    }
    bool timed_out = fiber->timed_out;
    sim_may_stall(pc);
    sim_acquire(mutex, pc);
    return timed_out ? ETIMEDOUT : 0;
}

int sim_pthread_cond_wait(pthread_cond_t *object, pthread_mutex_t *with)
{
    if (!sim.active)
        return pthread_cond_wait(object, with);
    return wait_until(object, with, UINT64_MAX, HERE);
}

int sim_pthread_cond_timedwait(pthread_cond_t *object, pthread_mutex_t *with,
                               const struct timespec *until)
{
    if (!sim.active)
        return pthread_cond_timedwait(object, with, until);
    uint64_t deadline_ns =
        sim_deadline(cond_of(object, HERE)->clock, until, HERE);
    return wait_until(object, with, deadline_ns, HERE);
}

int sim_pthread_cond_clockwait(pthread_cond_t *object, pthread_mutex_t *with,
                               clockid_t clock, const struct timespec *until)
{
    if (!sim.active)
        return pthread_cond_clockwait(object, with, clock, until);
    return wait_until(object, with, sim_deadline(clock, until, HERE), HERE);
}

static int wake_some(pthread_cond_t *object, bool all, void *pc)
{
    struct scond *cond = cond_of(object, pc);
    cond->n_signals++;
    cond->signal_pc = pc;
    if (cond->waiters == NULL)
        cond->n_unheard++;
    else if (!all)
        sim_wake(sim_random_waiter(cond->waiters));
    while (all && cond->waiters != NULL)
        sim_wake(cond->waiters);
    sim_point();
    return 0;
}

int sim_pthread_cond_signal(pthread_cond_t *object)
{
    if (!sim.active)
        return pthread_cond_signal(object);
    return wake_some(object, false, HERE);
}

int sim_pthread_cond_broadcast(pthread_cond_t *object)
{
    if (!sim.active)
        return pthread_cond_broadcast(object);
    return wake_some(object, true, HERE);
}
