// durability.c -- what a server promised is in its persister when the promise
// leaves it, and a restart finds what was persisted.
#include <inttypes.h>
#include <string.h>

#include "internal.h"

static uint64_t number(const struct trace_event *event, const char *name)
{
    uint64_t value = 0;
    trace_message_number(&event->args, name, &value);
    return value;
}

static bool is(const struct trace_event *event, const char *rpc)
{
    return event->rpc != NULL && strcmp(event->rpc, rpc) == 0;
}

static bool equals(const struct disk *one, const struct disk *two)
{
    return one->known && one->term == two->term &&
           one->voted_for == two->voted_for &&
           one->last_index == two->last_index;
}

static struct disk in_memory(const struct check *check, int node)
{
    const struct model_server *model = &check->model.server[node];
    return (struct disk){true, model->term, model_last_index(model), 0,
                         model->voted_for};
}

// A change comes: what was in memory before it may be what is being saved.
static void remember(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    if (server->n_unsaved == N_UNSAVED)
        memmove(server->unsaved, server->unsaved + 1,
                --server->n_unsaved * sizeof server->unsaved[0]);
    server->unsaved[server->n_unsaved++] = in_memory(check, event->node);
}

// A boot finds what was saved last, or what was being saved in the crash.
static bool boot(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    struct disk found = {true, event->term, event->index + event->n_entries,
                         event->n, event->voted_for};
    struct disk last = in_memory(check, event->node);
    bool good = !server->disk.known || equals(&server->disk, &found) ||
                equals(&last, &found);
    for (size_t i = 0; i < server->n_unsaved; i++)
        good |= equals(&server->unsaved[i], &found);
    if (!good)
        return check_broken(
            check, event, "restart from another state", "RV.2", TRACE_NONE,
            server->disk.event,
            "S%d started in term %" PRIu64 " with a log up to %" PRIu64
            "; it had saved term %" PRIu64 " and a log up to %" PRIu64 ".",
            event->node + 1, found.term, found.last_index, server->disk.term,
            server->disk.last_index);
    server->disk = found;
    server->n_unsaved = 0;
    return true;
}

static void persist(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    struct disk saved = {true, event->term, event->index, event->n,
                         event->voted_for};
    struct disk now = in_memory(check, event->node);
    // The word of a server that has crashed comes too late.
    if (event->inc < check->model.server[event->node].inc ||
        !check->model.server[event->node].up)
        return;
    server->disk = saved;
    size_t n_older = equals(&now, &saved) ? server->n_unsaved : 0;
    for (size_t i = 0; i < server->n_unsaved; i++)
        if (equals(&server->unsaved[i], &saved) && i + 1 > n_older)
            n_older = i + 1;
    server->n_unsaved -= n_older;
    memmove(server->unsaved, server->unsaved + n_older,
            server->n_unsaved * sizeof server->unsaved[0]);
}

static void remember_send(struct check *check, const struct trace_event *event)
{
    struct flight *flight = &check->requests[event->msg % N_FLIGHTS];
    *flight = (struct flight){.msg = event->msg,
                              .term = number(event, "term"),
                              .event = event->n,
                              .from = event->node};
    if (is(event, "AppendEntries"))
        flight->index = number(event, "prev_log_index") +
                        trace_message_entries(&event->args, NULL, 0);
}

// [C.1] A candidate's term and its own vote are saved before it asks.
static bool send(struct check *check, const struct trace_event *event)
{
    remember_send(check, event);
    struct judged *server = &check->server[event->node];
    uint64_t term = number(event, "term");
    if (is(event, "RequestVote")) {
        server->asked_term = term;
        server->asked_index = number(event, "last_log_index");
        server->asked_last_term = number(event, "last_log_term");
    }
    if (check->n_of_kind[TRACE_PERSIST] == 0 ||
        !check->model.server[event->node].up)
        return true;
    bool saved =
        server->disk.known &&
        (server->disk.term > term || (server->disk.term == term &&
                                      (!is(event, "RequestVote") ||
                                       server->disk.voted_for == event->node)));
    if (saved)
        return true;
    return check_broken(check, event, "sent before it was saved", "C.1",
                        TRACE_NONE, server->disk.event,
                        "S%d sent a %s of term %" PRIu64
                        " at %.3f s before that term%s was saved.",
                        event->node + 1, event->rpc, term,
                        (double)event->us / 1e6,
                        is(event, "RequestVote") ? " and its own vote" : "");
}

// [RV.2] [AE.4] A vote, an entry, a term that are answered for are saved.
static bool reply(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    const struct flight *request = &check->requests[event->msg % N_FLIGHTS];
    uint64_t term = number(event, "term");
    bool granted = false, success = false;
    trace_message_bool(&event->args, "vote_granted", &granted);
    trace_message_bool(&event->args, "success", &success);
    struct flight *answer = &check->replies[event->msg % N_FLIGHTS];
    *answer =
        (struct flight){event->msg, term, 0, event->n, event->node, granted};
    if (check->n_of_kind[TRACE_PERSIST] == 0 ||
        !check->model.server[event->node].up)
        return true;
    if (server->disk.term < term)
        return check_broken(check, event, "answered before it was saved",
                            "ALL.2", TRACE_NONE, server->disk.event,
                            "S%d answered in term %" PRIu64
                            " at %.3f s before that term was saved.",
                            event->node + 1, term, (double)event->us / 1e6);
    if (server->disk.term != term)
        return true;
    if (granted && server->disk.voted_for != (int)event->to)
        return check_broken(check, event, "answered before it was saved",
                            "RV.2", (int)event->to, server->disk.event,
                            "S%d gave its vote of term %" PRIu64
                            " to S%d at %.3f s before that was saved.",
                            event->node + 1, term, (int)event->to + 1,
                            (double)event->us / 1e6);
    if (success && request->msg == event->msg && request->term == term &&
        server->disk.last_index < request->index)
        return check_broken(check, event, "answered before it was saved",
                            "AE.4", (int)event->to, server->disk.event,
                            "S%d acknowledged entry %" PRIu64
                            " at %.3f s, its saved log ends at %" PRIu64 ".",
                            event->node + 1, request->index,
                            (double)event->us / 1e6, server->disk.last_index);
    return true;
}

// Votes that a candidate has heard of, for [C.2].
static void reply_recv(struct check *check, const struct trace_event *event)
{
    const struct flight *answer = &check->replies[event->msg % N_FLIGHTS];
    const struct flight *request = &check->requests[event->msg % N_FLIGHTS];
    struct judged *server = &check->server[event->node];
    if (answer->msg != event->msg || !answer->granted ||
        request->msg != event->msg)
        return;
    uint64_t term = check->model.server[event->node].term;
    if (request->term != term)
        return;
    if (server->heard_term != term) {
        server->heard_term = term;
        server->heard = 0;
    }
    server->heard |= 1ull << (answer->from % 64);
}

bool check_durability(struct check *check, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_BOOT:
        return boot(check, event);
    case TRACE_PERSIST:
        persist(check, event);
        return true;
    case TRACE_TERM:
    case TRACE_VOTE:
    case TRACE_APPEND:
    case TRACE_TRUNCATE:
    case TRACE_COMPACT:
    case TRACE_INSTALL:
        remember(check, event);
        return true;
    case TRACE_SEND:
        return send(check, event);
    case TRACE_REPLY:
        return reply(check, event);
    case TRACE_REPLY_RECV:
        reply_recv(check, event);
        return true;
    default:
        return true;
    }
}
