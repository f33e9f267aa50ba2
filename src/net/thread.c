// thread.c -- see thread.h.
#define _GNU_SOURCE // pthread_setname_np
#include "thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../trace/die.h"
#include "../trace/trace.h"

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

struct member {
    struct crew *crew;
    void (*body)(void *owner, struct errand errand);
    void *owner;
    struct errand errand;
    uint64_t cause;
};

void crew_init(struct crew *crew, struct trace *trace)
{
    crew->n_threads = 0;
    crew->trace = trace;
    must(pthread_mutex_init(&crew->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&crew->gone, NULL), "pthread_cond_init");
}

void crew_enter(struct crew *crew)
{
    must(pthread_mutex_lock(&crew->mutex), "pthread_mutex_lock");
    crew->n_threads++;
    must(pthread_mutex_unlock(&crew->mutex), "pthread_mutex_unlock");
}

// Signalled under the lock: crew_end() may not free it under our feet.
void crew_leave(struct crew *crew)
{
    must(pthread_mutex_lock(&crew->mutex), "pthread_mutex_lock");
    if (--crew->n_threads == 0)
        pthread_cond_signal(&crew->gone);
    must(pthread_mutex_unlock(&crew->mutex), "pthread_mutex_unlock");
}

static void *member_main(void *argument)
{
    struct member member = *(struct member *)argument;
    struct crew *crew = member.crew;
    free(argument);
    trace_set_cause(crew->trace, member.cause);
    member.body(member.owner, member.errand);
    crew_leave(crew);
    return NULL;
}

void crew_send(struct crew *crew, const char *name,
               void (*body)(void *owner, struct errand errand), void *owner,
               struct errand errand)
{
    struct member *member = must_malloc(sizeof *member);
    *member =
        (struct member){crew, body, owner, errand, trace_cause(crew->trace)};
    crew_enter(crew);
    thread_start(name, member_main, member);
}

void crew_end(struct crew *crew)
{
    must(pthread_mutex_lock(&crew->mutex), "pthread_mutex_lock");
    while (crew->n_threads > 0)
        must(pthread_cond_wait(&crew->gone, &crew->mutex), "pthread_cond_wait");
    must(pthread_mutex_unlock(&crew->mutex), "pthread_mutex_unlock");
    pthread_cond_destroy(&crew->gone);
    pthread_mutex_destroy(&crew->mutex);
}

struct blob *blob_new(const void *bytes, size_t n)
{
    struct blob *blob = must_malloc(sizeof *blob + n);
    blob->n_users = 1;
    blob->n = blob->room = n;
    if (n > 0 && bytes != NULL)
        memcpy(blob->bytes, bytes, n);
    return blob;
}

struct blob *blob_hold(struct blob *blob)
{
    if (blob != NULL)
        blob->n_users++;
    return blob;
}

struct blob *blob_write(struct blob *blob, size_t offset, const void *bytes,
                        size_t n)
{
    if (offset > blob->n || offset + n <= blob->n)
        return blob;
    return blob_splice(blob, offset, bytes, n);
}

struct blob *blob_splice(struct blob *blob, size_t keep, const void *bytes,
                         size_t n)
{
    if (blob->n_users > 1) {
        struct blob *copy = blob_new(blob->bytes, keep);
        blob_drop(blob);
        blob = copy;
    }
    if (keep + n > blob->room) {
        blob->room = 2 * (keep + n);
        blob = must_realloc(blob, sizeof *blob + blob->room);
    }
    if (n > 0)
        memcpy(blob->bytes + keep, bytes, n);
    blob->n = keep + n;
    return blob;
}

void blob_drop(struct blob *blob)
{
    if (blob != NULL && --blob->n_users == 0)
        free(blob);
}
