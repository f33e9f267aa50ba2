// thread.c -- see thread.h.
#define _GNU_SOURCE // pthread_setname_np
#include "thread.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "../trace/die.h"

void must(int error, const char *what)
{
    if (error != 0)
        die("%s: %s", what, strerror(error));
}

void thread_start(const char *name, void *(*body)(void *), void *argument)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, body, argument), "pthread_create");
    (void)pthread_setname_np(thread, name); // a name is only for people
    must(pthread_detach(thread), "pthread_detach");
}

uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void sleep_ms(uint64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000),
                            .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}
