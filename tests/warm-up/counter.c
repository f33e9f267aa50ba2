// counter.c -- a counter that many threads use at once.
#include "harness/warmup.h"

#include <pthread.h>
#include <stdlib.h>

#include "history.h"
#include "wire/stub.h"
#include "base/thread.h"
#include "base/die.h"

struct counter {
    struct warmup_config config; // fixed after birth
    struct history *history;     // has a lock of its own, taken after ours

    pthread_mutex_t mutex;  // guards everything below
    pthread_cond_t changed; // broadcast by add() and counter_kill()
    uint64_t value;
    bool killed;
};

struct counter *counter_make(const struct warmup_config *config)
{
    struct counter *counter = must_calloc(1, sizeof *counter);
    counter->config = *config;
    counter->history = history_new();
    must(pthread_mutex_init(&counter->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&counter->changed, NULL), "pthread_cond_init");
    return counter;
}

void counter_kill(struct counter *counter)
{
    pthread_mutex_lock(&counter->mutex);
    counter->killed = true;
    pthread_cond_broadcast(&counter->changed);
    pthread_mutex_unlock(&counter->mutex);
}

void counter_free(struct counter *counter)
{
    history_free(counter->history);
    pthread_cond_destroy(&counter->changed);
    pthread_mutex_destroy(&counter->mutex);
    free(counter);
}

// Counter.Add: value and history move together, under one hold of the lock.
static bool add(struct counter *counter, const struct add_args *args,
                struct add_reply *reply)
{
    pthread_mutex_lock(&counter->mutex);
    bool alive = !counter->killed;
    if (alive) {
        uint64_t value = counter->value + args->amount;
        history_append(counter->history, args->amount);
        counter->value = value;
        reply->value = value;
        pthread_cond_broadcast(&counter->changed);
    }
    pthread_mutex_unlock(&counter->mutex);
    return alive;
}

// Counter.Get
static bool get(struct counter *counter, const struct get_args *args,
                struct get_reply *reply)
{
    pthread_mutex_lock(&counter->mutex);
    while (counter->value < args->at_least && !counter->killed)
        pthread_cond_wait(&counter->changed, &counter->mutex);
    bool alive = !counter->killed;
    reply->value = counter->value;
    pthread_mutex_unlock(&counter->mutex);
    return alive;
}

// Counter.Audit: the counter's lock first, then the history's, as in add().
static bool audit(struct counter *counter, struct audit_reply *reply)
{
    pthread_mutex_lock(&counter->mutex);
    bool alive = !counter->killed;
    reply->value = counter->value;
    reply->sum = history_sum(counter->history);
    pthread_mutex_unlock(&counter->mutex);
    return alive;
}

// Hands a call to the function that answers it; args and reply are structs by
// now. False: no answer.
static bool answer(void *self, const struct message_rpc *rpc, const void *args,
                   void *reply)
{
    struct counter *counter = self;
    if (rpc == &warmup_rpcs[RPC_ADD])
        return add(counter, args, reply);
    if (rpc == &warmup_rpcs[RPC_GET])
        return get(counter, args, reply);
    if (rpc == &warmup_rpcs[RPC_AUDIT])
        return audit(counter, reply);
    return false;
}

bool counter_handle(struct counter *counter, const char *method,
                    const uint8_t *args, size_t n_args, uint8_t **reply,
                    size_t *n_reply)
{
    return stub_serve(warmup_rpcs, answer, counter, method, args, n_args, reply,
                      n_reply);
}
