// thread.c -- see thread.h.
#define _GNU_SOURCE // pthread_setname_np
#include "thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "die.h"
#include "trace/trace.h"

void must(int error, const char *what)
{
    if (error != 0)
        die("%s: %s", what, strerror(error));
}

void mutex_init_brief(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    must(pthread_mutexattr_init(&attr), "pthread_mutexattr_init");
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
    (void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
    must(pthread_mutex_init(mutex, &attr), "pthread_mutex_init");
    pthread_mutexattr_destroy(&attr);
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
    struct member *next; // in crew->idle
    struct crew *crew;
    const char *name;
    pthread_cond_t wakes; // signalled by: crew_send with a body, crew_end
    void (*body)(void *owner, struct errand errand); // NULL: none to run
    void *owner;
    struct errand errand;
    uint64_t cause;
};

static bool reuse = true;

void crew_reuse(bool yes)
{
    reuse = yes;
}

static void lock(struct crew *crew)
{
    must(pthread_mutex_lock(&crew->mutex), "pthread_mutex_lock");
}

static void unlock(struct crew *crew)
{
    must(pthread_mutex_unlock(&crew->mutex), "pthread_mutex_unlock");
}

void crew_init(struct crew *crew, struct trace *trace)
{
    *crew = (struct crew){.trace = trace};
    mutex_init_brief(&crew->mutex);
    must(pthread_cond_init(&crew->gone, NULL), "pthread_cond_init");
}

void crew_enter(struct crew *crew)
{
    lock(crew);
    crew->n_threads++;
    unlock(crew);
}

// Signalled under the lock: crew_end() may not free it under our feet.
void crew_leave(struct crew *crew)
{
    lock(crew);
    if (--crew->n_threads == 0)
        pthread_cond_signal(&crew->gone);
    unlock(crew);
}

// Waits for another errand; false when there will be none.
static bool another(struct member *member)
{
    struct crew *crew = member->crew;
    lock(crew);
    member->next = crew->idle;
    crew->idle = member;
    while (member->body == NULL && !crew->over)
        must(pthread_cond_wait(&member->wakes, &crew->mutex),
             "pthread_cond_wait");
    bool has_body = member->body != NULL;
    struct member **at = &crew->idle;
    while (!has_body && *at != member)
        at = &(*at)->next;
    if (!has_body)
        *at = member->next;
    unlock(crew);
    return has_body;
}

static void *member_main(void *argument)
{
    struct member *member = argument;
    struct crew *crew = member->crew;
    bool goes_on = true;
    while (goes_on) {
        trace_set_cause(crew->trace, member->cause);
        member->body(member->owner, member->errand);
        member->body = NULL;
        goes_on = reuse && another(member);
    }
    if (reuse)
        pthread_cond_destroy(&member->wakes);
    free(member);
    crew_leave(crew);
    return NULL;
}

// Takes a thread out of those that wait; NULL: none of this name. Needs the
// lock.
static struct member *waiting(struct crew *crew, const char *name)
{
    for (struct member **at = &crew->idle; *at != NULL; at = &(*at)->next) {
        struct member *member = *at;
        if (strcmp(member->name, name) != 0)
            continue;
        *at = member->next;
        return member;
    }
    return NULL;
}

void crew_send(struct crew *crew, const char *name,
               void (*body)(void *owner, struct errand errand), void *owner,
               struct errand errand)
{
    struct member sent = {.crew = crew,
                          .name = name,
                          .body = body,
                          .owner = owner,
                          .errand = errand,
                          .cause = trace_cause(crew->trace)};
    lock(crew);
    struct member *member = waiting(crew, name);
    crew->n_threads += member == NULL;
    if (member != NULL) {
        member->body = body;
        member->owner = owner;
        member->errand = errand;
        member->cause = sent.cause;
        pthread_cond_signal(&member->wakes);
    }
    unlock(crew);
    if (member != NULL)
        return;
    member = must_copy(&sent, sizeof sent);
    if (reuse)
        must(pthread_cond_init(&member->wakes, NULL), "pthread_cond_init");
    thread_start(name, member_main, member);
}

void crew_end(struct crew *crew)
{
    lock(crew);
    crew->over = true;
    for (struct member *member = crew->idle; member != NULL;
         member = member->next)
        pthread_cond_signal(&member->wakes);
    while (crew->n_threads > 0)
        must(pthread_cond_wait(&crew->gone, &crew->mutex), "pthread_cond_wait");
    unlock(crew);
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
