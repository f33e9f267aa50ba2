// mutex.c -- simulated mutexes.
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
    bool servers;         // the lock of a server, see sim_door()
    bool appliers;        // what a service locks to apply
    int32_t count;        // of a recursive mutex
    struct site *site;    // where its owner locked it, or it was destroyed
    struct smutex *below; // what its owner had locked before it
};
_Static_assert(sizeof(struct smutex) <= sizeof(pthread_mutex_t), "mutex");

enum { DESTROYED = 0xdddddddd };

#define HERE __builtin_return_address(0)

// Places where mutexes are destroyed, or locked beside many others, are few:
// each is kept once. A place that finds no room takes that of another, which
// then tells a wrong story; there is room for far more than programs have.
static struct site *site_of(void *pc)
{
    enum { ROOM = 1 << 11, TRIES = 8 };
    static struct site sites[ROOM];
    struct site here = {.n = 0};
    here.n = sim_stack(pc, here.pc, SITE_FRAMES);
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < here.n; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)here.pc[i]) * 0x100000001b3u;
    struct site *site = NULL;
    for (uint64_t k = 0; k < TRIES; k++) {
        site = &sites[(hash + (hash >> 32) + k) % ROOM];
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

// The first use in this run, or a use after the last.
static void first_use(struct smutex *mutex, void *pc)
{
    if (mutex->run == (uint32_t)DESTROYED)
        sim_fail_at(SIM_MISUSE, pc, mutex, "%s uses a mutex that was destroyed",
                    sim_name(sim.now));
    mutex->run = (uint32_t)sim.run;
    mutex->owner = 0;
    mutex->waiters = NULL;
    mutex->count = 0;
    mutex->site = NULL;
    mutex->servers = false;
}

static inline struct smutex *mutex_of(pthread_mutex_t *object, void *pc)
{
    struct smutex *mutex = (struct smutex *)(void *)object;
    if (mutex->run != (uint32_t)sim.run)
        first_use(mutex, pc);
    return mutex;
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
    if (sim.now->door == SIM_APPLIES) {
        mutex->appliers = true;
        return;
    }
    bool loaded = pc < __executable_start || pc >= etext;
    if (sim.now->door != SIM_CALLS || loaded)
        mutex->servers = true;
    if (sim.now->door == SIM_CALLS && loaded)
        sim.now->door = SIM_OUTSIDE;
}

// Each lock is noted, and hardly one is ever told of: in a place of its own
// that costs no more than looking at the stack. A mutex of the kind that is
// held for moments only has no part in any story but its place.
static inline struct site *note_site(struct fiber *fiber, bool brief, void *pc)
{
    unsigned unused = ~fiber->sites_used & ((1u << N_SITES) - 1);
    if (unused == 0)
        return site_of(pc);
    struct site *site = &fiber->site[__builtin_ctz(unused)];
    fiber->sites_used |= unused & -unused;
    site->pc[0] = pc;
    site->n = brief ? 1
                    : sim_stack_of(fiber, __builtin_frame_address(0), pc,
                                   site->pc, SITE_FRAMES);
    return site;
}

static void forget_site(struct fiber *fiber, const struct smutex *mutex)
{
    size_t i = (size_t)((uintptr_t)mutex->site - (uintptr_t)fiber->site) /
               sizeof *mutex->site;
    if (i < N_SITES)
        fiber->sites_used &= ~(1u << i);
}

static inline void take(struct smutex *mutex, void *pc)
{
    mutex->owner = sim.now->id + 1;
    mutex->count = 1;
    mutex->site =
        note_site(sim.now, mutex->kind == PTHREAD_MUTEX_ADAPTIVE_NP, pc);
    mutex->below = sim.now->held;
    sim.now->held = mutex;
    if (sim.now->door != SIM_OUTSIDE)
        note_servers_lock(mutex, pc);
    if (sim.sanitized)
        sim_tell_locked(mutex, pc);
}

enum sim_door sim_door(enum sim_door door)
{
    enum sim_door before = sim.active ? sim.now->door : SIM_OUTSIDE;
    if (sim.active)
        sim.now->door = door;
    return before;
}

void sim_calls_below(const char *name)
{
    if (!sim.active || sim.now->door == SIM_APPLIES)
        return;
    for (const struct smutex *m = sim.now->held; m != NULL; m = m->below)
        if (m->appliers)
            sim_fail_at(SIM_CALLBACK, HERE, m,
                        "%s calls %s with a lock held that kv_apply() takes: "
                        "the call may block for as long as a save takes, and "
                        "the applier would wait for it",
                        sim_name(sim.now), name);
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

// Waits until it is free; false when the deadline comes first.
static bool wait_for(struct smutex *mutex, uint64_t deadline_ns, void *pc)
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
    return true;
}

// Inline, like all on the way of a lock: its stack is read from here.
static inline bool acquire_until(struct smutex *mutex, uint64_t deadline_ns,
                                 void *pc)
{
    if (mutex->owner != 0 && !wait_for(mutex, deadline_ns, pc))
        return false;
    take(mutex, pc);
    return true;
}

static void fail_unlock(struct smutex *mutex, void *pc)
{
    const struct fiber *owner = sim_owner(mutex);
    if (owner == NULL)
        sim_fail_at(SIM_UNLOCK, pc, NULL,
                    "%s unlocks a mutex that nobody holds", sim_name(sim.now));
    else
        sim_fail_at(SIM_UNLOCK, pc, mutex, "%s unlocks a mutex that %s holds",
                    sim_name(sim.now), sim_name(owner));
}

static inline void release(struct smutex *mutex, void *pc)
{
    if (mutex->owner != sim.now->id + 1)
        fail_unlock(mutex, pc);
    if (sim.sanitized)
        sim_tell_unlocking(mutex, pc);
    mutex->owner = 0;
    mutex->count = 0;
    forget_site(sim.now, mutex);
    let_go(mutex);
    if (mutex->waiters != NULL)
        sim_wake(sim_random_waiter(mutex->waiters));
}

void sim_acquire(struct smutex *mutex, void *pc)
{
    acquire_until(mutex, UINT64_MAX, pc);
}

void sim_release(struct smutex *mutex, void *pc)
{
    release(mutex, pc);
}

struct smutex *sim_mutex_of(pthread_mutex_t *object, void *pc)
{
    return mutex_of(object, pc);
}

struct smutex *sim_held_beside(const struct smutex *mutex)
{
    struct smutex *held = sim.now->held;
    return held == mutex ? mutex->below : held;
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
    mutex_of(object, HERE);
    sim_mutex_made(mutex, HERE);
    return 0;
}

int sim_pthread_mutex_destroy(pthread_mutex_t *object)
{
    if (!sim.active)
        return pthread_mutex_destroy(object);
    struct smutex *mutex = mutex_of(object, HERE);
    if (mutex->owner != 0)
        sim_fail_at(SIM_MISUSE, HERE, mutex,
                    "%s destroys a mutex that %s holds", sim_name(sim.now),
                    sim_name(sim_owner(mutex)));
    mutex->run = (uint32_t)DESTROYED;
    mutex->site = site_of(HERE);
    sim_mutex_gone(mutex, HERE);
    return 0;
}

// The caller has it already.
static int lock_again(struct smutex *mutex, void *pc)
{
    if (mutex->kind == PTHREAD_MUTEX_ERRORCHECK)
        return EDEADLK;
    if (mutex->kind != PTHREAD_MUTEX_RECURSIVE)
        sim_fail_at(SIM_RELOCK, pc, mutex,
                    "%s locks a mutex that it already holds",
                    sim_name(sim.now));
    mutex->count++;
    return 0;
}

static inline __attribute__((always_inline)) int
lock_until(pthread_mutex_t *object, uint64_t deadline_ns, void *pc)
{
    // The report of a failed run is made while other threads stand still, with
    // whatever they hold.
    if (sim.over)
        return 0;
    if (sim.now->door != SIM_ASKS_FIRST)
        sim_pass();
    sim_may_stall(pc);
    struct smutex *mutex = mutex_of(object, pc);
    if (mutex->owner == sim.now->id + 1)
        return lock_again(mutex, pc);
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
    struct smutex *mutex = mutex_of(object, HERE);
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
    struct smutex *mutex = mutex_of(object, HERE);
    if (mutex->count > 1 && sim_owner(mutex) == sim.now) {
        mutex->count--;
        return 0;
    }
    release(mutex, HERE);
    if (sim.now->door == SIM_ASKS_FIRST)
        return 0;
    sim_pass();
    sim_may_park(HERE);
    return 0;
}
