// history.c -- see history.h.
#include "history.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/thread.h"
#include "base/die.h"

struct history {
    pthread_mutex_t mutex; // guards everything below
    uint64_t *amount;
    size_t n, room;
};

struct history *history_new(void)
{
    struct history *history = must_calloc(1, sizeof *history);
    must(pthread_mutex_init(&history->mutex, NULL), "pthread_mutex_init");
    return history;
}

void history_free(struct history *history)
{
    pthread_mutex_destroy(&history->mutex);
    free(history->amount);
    free(history);
}

void history_append(struct history *history, uint64_t amount)
{
    pthread_mutex_lock(&history->mutex);
    if (history->n == history->room) {
        history->room = 2 * history->room + 16;
        history->amount = must_realloc(history->amount,
                                       history->room * sizeof *history->amount);
    }
    history->amount[history->n++] = amount;
    pthread_mutex_unlock(&history->mutex);
}

// While the history is locked nothing is added: value and sum belong together.
void history_audit(struct history *history, struct counter *counter,
                   uint64_t *sum, uint64_t *value)
{
    pthread_mutex_lock(&history->mutex);
    *sum = 0;
    for (size_t i = 0; i < history->n; i++)
        *sum += history->amount[i];
    *value = counter_value(counter);
    pthread_mutex_unlock(&history->mutex);
}
