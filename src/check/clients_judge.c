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

void clients_clear(struct clients_verdict *verdict)
{
    linear_clear(&verdict->linear);
    free(verdict->history);
    free(verdict->source);
    *verdict = (struct clients_verdict){.n = 0};
}
