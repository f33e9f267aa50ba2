// asked.c -- what clients asked and were answered: told to the trace, where it
// is judged.
#include "clients_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static const char *call_of(enum kv_kind kind)
{
    switch (kind) {
    case KV_GET:
        return "get";
    case KV_PUT:
        return "put";
    case KV_APPEND:
        return "append";
    default:
        return "cas";
    }
}

static char *copy(const char *text)
{
    return text != NULL ? must_copy(text, strlen(text) + 1) : NULL;
}

static struct trace_operation traced(const struct asked *asked)
{
    return (struct trace_operation){.client = (uint64_t)asked->client,
                                    .number = asked->number,
                                    .call = call_of(asked->kind),
                                    .key = asked->key,
                                    .value = asked->value,
                                    .expected = asked->expected};
}

struct asked *asked_begin(struct lab_clients *clients, int client,
                          enum kv_kind kind, const char *key, const char *value,
                          const char *expected)
{
    struct trace *trace = clients->lab->trace;
    struct asked *asked = must_calloc(1, sizeof *asked);
    asked->client = client;
    asked->kind = kind;
    asked->key = copy(key);
    asked->value = copy(value);
    asked->expected = copy(expected);
    asked->begin_ms = now_ms();
    pthread_mutex_lock(&clients->mutex);
    asked->number = ++clients->n_asked;
    if (clients->last == NULL)
        clients->last = &clients->first;
    *clients->last = asked;
    clients->last = &asked->next;
    struct trace_operation operation = traced(asked);
    trace_invoke(trace, &operation);
    asked->event = trace_cause(trace);
    pthread_mutex_unlock(&clients->mutex);
    return asked;
}

void asked_end(struct lab_clients *clients, struct asked *asked,
               const struct kv_reply *reply)
{
    pthread_mutex_lock(&clients->mutex);
    if (!asked->over) {
        asked->over = true;
        asked->outcome =
            reply->status == KV_REFUSED ? LINEAR_REFUSED : LINEAR_DONE;
        bool refused = asked->outcome == LINEAR_REFUSED;
        if (asked->kind == KV_GET || refused) {
            asked->answer = must_malloc(reply->value.n + 1);
            if (reply->value.n > 0)
                memcpy(asked->answer, reply->value.at, reply->value.n);
            asked->answer[reply->value.n] = '\0';
        }
        asked->took_ms = now_ms() - asked->begin_ms;
        clients->n_answered++;
        struct trace_operation operation = traced(asked);
        trace_return(clients->lab->trace, &operation,
                     refused ? "refused" : "ok", refused ? NULL : asked->answer,
                     reply->index);
    }
    pthread_mutex_unlock(&clients->mutex);
}

void asked_give_up(struct lab_clients *clients, struct asked *asked, bool dead)
{
    pthread_mutex_lock(&clients->mutex);
    asked->over = true;
    struct trace_operation operation = traced(asked);
    if (!dead)
        trace_return(clients->lab->trace, &operation, "unknown", NULL, 0);
    else
        trace_set_cause(clients->lab->trace, 0);
    pthread_mutex_unlock(&clients->mutex);
}

const struct asked *asked_waiting(struct lab_clients *clients)
{
    pthread_mutex_lock(&clients->mutex);
    const struct asked *asked = clients->first;
    while (asked != NULL && (asked->over || asked->by_clerk == NULL))
        asked = asked->next;
    pthread_mutex_unlock(&clients->mutex);
    return asked;
}

void asked_name(const struct asked *asked, char *words, size_t n)
{
    snprintf(words, n, "C%d's %s of %s", asked->client, call_of(asked->kind),
             asked->key);
}

int lab_n_answered(struct lab *lab)
{
    pthread_mutex_lock(&lab->clients->mutex);
    int n = lab->clients->n_answered;
    pthread_mutex_unlock(&lab->clients->mutex);
    return n;
}

uint64_t lab_longest_ms(struct lab *lab, uint64_t since_ms)
{
    uint64_t longest = 0;
    pthread_mutex_lock(&lab->clients->mutex);
    for (const struct asked *a = lab->clients->first; a != NULL; a = a->next)
        if (a->begin_ms >= since_ms && a->over && a->took_ms > longest)
            longest = a->took_ms;
    pthread_mutex_unlock(&lab->clients->mutex);
    return longest;
}

enum kv_kind asked_kind(const struct asked *asked)
{
    return asked->kind;
}

const char *asked_value(const struct asked *asked)
{
    return asked->answer;
}

bool asked_done(const struct asked *asked)
{
    return asked->outcome == LINEAR_DONE;
}

void lab_clients_judge(struct lab *lab)
{
    const struct check_finding *found =
        lab->check != NULL ? check_clients(lab->check, 0) : NULL;
    // That the search gave up says nothing of the submission.
    if (found != NULL && finding_is(found->property, FINDING_NOT_DECIDED))
        lab_run_not_set_up(lab, found->text);
    if (found != NULL)
        lab_run_breaks(lab);
}

void asked_free(struct lab_clients *clients)
{
    for (struct asked *a = clients->first, *next; a != NULL; a = next) {
        next = a->next;
        free(a->key);
        free(a->value);
        free(a->expected);
        free(a->answer);
        free(a);
    }
}
