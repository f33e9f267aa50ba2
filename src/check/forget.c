// forget.c -- the checker's memory grows with the logs, not with the run.
#include "reach.h"

#include <string.h>

enum { FORGET_EVERY = 1024 }; // indexes

static uint64_t covered_by_all(const struct check *check)
{
    uint64_t index = UINT64_MAX;
    for (int i = 0; i < check->model.n_servers; i++)
        if (check->model.server[i].snapshot_index < index)
            index = check->model.server[i].snapshot_index;
    return index;
}

void check_forget(struct check *check, const struct trace_event *event)
{
    if (event->kind != TRACE_COMPACT && event->kind != TRACE_INSTALL)
        return;
    uint64_t index = covered_by_all(check);
    if (index < check->forgotten + FORGET_EVERY)
        return;
    check->forgotten = index;
    table_forget(&check->entries, index + 1);
    table_forget(&check->sent, index + 1);
    table_forget(&check->committed, index + 1);
    table_forget(&check->applied, index + 2); // its key is index + 1
    table_forget(&check->reach->entries, index + 1);
    table_forget(&check->reach->others, index + 1);
    table_forget(&check->reach->old, index + 1);
    size_t n = 0;
    while (n < check->n_terms && check->last_of_term[n].index <= index)
        n++;
    if (n == 0)
        return;
    check->n_terms -= n;
    memmove(check->last_of_term, check->last_of_term + n,
            check->n_terms * sizeof *check->last_of_term);
}
