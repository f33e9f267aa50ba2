// programs.h -- what the small programs share: see programs.c.
#ifndef GLASSRAFT_PROGRAMS_H
#define GLASSRAFT_PROGRAMS_H

#include <raft.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static inline struct timespec in_ms(clockid_t clock, int ms)
{
    uint64_t us = now_us(clock) + (uint64_t)ms * 1000;
    return (struct timespec){(time_t)(us / 1000000),
                             (long)(us % 1000000 * 1000)};
}

static inline void join(pthread_t thread)
{
    pthread_join(thread, NULL);
}

static inline void *sleep_a_while(void *result)
{
    usleep(30000);
    return result;
}

// Each gives 0, or the number of the line that was not as it should be.
#define EXPECT(that)                                                           \
    do {                                                                       \
        if (!(that))                                                           \
            return __LINE__;                                                   \
    } while (0)

// programs_more.c
int clocks_agree(void);
int seeds_are_taken(void);
int mutexes_are_left_in_any_order(void);
int semaphores_wait(void);
int wrong_joins_are_refused(void);
int conditions_have_a_clock(void);
int once_is_once(void);
int c11_threads_are_let_go(void);

#endif
