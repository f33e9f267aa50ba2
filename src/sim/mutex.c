// mutex.c -- simulated mutexes and condition variables.
#define _GNU_SOURCE
#include "api.h"
#include "internal.h"

#include <errno.h>

// In the caller's pthread_mutex_t. Zero bytes are a fresh mutex, and glibc's
// static initialisers are zero but for the kind. `run` tells a mutex that an
// earlier run in this process left behind from one of this run.
struct smutex {
    uint32_t run;
    int32_t owner; // fiber id + 1; 0 = free
    struct fiber *waiters;
    int16_t kind;
    bool servers;            // the lock of a server, see sim_door()
    int32_t count;           // of a recursive mutex
    const struct site *site; // where it was locked
    struct smutex *below;    // what its owner had locked before it
};
_Static_assert(sizeof(struct smutex) <= sizeof(pthread_mutex_t), "mutex");

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

// Places where mutexes are locked are few: each is kept once. A place that
// finds no room takes that of another, which then tells a wrong story; there
// is room for far more than programs have.
static const struct site *site_of(void *pc)
{
    enum { N_SITES = 1 << 13, TRIES = 8 };
    static struct site sites[N_SITES];
    struct site here = {.n = 0};
    here.n = sim_stack(pc, here.pc, SITE_FRAMES);
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < here.n; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)here.pc[i]) * 0x100000001b3u;
    struct site *site = NULL;
    for (uint64_t k = 0; k < TRIES; k++) {
        site = &sites[(hash + (hash >> 32) + k) % N_SITES];
        bool same = site->n == here.n;
        for (int i = 0; same && i < here.n; i++)
            same = site->pc[i] == here.pc[i];
        if (same)
            return site;
        if (site->n == 0)
            break;
    }
    for (int i = 0; i < here.n; i++)
        site->pc[i] = here.pc[i];
    site->n = here.n;
    return site;
}

struct smutex *sim_mutex_of(pthread_mutex_t *object, void *pc)
{
    struct smutex *mutex = (struct smutex *)(void *)object;
    if (mutex->run == (uint32_t)DESTROYED)
        sim_fail_at(SIM_MISUSE, pc, mutex, "%s uses a mutex that was destroyed",
                    sim_name(sim.now));
    if (mutex->run != (uint32_t)sim.run) {
        mutex->run = (uint32_t)sim.run;
        mutex->owner = 0;
        mutex->waiters = NULL;
        mutex->count = 0;
        mutex->site = NULL;
        mutex->servers = false;
    }
    return mutex;
}

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

struct fiber *sim_owner(const struct smutex *mutex)
{
    return mutex->owner > 0 ? sim.all[mutex->owner - 1] : NULL;
}

// Who has what it waits for; the mutex may be a variable of its own life.
struct fiber *sim_awaited(const struct fiber *fiber)
{
    sim_space_load(fiber->space);
    struct fiber *owner = sim_owner(fiber->wait_mutex);
    sim_space_load(sim.now->space);
    return owner;
}

const struct site *sim_locked_at(const struct smutex *mutex)
{
    return mutex->site;
}

bool sim_is_destroyed(const struct smutex *mutex)
{
    return mutex->run == (uint32_t)DESTROYED;
}

void sim_cond_facts(const struct scond *cond, uint32_t *n_signals,
                    uint32_t *n_unheard, void **pc)
{
    *n_signals = cond->n_signals;
    *n_unheard = cond->n_unheard;
    *pc = cond->signal_pc;
}

// Follows who waits for whom from the owner on; a way back is a deadlock.
static void look_for_cycle(struct smutex *mutex)
{
    struct fiber *owner = sim_owner(mutex);
    for (int i = 0; i < sim.n_all && owner != NULL; i++) {
        if (owner == sim.now) {
            sim_report_deadlock(sim.now);
            return;
        }
        if (owner->state != FIBER_BLOCKED || owner->wait_mutex == NULL)
            return;
        owner = sim_awaited(owner);
    }
}

extern const char __executable_start[], etext[];

static void note_servers_lock(struct smutex *mutex, const char *pc)
{
    bool loaded = pc < __executable_start || pc >= etext;
    if (sim.now->door != SIM_CALLS || loaded)
        mutex->servers = true;
    if (sim.now->door == SIM_CALLS && loaded)
        sim.now->door = SIM_OUTSIDE;
}

static void take(struct smutex *mutex, void *pc)
{
    mutex->owner = sim.now->id + 1;
    mutex->count = 1;
    mutex->site = site_of(pc);
    mutex->below = sim.now->held;
    sim.now->held = mutex;
    if (sim.now->door != SIM_OUTSIDE)
        note_servers_lock(mutex, pc);
    sim_locked(mutex, pc);
}

void sim_door(enum sim_door door)
{
    if (sim.active)
        sim.now->door = door;
}

void sim_callback(const char *name)
{
    if (!sim.active)
        return;
    for (const struct smutex *m = sim.now->held; m != NULL; m = m->below)
        if (m->servers)
            sim_fail_at(SIM_CALLBACK, HERE, m,
                        "%s calls %s with the server's lock held: it may "
                        "block for long, and the server must go on meanwhile",
                        sim_name(sim.now), name);
}

static void let_go(struct smutex *mutex)
{
    if (sim.now->held == mutex) {
        sim.now->held = mutex->below;
        return;
    }
    for (struct smutex *m = sim.now->held; m != NULL; m = m->below)
        if (m->below == mutex)
            m->below = mutex->below;
}

static bool acquire_until(struct smutex *mutex, uint64_t deadline_ns, void *pc)
{
    while (mutex->owner != 0) {
        struct fiber *fiber = sim.now;
        fiber->wait_mutex = mutex;
        fiber->wait_pc = pc;
        look_for_cycle(mutex);
        sim_enqueue(&mutex->waiters, fiber);
        if (deadline_ns != UINT64_MAX)
            sim_set_timer(fiber, deadline_ns);
        sim_block("mutex", pc);
        fiber->wait_mutex = NULL;
        if (fiber->timed_out && mutex->owner != 0)
            return false;
    }
    take(mutex, pc);
    return true;
}

void sim_acquire(struct smutex *mutex, void *pc)
{
    acquire_until(mutex, UINT64_MAX, pc);
}

void sim_release(struct smutex *mutex, void *pc)
{
    struct fiber *owner = sim_owner(mutex);
    if (owner == NULL)
        sim_fail_at(SIM_UNLOCK, pc, NULL,
                    "%s unlocks a mutex that nobody holds", sim_name(sim.now));
    else if (owner != sim.now)
        sim_fail_at(SIM_UNLOCK, pc, mutex, "%s unlocks a mutex that %s holds",
                    sim_name(sim.now), sim_name(owner));
    sim_unlocking(mutex, pc);
    mutex->owner = 0;
    mutex->count = 0;
    let_go(mutex);
    if (mutex->waiters != NULL)
        sim_wake(sim_random_waiter(mutex->waiters));
}

int sim_pthread_mutex_init(pthread_mutex_t *object,
                           const pthread_mutexattr_t *attr)
{
    if (!sim.active)
        return pthread_mutex_init(object, attr);
    struct smutex *mutex = (struct smutex *)(void *)object;
    int kind = PTHREAD_MUTEX_NORMAL;
    if (attr != NULL)
        pthread_mutexattr_gettype(attr, &kind);
    mutex->run = 0;
    mutex->kind = (int16_t)kind;
    sim_mutex_of(object, HERE);
    sim_mutex_made(mutex, HERE);
    return 0;
}

int sim_pthread_mutex_destroy(pthread_mutex_t *object)
{
    if (!sim.active)
        return pthread_mutex_destroy(object);
    struct smutex *mutex = sim_mutex_of(object, HERE);
    if (mutex->owner != 0)
        sim_fail_at(SIM_MISUSE, HERE, mutex,
                    "%s destroys a mutex that %s holds", sim_name(sim.now),
                    sim_name(sim_owner(mutex)));
    mutex->run = (uint32_t)DESTROYED;
    mutex->site = site_of(HERE);
    sim_mutex_gone(mutex, HERE);
    return 0;
}

static int lock_until(pthread_mutex_t *object, uint64_t deadline_ns, void *pc)
{
    // The report of a failed run is made while other threads stand still, with
    // whatever they hold.
    if (sim.over)
        return 0;
    if (sim.now->door != SIM_ASKS_FIRST)
        sim_point();
    struct smutex *mutex = sim_mutex_of(object, pc);
    if (sim_owner(mutex) == sim.now) {
        if (mutex->kind == PTHREAD_MUTEX_RECURSIVE) {
            mutex->count++;
            return 0;
        }
        if (mutex->kind == PTHREAD_MUTEX_ERRORCHECK)
            return EDEADLK;
        sim_fail_at(SIM_RELOCK, pc, mutex,
                    "%s locks a mutex that it already holds",
                    sim_name(sim.now));
    }
    return acquire_until(mutex, deadline_ns, pc) ? 0 : ETIMEDOUT;
}

int sim_pthread_mutex_lock(pthread_mutex_t *object)
{
    if (!sim.active)
        return pthread_mutex_lock(object);
    return lock_until(object, UINT64_MAX, HERE);
}

int sim_pthread_mutex_trylock(pthread_mutex_t *object)
{
    if (!sim.active)
        return pthread_mutex_trylock(object);
    sim_point();
    struct smutex *mutex = sim_mutex_of(object, HERE);
    if (mutex->kind == PTHREAD_MUTEX_RECURSIVE && sim_owner(mutex) == sim.now) {
        mutex->count++;
        return 0;
    }
    if (mutex->owner != 0)
        return EBUSY;
    take(mutex, HERE);
    return 0;
}

int sim_pthread_mutex_timedlock(pthread_mutex_t *object,
                                const struct timespec *until)
{
    if (!sim.active)
        return pthread_mutex_timedlock(object, until);
    return lock_until(object, sim_deadline(CLOCK_REALTIME, until, HERE), HERE);
}

int sim_pthread_mutex_clocklock(pthread_mutex_t *object, clockid_t clock,
                                const struct timespec *until)
{
    if (!sim.active)
        return pthread_mutex_clocklock(object, clock, until);
    return lock_until(object, sim_deadline(clock, until, HERE), HERE);
}

int sim_pthread_mutex_unlock(pthread_mutex_t *object)
{
    if (!sim.active)
        return pthread_mutex_unlock(object);
    if (sim.over)
        return 0;
    struct smutex *mutex = sim_mutex_of(object, HERE);
    if (sim_owner(mutex) == sim.now && mutex->count > 1) {
        mutex->count--;
        return 0;
    }
    sim_release(mutex, HERE);
    if (sim.now->door == SIM_ASKS_FIRST)
        return 0;
    sim_point();
    sim_may_park(HERE);
    return 0;
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
    struct smutex *other = fiber->held == mutex ? mutex->below : fiber->held;
    if (other != NULL)
        sim_lint_held("waits for a condition", other, pc);
    bool spurious = sim.config->spurious > 0 &&
                    (double)(sim_next(&sim.schedule_random) >> 11) * 0x1p-53 <
                        sim.config->spurious;
    sim_release(mutex, pc);
    fiber->timed_out = false;
    if (spurious) {
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
