// cuts.c -- [AE.3] only a leader's entries cut a log, and only from the first
// that conflicts with them.
//
// A truncation is judged where it happens: among the requests that its server
// is handling at that moment must be one that justifies it. Which thread of
// the server cuts, and what else is under way, does not matter.
#include <inttypes.h>
#include <stdio.h>

#include "internal.h"

// The first entry of the log that the request's entries conflict with, or the
// entry before them where the log has another one there; 0 = none.
static uint64_t conflict(const struct check *check,
                         const struct model_server *server,
                         const struct facts *args)
{
    uint64_t last = model_last_index(server);
    if (args->index > server->snapshot_index && args->index <= last &&
        model_term_at(server, args->index) != args->index_term)
        return args->index;
    for (uint64_t i = 0; i < args->n_entries; i++) {
        uint64_t index = args->index + 1 + i;
        uint64_t term = facts_term(&check->terms, args, i);
        if (index > last)
            return 0;
        if (index > server->snapshot_index &&
            (term == 0 || model_term_at(server, index) != term))
            return index;
    }
    return 0;
}

// Also a snapshot may replace what stands in the log.
static bool justifies(const struct check *check, const struct flight *flight,
                      const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    if (flight->args.rpc == FACTS_INSTALL)
        return true;
    return flight->args.rpc == FACTS_APPEND &&
           conflict(check, server, &flight->args) == event->index;
}

// [IS.5] A snapshot's term is that of its last entry.
static bool compacted(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    uint64_t term = model_term_at(server, event->index);
    if (event->entry_term == 0 || term == 0 || event->entry_term == term ||
        event->index <= server->snapshot_index)
        return true;
    return check_broken(check, event, FINDING_COMPACTED_WITH_WRONG_TERM, "IS.5",
                        TRACE_NONE, 0,
                        "S%d cut its log behind a snapshot up to index %" PRIu64
                        " and noted term %" PRIu64
                        " for that entry, which is of term %" PRIu64 ".",
                        event->node + 1, event->index, event->entry_term, term);
}

bool check_cuts(struct check *check, const struct trace_event *event)
{
    const struct judged *judged = &check->server[event->node];
    const struct model_server *server = &check->model.server[event->node];
    const struct flight *last = NULL;
    if (event->kind == TRACE_COMPACT)
        return compacted(check, event);
    if (event->kind != TRACE_TRUNCATE || server->role == TRACE_LEADER ||
        judged->n_active == N_ACTIVE)
        return true;
    for (int i = 0; i < judged->n_active; i++) {
        const struct flight *flight = &check->flight[judged->active[i]];
        if (justifies(check, flight, event))
            return true;
        if (flight->args.rpc == FACTS_APPEND)
            last = flight;
    }
    int me = event->node + 1;
    if (last == NULL)
        return check_broken(
            check, event, FINDING_TRUNCATED_WITHOUT_MESSAGE, "AE.3", TRACE_NONE,
            0,
            "S%d truncated its log from index %" PRIu64 " (term %" PRIu64
            ") to its end at %" PRIu64
            ", but it was handling no leader's message: only a conflict with"
            " a leader's entries may truncate a log.",
            me, event->index, model_term_at(server, event->index),
            model_last_index(server));
    uint64_t first = conflict(check, server, &last->args);
    char with[60] = "does not conflict";
    if (first != 0)
        snprintf(with, sizeof with, "conflicts only from index %" PRIu64,
                 first);
    return check_broken(check, event, FINDING_TRUNCATED_WITHOUT_CONFLICT,
                        "AE.3", last->from, last->recv_n,
                        "S%d truncated its log from index %" PRIu64
                        " (term %" PRIu64 ") to its end at %" PRIu64
                        " on S%d's AppendEntries, with which it %s.",
                        me, event->index, model_term_at(server, event->index),
                        model_last_index(server), last->from + 1, with);
}
