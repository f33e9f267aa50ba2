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

uint64_t history_sum(struct history *history)
{
    uint64_t sum = 0;
    pthread_mutex_lock(&history->mutex);
    for (size_t i = 0; i < history->n; i++)
        sum += history->amount[i];
    pthread_mutex_unlock(&history->mutex);
    return sum;
}
