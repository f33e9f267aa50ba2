// spin_locked.c -- never ends, with a lock in its hands
// expect: CPU time without blocking
#define _GNU_SOURCE
#include "hostile.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

struct raft *raft_make(const struct raft_config *config)
{
    pthread_mutex_lock(&mutex);
    for (volatile unsigned n = 0;; n++)
        continue;
    return honest_make(config);
}
