// sync_more.c -- simulated once, read-write and spin locks, barriers,
// semaphores.
//
// None of them is used by the Raft here; students may. All are built on a wait
// queue inside the caller's own object, and wake everybody who might go on.
#define _GNU_SOURCE
#include "api.h"
#include "internal.h"

#include <errno.h>

#define HERE __builtin_return_address(0)

struct gate {
    struct fiber *waiters;
    int32_t n;      // readers, or arrived, or the semaphore's value
    int32_t needed; // of a barrier
    int32_t writer; // fiber id + 1
    uint32_t round; // of a barrier
};
_Static_assert(sizeof(struct gate) <= sizeof(pthread_rwlock_t), "rwlock");
_Static_assert(sizeof(struct gate) <= sizeof(pthread_barrier_t), "barrier");
_Static_assert(sizeof(struct gate) <= sizeof(sem_t), "semaphore");

static bool wait_at(struct gate *gate, const char *what, uint64_t deadline_ns,
                    void *pc)
{
    sim_enqueue(&gate->waiters, sim.now);
    if (deadline_ns != UINT64_MAX)
        sim_set_timer(sim.now, deadline_ns);
    sim_block(what, pc);
    return !sim.now->timed_out;
}

static void open_gate(struct gate *gate)
{
    sim_publish(gate);
    while (gate->waiters != NULL)
        sim_wake(gate->waiters);
    sim_point();
}

static void clear(struct gate *gate, int n, int needed)
{
    gate->waiters = NULL;
    gate->n = n;
    gate->needed = needed;
    gate->writer = 0;
    gate->round = 0;
}

int sim_pthread_once(pthread_once_t *once, void (*body)(void))
{
    if (!sim.active)
        return pthread_once(once, body);
    sim_point();
    // 0 is glibc's PTHREAD_ONCE_INIT; 1 and 2 are "runs" and glibc's "done".
    if (*once == 0) {
        *once = 1;
        body();
        sim_publish(once);
        *once = 2;
    }
    while (*once == 1)
        sim_yield();
    sim_observe(once);
    return 0;
}

#define RWLOCK(object) ((struct gate *)(void *)(object))

int sim_pthread_rwlock_init(pthread_rwlock_t *object,
                            const pthread_rwlockattr_t *attr)
{
    if (!sim.active)
        return pthread_rwlock_init(object, attr);
    clear(RWLOCK(object), 0, 0);
    return 0;
}

int sim_pthread_rwlock_destroy(pthread_rwlock_t *object)
{
    return sim.active ? 0 : pthread_rwlock_destroy(object);
}

int sim_pthread_rwlock_tryrdlock(pthread_rwlock_t *object)
{
    if (!sim.active)
        return pthread_rwlock_tryrdlock(object);
    sim_point();
    if (RWLOCK(object)->writer != 0)
        return EBUSY;
    RWLOCK(object)->n++;
    sim_observe(object);
    return 0;
}

static int lock_to_read(pthread_rwlock_t *object, uint64_t deadline_ns,
                        void *pc)
{
    while (sim_pthread_rwlock_tryrdlock(object) != 0)
        if (!wait_at(RWLOCK(object), "read lock", deadline_ns, pc))
            return ETIMEDOUT;
    return 0;
}

int sim_pthread_rwlock_rdlock(pthread_rwlock_t *object)
{
    if (!sim.active)
        return pthread_rwlock_rdlock(object);
    return lock_to_read(object, UINT64_MAX, HERE);
}

int sim_pthread_rwlock_timedrdlock(pthread_rwlock_t *object,
                                   const struct timespec *until)
{
    if (!sim.active)
        return pthread_rwlock_timedrdlock(object, until);
    return lock_to_read(object, sim_deadline(CLOCK_REALTIME, until, HERE),
                        HERE);
}

int sim_pthread_rwlock_clockrdlock(pthread_rwlock_t *object, clockid_t clock,
                                   const struct timespec *until)
{
    if (!sim.active)
        return pthread_rwlock_clockrdlock(object, clock, until);
    return lock_to_read(object, sim_deadline(clock, until, HERE), HERE);
}

int sim_pthread_rwlock_trywrlock(pthread_rwlock_t *object)
{
    if (!sim.active)
        return pthread_rwlock_trywrlock(object);
    sim_point();
    if (RWLOCK(object)->writer != 0 || RWLOCK(object)->n > 0)
        return EBUSY;
    RWLOCK(object)->writer = sim.now->id + 1;
    sim_observe(object);
    return 0;
}

static int lock_to_write(pthread_rwlock_t *object, uint64_t deadline_ns,
                         void *pc)
{
    while (sim_pthread_rwlock_trywrlock(object) != 0)
        if (!wait_at(RWLOCK(object), "write lock", deadline_ns, pc))
            return ETIMEDOUT;
    return 0;
}

int sim_pthread_rwlock_wrlock(pthread_rwlock_t *object)
{
    if (!sim.active)
        return pthread_rwlock_wrlock(object);
    return lock_to_write(object, UINT64_MAX, HERE);
}

int sim_pthread_rwlock_timedwrlock(pthread_rwlock_t *object,
                                   const struct timespec *until)
{
    if (!sim.active)
        return pthread_rwlock_timedwrlock(object, until);
    return lock_to_write(object, sim_deadline(CLOCK_REALTIME, until, HERE),
                         HERE);
}

int sim_pthread_rwlock_clockwrlock(pthread_rwlock_t *object, clockid_t clock,
                                   const struct timespec *until)
{
    if (!sim.active)
        return pthread_rwlock_clockwrlock(object, clock, until);
    return lock_to_write(object, sim_deadline(clock, until, HERE), HERE);
}

int sim_pthread_rwlock_unlock(pthread_rwlock_t *object)
{
    if (!sim.active)
        return pthread_rwlock_unlock(object);
    struct gate *gate = RWLOCK(object);
    if (gate->writer != 0)
        gate->writer = 0;
    else if (gate->n > 0)
        gate->n--;
    else
        sim_fail_at(SIM_UNLOCK, HERE, NULL,
                    "%s unlocks a read-write lock that nobody holds",
                    sim_name(sim.now));
    open_gate(gate);
    return 0;
}

// A spin lock is too small for a queue of those who wait: they take turns, and
// the watch for endless loops finds those that wait for ever.

int sim_pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
    if (!sim.active)
        return pthread_spin_init(lock, shared);
    *lock = 0;
    return 0;
}

int sim_pthread_spin_destroy(pthread_spinlock_t *lock)
{
    return sim.active ? 0 : pthread_spin_destroy(lock);
}

int sim_pthread_spin_trylock(pthread_spinlock_t *lock)
{
    if (!sim.active)
        return pthread_spin_trylock(lock);
    sim_point();
    if (*lock != 0)
        return EBUSY;
    *lock = sim.now->id + 1;
    sim_observe((void *)lock);
    return 0;
}

int sim_pthread_spin_lock(pthread_spinlock_t *lock)
{
    if (!sim.active)
        return pthread_spin_lock(lock);
    while (sim_pthread_spin_trylock(lock) != 0) {
        if (*lock == sim.now->id + 1)
            sim_fail(SIM_RELOCK,
                     "%s locks a spin lock that it already holds\n  in %s",
                     sim_name(sim.now), sim_place(HERE));
        sim_yield();
    }
    return 0;
}

int sim_pthread_spin_unlock(pthread_spinlock_t *lock)
{
    if (!sim.active)
        return pthread_spin_unlock(lock);
    sim_publish((void *)lock);
    *lock = 0;
    sim_point();
    return 0;
}

#define BARRIER(object) ((struct gate *)(void *)(object))

int sim_pthread_barrier_init(pthread_barrier_t *object,
                             const pthread_barrierattr_t *attr, unsigned n)
{
    if (!sim.active)
        return pthread_barrier_init(object, attr, n);
    if (n == 0)
        return EINVAL;
    clear(BARRIER(object), 0, (int)n);
    return 0;
}

int sim_pthread_barrier_destroy(pthread_barrier_t *object)
{
    return sim.active ? 0 : pthread_barrier_destroy(object);
}

int sim_pthread_barrier_wait(pthread_barrier_t *object)
{
    if (!sim.active)
        return pthread_barrier_wait(object);
    struct gate *gate = BARRIER(object);
    uint32_t round = gate->round;
    sim_point();
    if (++gate->n == gate->needed) {
        gate->n = 0;
        gate->round++;
        open_gate(gate);
        return PTHREAD_BARRIER_SERIAL_THREAD;
    }
    sim_publish(gate);
    while (gate->round == round)
        wait_at(gate, "barrier", UINT64_MAX, HERE);
    sim_observe(gate);
    return 0;
}

#define SEMAPHORE(object) ((struct gate *)(void *)(object))

int sim_sem_init(sem_t *object, int shared, unsigned value)
{
    if (!sim.active)
        return sem_init(object, shared, value);
    clear(SEMAPHORE(object), (int)value, 0);
    return 0;
}

int sim_sem_destroy(sem_t *object)
{
    return sim.active ? 0 : sem_destroy(object);
}

static bool take_one(struct gate *gate)
{
    if (gate->n == 0)
        return false;
    gate->n--;
    sim_observe(gate);
    return true;
}

int sim_sem_wait(sem_t *object)
{
    if (!sim.active)
        return sem_wait(object);
    sim_point();
    while (!take_one(SEMAPHORE(object)))
        wait_at(SEMAPHORE(object), "semaphore", UINT64_MAX, HERE);
    return 0;
}

int sim_sem_trywait(sem_t *object)
{
    if (!sim.active)
        return sem_trywait(object);
    sim_point();
    if (take_one(SEMAPHORE(object)))
        return 0;
    errno = EAGAIN;
    return -1;
}

static int take_until(sem_t *object, uint64_t deadline_ns, void *pc)
{
    sim_point();
    while (!take_one(SEMAPHORE(object)))
        if (!wait_at(SEMAPHORE(object), "semaphore", deadline_ns, pc)) {
            errno = ETIMEDOUT;
            return -1;
        }
    return 0;
}

int sim_sem_timedwait(sem_t *object, const struct timespec *until)
{
    if (!sim.active)
        return sem_timedwait(object, until);
    return take_until(object, sim_deadline(CLOCK_REALTIME, until, HERE), HERE);
}

int sim_sem_clockwait(sem_t *object, clockid_t clock,
                      const struct timespec *until)
{
    if (!sim.active)
        return sem_clockwait(object, clock, until);
    return take_until(object, sim_deadline(clock, until, HERE), HERE);
}

int sim_sem_post(sem_t *object)
{
    if (!sim.active)
        return sem_post(object);
    SEMAPHORE(object)->n++;
    open_gate(SEMAPHORE(object));
    return 0;
}

int sim_sem_getvalue(sem_t *object, int *value)
{
    if (!sim.active)
        return sem_getvalue(object, value);
    *value = SEMAPHORE(object)->n;
    return 0;
}
