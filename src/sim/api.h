// api.h -- the simulated calls, by the names that sim.syms gives them.
//
// Each does what its namesake does; outside of a run it is its namesake. State
// of mutexes and condition variables lives inside the caller's own objects, so
// static initialisers work and nothing is left behind.
#ifndef GLASSRAFT_SIM_API_H
#define GLASSRAFT_SIM_API_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>
#include <threads.h>
#include <time.h>

int sim_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                       void *(*body)(void *), void *argument);
int sim_pthread_join(pthread_t thread, void **result);
int sim_pthread_detach(pthread_t thread);
_Noreturn void sim_pthread_exit(void *result);
pthread_t sim_pthread_self(void);
int sim_pthread_setname_np(pthread_t thread, const char *name);
int sim_pthread_getname_np(pthread_t thread, char *name, size_t n);
int sim_pthread_tryjoin_np(pthread_t thread, void **result);
int sim_pthread_timedjoin_np(pthread_t thread, void **result,
                             const struct timespec *until);
int sim_pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
                             const struct timespec *until);
int sim_pthread_cancel(pthread_t thread);
int sim_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int sim_pthread_key_delete(pthread_key_t key);
void *sim_pthread_getspecific(pthread_key_t key);
int sim_pthread_setspecific(pthread_key_t key, const void *value);
int sim_pthread_once(pthread_once_t *once, void (*body)(void));
int sim_sched_yield(void);

int sim_pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *);
int sim_pthread_mutex_destroy(pthread_mutex_t *);
int sim_pthread_mutex_lock(pthread_mutex_t *);
int sim_pthread_mutex_trylock(pthread_mutex_t *);
int sim_pthread_mutex_timedlock(pthread_mutex_t *, const struct timespec *);
int sim_pthread_mutex_clocklock(pthread_mutex_t *, clockid_t,
                                const struct timespec *);
int sim_pthread_mutex_unlock(pthread_mutex_t *);

int sim_pthread_cond_init(pthread_cond_t *, const pthread_condattr_t *);
int sim_pthread_cond_destroy(pthread_cond_t *);
int sim_pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int sim_pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *,
                               const struct timespec *);
int sim_pthread_cond_clockwait(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                               const struct timespec *);
int sim_pthread_cond_signal(pthread_cond_t *);
int sim_pthread_cond_broadcast(pthread_cond_t *);

int sim_pthread_rwlock_init(pthread_rwlock_t *, const pthread_rwlockattr_t *);
int sim_pthread_rwlock_destroy(pthread_rwlock_t *);
int sim_pthread_rwlock_rdlock(pthread_rwlock_t *);
int sim_pthread_rwlock_tryrdlock(pthread_rwlock_t *);
int sim_pthread_rwlock_wrlock(pthread_rwlock_t *);
int sim_pthread_rwlock_trywrlock(pthread_rwlock_t *);
int sim_pthread_rwlock_timedrdlock(pthread_rwlock_t *, const struct timespec *);
int sim_pthread_rwlock_timedwrlock(pthread_rwlock_t *, const struct timespec *);
int sim_pthread_rwlock_clockrdlock(pthread_rwlock_t *, clockid_t,
                                   const struct timespec *);
int sim_pthread_rwlock_clockwrlock(pthread_rwlock_t *, clockid_t,
                                   const struct timespec *);
int sim_pthread_rwlock_unlock(pthread_rwlock_t *);
int sim_pthread_spin_init(pthread_spinlock_t *, int);
int sim_pthread_spin_destroy(pthread_spinlock_t *);
int sim_pthread_spin_lock(pthread_spinlock_t *);
int sim_pthread_spin_trylock(pthread_spinlock_t *);
int sim_pthread_spin_unlock(pthread_spinlock_t *);
int sim_pthread_barrier_init(pthread_barrier_t *, const pthread_barrierattr_t *,
                             unsigned);
int sim_pthread_barrier_destroy(pthread_barrier_t *);
int sim_pthread_barrier_wait(pthread_barrier_t *);
int sim_sem_init(sem_t *, int, unsigned);
int sim_sem_destroy(sem_t *);
int sim_sem_wait(sem_t *);
int sim_sem_trywait(sem_t *);
int sim_sem_timedwait(sem_t *, const struct timespec *);
int sim_sem_clockwait(sem_t *, clockid_t, const struct timespec *);
int sim_sem_post(sem_t *);
int sim_sem_getvalue(sem_t *, int *);

int sim_nanosleep(const struct timespec *, struct timespec *);
int sim_clock_nanosleep(clockid_t, int, const struct timespec *,
                        struct timespec *);
int sim_usleep(useconds_t us);
unsigned sim_sleep(unsigned seconds);
int sim_clock_gettime(clockid_t, struct timespec *);
int sim_gettimeofday(struct timeval *, void *);
time_t sim_time(time_t *);
int sim_poll(struct pollfd *, nfds_t, int);
int sim_ppoll(struct pollfd *, nfds_t, const struct timespec *,
              const sigset_t *);
int sim_select(int, fd_set *, fd_set *, fd_set *, struct timeval *);
int sim_pselect(int, fd_set *, fd_set *, fd_set *, const struct timespec *,
                const sigset_t *);
int sim_timespec_get(struct timespec *, int base);
pid_t sim_getpid(void);
void sim_perror(const char *);
const unsigned short **sim_ctype_b_loc(void);
const int **sim_ctype_tolower_loc(void);
const int **sim_ctype_toupper_loc(void);
ssize_t sim_read(int, void *, size_t);
int sim_open(const char *path, int flags, ...);
int sim_open64(const char *path, int flags, ...);
int sim_open_2(const char *path, int flags, ...);
int sim_open64_2(const char *path, int flags, ...);
ssize_t sim_read_chk(int, void *, size_t);
int sim_poll_chk(struct pollfd *, nfds_t, int);
int sim_ppoll_chk(struct pollfd *, nfds_t, const struct timespec *,
                  const sigset_t *);
FILE *sim_fopen(const char *path, const char *mode);
FILE *sim_fopen64(const char *path, const char *mode);
int sim_rand(void);
void sim_srand(unsigned seed);
int sim_rand_r(unsigned *seed);
long sim_random(void);
void sim_srandom(unsigned seed);
ssize_t sim_getrandom(void *, size_t, unsigned);
int sim_getentropy(void *, size_t);
uint32_t sim_arc4random(void);
uint32_t sim_arc4random_uniform(uint32_t below);
void sim_arc4random_buf(void *, size_t);
double sim_drand48(void);
long sim_lrand48(void);
long sim_mrand48(void);
void sim_srand48(long seed);

int sim_mtx_init(mtx_t *, int type);
int sim_mtx_lock(mtx_t *);
int sim_mtx_unlock(mtx_t *);
void sim_mtx_destroy(mtx_t *);
int sim_cnd_wait(cnd_t *, mtx_t *);
int sim_cnd_signal(cnd_t *);
int sim_cnd_broadcast(cnd_t *);
void sim_cnd_destroy(cnd_t *);
void sim_thrd_yield(void);
thrd_t sim_thrd_current(void);
void *sim_tss_get(tss_t);
int sim_tss_set(tss_t, void *);
void sim_tss_delete(tss_t);
void sim_call_once(once_flag *, void (*body)(void));
int sim_mtx_trylock(mtx_t *);
int sim_mtx_timedlock(mtx_t *, const struct timespec *);
int sim_cnd_init(cnd_t *);
int sim_cnd_timedwait(cnd_t *, mtx_t *, const struct timespec *);
int sim_thrd_create(thrd_t *, thrd_start_t, void *);
int sim_thrd_join(thrd_t, int *);
int sim_thrd_detach(thrd_t);
_Noreturn void sim_thrd_exit(int);
int sim_thrd_sleep(const struct timespec *, struct timespec *);
int sim_tss_create(tss_t *, tss_dtor_t);

#endif
