// asked.c -- what clients asked and were answered, and whether one machine
// could have answered so.
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

static enum linear_kind linear_kind_of(enum kv_kind kind)
{
    return kind == KV_GET      ? LINEAR_GET
           : kind == KV_PUT    ? LINEAR_PUT
           : kind == KV_APPEND ? LINEAR_APPEND
                               : LINEAR_CAS;
}

static char *copy(const char *text)
{
    return text != NULL ? must_copy(text, strlen(text) + 1) : NULL;
}

static struct linear_operation linear_of(const struct asked *asked)
{
    return (struct linear_operation){
        .client = asked->client,
        .kind = linear_kind_of(asked->kind),
        .outcome = asked->outcome,
        .key = asked->key,
        .value = asked->kind == KV_GET ? asked->answer : asked->value,
        .expected = asked->expected,
        .called = asked->called,
        .returned = asked->returned,
        .called_us = asked->called_us,
        .returned_us = asked->returned_us};
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
    asked->called = ++clients->n_events;
    asked->called_us = lab_now_us(clients->lab);
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
        if (asked->kind == KV_GET) {
            asked->answer = must_malloc(reply->value.n + 1);
            if (reply->value.n > 0)
                memcpy(asked->answer, reply->value.at, reply->value.n);
            asked->answer[reply->value.n] = '\0';
        }
        asked->returned = ++clients->n_events;
        asked->returned_us = lab_now_us(clients->lab);
        asked->took_ms = now_ms() - asked->begin_ms;
        clients->n_answered++;
        struct trace_operation operation = traced(asked);
        trace_return(clients->lab->trace, &operation,
                     reply->status == KV_REFUSED ? "refused" : "ok",
                     asked->answer, reply->index);
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

bool asked_is_waiting(struct lab_clients *clients, char *words, size_t n)
{
    pthread_mutex_lock(&clients->mutex);
    const struct asked *asked = clients->first;
    while (asked != NULL && (asked->over || !asked->by_clerk))
        asked = asked->next;
    if (asked != NULL) {
        char text[120];
        struct linear_operation op = linear_of(asked);
        snprintf(words, n, "C%d's %s", asked->client,
                 linear_words(&op, text, sizeof text));
    }
    pthread_mutex_unlock(&clients->mutex);
    return asked != NULL;
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

const char *asked_value(const struct asked *asked)
{
    return asked->answer;
}

bool asked_done(const struct asked *asked)
{
    return asked->outcome == LINEAR_DONE;
}

// ------------------------------------------------------------------ the judge

static struct linear_operation *history_of(struct lab_clients *clients,
                                           size_t *n)
{
    struct linear_operation *op = must_calloc(clients->n_asked + 1, sizeof *op);
    *n = 0;
    for (const struct asked *a = clients->first; a != NULL; a = a->next)
        op[(*n)++] = linear_of(a);
    return op;
}

// The checker follows the same operations as events, and tells more: how a
// wrong answer came about.
static void ask_the_checker(struct lab *lab)
{
    const struct check_finding *found = check_clients(lab->check, 0);
    if (found != NULL && finding_is(found->property, FINDING_NOT_DECIDED))
        lab_run_not_set_up(lab, found->text);
    if (found != NULL)
        lab_run_breaks(lab);
}

void lab_clients_judge(struct lab *lab)
{
    struct linear_verdict verdict;
    char text[500];
    size_t n;
    if (lab->clients == NULL)
        return;
    if (lab->check != NULL) {
        ask_the_checker(lab);
        return;
    }
    // Late answers change nothing any more.
    pthread_mutex_lock(&lab->clients->mutex);
    struct linear_operation *op = history_of(lab->clients, &n);
    pthread_mutex_unlock(&lab->clients->mutex);
    enum linear_result result = linear_check(op, n, 0, &verdict);
    if (result == LINEAR_ILLEGAL)
        linear_explain(op, n, &verdict);
    snprintf(text, sizeof text, "%s", verdict.text);
    uint64_t looked_at = verdict.n_configurations;
    linear_clear(&verdict);
    free(op);
    if (result == LINEAR_ILLEGAL)
        lab_run_fails(lab, FINDING_LINEARIZABILITY, "", text);
    if (result == LINEAR_UNDECIDED)
        lab_not_set_up(lab,
                       "the history of %zu operations was not decided within"
                       " %" PRIu64 " configurations",
                       n, looked_at);
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
