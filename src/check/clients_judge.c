// clients_judge.c -- what clients saw as a history, and its verdict.
#include "clients.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

// ------------------------------------------------------------------ verdict

// What never happened is no part of the history. False.
static bool history_of(const struct clients_operation *op,
                       struct linear_operation *out)
{
    enum linear_kind kind = clients_kind(op->call);
    bool back = op->return_n != 0;
    bool ok = back && strcmp(op->result, "ok") == 0;
    bool refused = back && strcmp(op->result, "refused") == 0;
    if ((back && strcmp(op->result, "failed") == 0) ||
        (refused && kind != LINEAR_CAS))
        return false;
    *out = (struct linear_operation){.client = op->client,
                                     .kind = kind,
                                     .outcome = ok        ? LINEAR_DONE
                                                : refused ? LINEAR_REFUSED
                                                          : LINEAR_OPEN,
                                     .key = op->key,
                                     .value = kind == LINEAR_GET ? op->answer
                                                                 : op->value,
                                     .expected = op->expected,
                                     .called = op->invoke_n,
                                     .returned = op->return_n,
                                     .called_us = op->invoke_us,
                                     .returned_us = op->return_us};
    return true;
}

void clients_judge(const struct clients *clients, uint64_t budget,
                   struct clients_verdict *verdict)
{
    size_t n = clients->n_operations;
    *verdict = (struct clients_verdict){.budget = budget};
    verdict->history = must_calloc(n + 1, sizeof *verdict->history);
    verdict->source = must_calloc(n + 1, sizeof *verdict->source);
    for (size_t i = 0; i < n; i++)
        if (history_of(&clients->operation[i], &verdict->history[verdict->n]))
            verdict->source[verdict->n++] = i;
    linear_check(verdict->history, verdict->n, budget, &verdict->linear);
    linear_explain(verdict->history, verdict->n, &verdict->linear);
    if (verdict->linear.result == LINEAR_ILLEGAL)
        clients_explain(clients, verdict);
}

// Where a session's request that changes something happened, there alone; all
// others wherever it was applied.
static bool is_place(const struct clients *clients,
                     const struct clients_operation *op,
                     const struct clients_entry *done, uint64_t told)
{
    bool anywhere = op->session == 0 || clients_kind(op->call) == LINEAR_GET;
    bool found = done->index == told;
    for (size_t i = op->first_entry; anywhere && i != CLIENTS_NONE;
         i = clients->entry[i].next)
        found |=
            clients->entry[i].index == told && clients->entry[i].applied_n != 0;
    return found;
}

// ", where C2's put b=1 was applied": another operation at the index; "".
static const char *whose(const struct clients *clients, uint64_t index,
                         char text[240])
{
    char name[200];
    text[0] = '\0';
    if (index < clients->applied_room && clients->applied[index].n != 0 &&
        clients->applied[index].entry != CLIENTS_NONE)
        snprintf(
            text, 240, ", where %s was applied",
            clients_name(
                &clients->operation
                     [clients->entry[clients->applied[index].entry].operation],
                name, sizeof name));
    return text;
}

bool clients_misplaced(const struct clients *clients, char *text, size_t room,
                       uint64_t events[2])
{
    for (size_t i = 0; i < clients->n_operations; i++) {
        const struct clients_operation *op = &clients->operation[i];
        const struct clients_answer *answer = clients_answer_of(clients, op);
        const struct clients_entry *done = clients_entry_of(clients, op), *own;
        char name[200], its[240];
        // Of a retry, KV.5 says more; and it may have been done unseen.
        if (op->n_sent != 1 || op->n_entries != 1)
            continue;
        if (answer == NULL || done == NULL || !answer->tells || answer->undone)
            continue;
        own = clients_own_entry(clients, answer);
        if (own == NULL || own->index > answer->handed ||
            is_place(clients, op, done, answer->told))
            continue;
        snprintf(text, room,
                 "S%d's reply to %s has index %" PRIu64
                 "%s. That request was applied at index %" PRIu64 ".",
                 answer->server + 1, clients_name(op, name, sizeof name),
                 answer->told, whose(clients, answer->told, its), done->index);
        events[0] = answer->n;
        events[1] = done->applied_n;
        return true;
    }
    return false;
}

void clients_clear(struct clients_verdict *verdict)
{
    linear_clear(&verdict->linear);
    free(verdict->history);
    free(verdict->source);
    *verdict = (struct clients_verdict){.n = 0};
}
