// tla_steps.c -- see tla.h.
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/causes.h"
#include "tla.h"

// What is known of a server on the way through the trace.
struct server {
    bool up;
    int inc;
    int step;    // under way; TLA_NONE
    size_t root; // the latest receipt, timeout or start
};

static bool is_root(enum trace_kind kind)
{
    return kind == TRACE_RECV || kind == TRACE_REPLY_RECV ||
           kind == TRACE_TIMEOUT || kind == TRACE_START;
}

static bool is_change(enum trace_kind kind)
{
    switch (kind) {
    case TRACE_ROLE:
    case TRACE_TERM:
    case TRACE_VOTE:
    case TRACE_APPEND:
    case TRACE_TRUNCATE:
    case TRACE_MATCH:
    case TRACE_COMMIT:
    case TRACE_INSTALL:
    case TRACE_REFUSE:
        return true;
    default:
        return false;
    }
}

// The root of a change: by `cause`, from change to change of the same server;
// a trace that does not name causes means its latest receipt.
static size_t find_root(const struct trace_file *trace, size_t at,
                        size_t latest)
{
    const struct trace_event *event = &trace->event[at];
    if (event->cause == 0)
        return latest;
    for (size_t i = at; trace->event[i].cause > 0;) {
        uint64_t n = trace->event[i].cause;
        size_t cause = causes_position(trace, n);
        if (cause >= i || trace->event[cause].n != n ||
            trace->event[cause].node != event->node)
            return SIZE_MAX;
        if (is_root(trace->event[cause].kind))
            return cause;
        i = cause;
    }
    return SIZE_MAX;
}

static void add_change(struct tla_steps *steps, struct server *server,
                       size_t at)
{
    const struct trace_file *trace = steps->trace;
    size_t root = find_root(trace, at, server->root);
    if (server->step == TLA_NONE || steps->step[server->step].root != root) {
        steps->step = must_grow(steps->step, steps->n_steps, &steps->room,
                                sizeof *steps->step);
        server->step = (int)steps->n_steps++;
        steps->step[server->step] = (struct tla_step){
            .node = trace->event[at].node, .first = at, .root = root};
    }
    steps->step[server->step].last = at;
    steps->step_of[at - steps->range.begin] = server->step;
    if (root != SIZE_MAX && root >= steps->range.begin)
        steps->has_step[root - steps->range.begin] = true;
}

// The receipt that a reply answers.
static size_t find_request(const struct tla_steps *steps, size_t at)
{
    const struct trace_event *event = steps->trace->event, *reply = &event[at];
    size_t named = causes_position(steps->trace, reply->cause);
    if (reply->cause > 0 && named < at && event[named].n == reply->cause &&
        event[named].kind == TRACE_RECV)
        return named >= steps->range.begin ? named : SIZE_MAX;
    for (size_t i = at; i > steps->range.begin; i--)
        if (event[i - 1].kind == TRACE_RECV && event[i - 1].msg == reply->msg &&
            event[i - 1].node == reply->node)
            return i - 1;
    return SIZE_MAX;
}

static void walk(struct tla_steps *steps, struct server *servers)
{
    for (size_t at = steps->range.begin; at < steps->range.end; at++) {
        const struct trace_event *event = &steps->trace->event[at];
        int node = export_node(steps->trace, event);
        if (node < 0)
            continue;
        struct server *server = &servers[node];
        if (event->kind == TRACE_BOOT)
            *server = (struct server){true, event->inc, TLA_NONE, SIZE_MAX};
        // A killed server may still speak; nobody hears it.
        if (!server->up || event->inc != server->inc)
            continue;
        if (event->kind == TRACE_CRASH || event->kind == TRACE_KILL)
            server->up = false;
        // What is saved is whole: no handler has the lock in the middle.
        if (event->kind == TRACE_PERSIST)
            server->step = TLA_NONE;
        if (is_root(event->kind))
            server->root = at;
        if (is_change(event->kind))
            add_change(steps, server, at);
        if (event->kind == TRACE_REPLY)
            steps->request[at - steps->range.begin] = find_request(steps, at);
    }
}

// Marks what is under way behind the event at `from` (SIZE_MAX: from before
// the range) until that at `to`.
static void mark(struct tla_steps *steps, size_t from, size_t to)
{
    size_t begin = steps->range.begin;
    if (to < begin || (from != SIZE_MAX && to <= from))
        return;
    size_t first = from == SIZE_MAX || from < begin ? 0 : from + 1 - begin;
    steps->open[first]++;
    steps->open[to + 1 - begin]--;
}

size_t tla_original(const struct tla_steps *steps, size_t sent)
{
    const struct trace_event *event = steps->trace->event;
    for (size_t at = sent; at > steps->range.begin; at--)
        if (event[at - 1].kind == TRACE_SEND &&
            event[at - 1].msg == event[sent].msg)
            return at - 1;
    return SIZE_MAX;
}

// The request has a step somewhere, at its receipt or at that of its answer.
static void mark_sending(struct tla_steps *steps, size_t received)
{
    size_t begin = steps->range.begin;
    size_t sent = causes_sending(steps->trace, received);
    bool answer = steps->trace->event[received].kind == TRACE_REPLY_RECV;
    if (answer && sent != SIZE_MAX && sent >= begin) {
        size_t request = steps->request[sent - begin];
        sent = request != SIZE_MAX ? causes_sending(steps->trace, request)
                                   : SIZE_MAX;
    }
    if (sent == SIZE_MAX || sent < begin)
        return;
    steps->has_step[sent - begin] = true;
    size_t original =
        steps->trace->event[sent].ok ? tla_original(steps, sent) : SIZE_MAX;
    if (original != SIZE_MAX)
        steps->has_step[original - begin] = true;
}

// A candidacy that wins is under way: its votes are counted.
static void mark_candidacies(struct tla_steps *steps)
{
    size_t since[TRACE_MAX_SERVERS];
    for (int i = 0; i < TRACE_MAX_SERVERS; i++)
        since[i] = SIZE_MAX;
    for (size_t at = steps->range.begin; at < steps->range.end; at++) {
        const struct trace_event *event = &steps->trace->event[at];
        int node = export_node(steps->trace, event);
        if (node < 0 || event->kind != TRACE_ROLE)
            continue;
        if (event->to_role == TRACE_LEADER)
            mark(steps, since[node], at);
        since[node] = at;
    }
}

// Where what is sent there was made: a RequestVote belongs to the candidacy,
// and may leave when that is over.
static size_t made(const struct trace_file *trace, size_t sent)
{
    const struct trace_event *event =
        sent != SIZE_MAX ? &trace->event[sent] : NULL;
    if (event == NULL || event->kind != TRACE_SEND || event->cause == 0 ||
        event->rpc == NULL || strcmp(event->rpc, "RequestVote") != 0)
        return sent;
    return causes_position(trace, event->cause);
}

// A place is quiet when no message that arrives is on its way there and no
// step is half done.
static void find_quiet(struct tla_steps *steps)
{
    mark_candidacies(steps);
    const struct trace_file *trace = steps->trace;
    size_t begin = steps->range.begin, n = steps->range.end - begin;
    for (size_t i = 0; i < steps->n_steps; i++) {
        const struct tla_step *step = &steps->step[i];
        mark(steps, step->first, step->last);
        if (step->root == SIZE_MAX)
            continue;
        mark(steps, step->root, step->last);
        enum trace_kind kind = trace->event[step->root].kind;
        if (kind == TRACE_RECV || kind == TRACE_REPLY_RECV)
            mark(steps, causes_sending(trace, step->root), step->last);
    }
    for (size_t at = begin; at < steps->range.end; at++) {
        enum trace_kind kind = trace->event[at].kind;
        size_t request = steps->request[at - begin];
        if (kind == TRACE_RECV || kind == TRACE_REPLY_RECV) {
            size_t sent = causes_sending(trace, at);
            mark(steps, made(trace, sent), at);
            if (sent != SIZE_MAX && sent >= begin)
                steps->arrives[sent - begin] = true;
            if (steps->has_step[at - begin])
                mark_sending(steps, at);
        }
        if (kind == TRACE_REPLY)
            mark(steps, request, at);
    }
    for (size_t i = 1; i <= n; i++)
        steps->open[i] += steps->open[i - 1];
}

void tla_steps_make(struct tla_steps *steps, const struct trace_file *trace,
                    struct export_range range, const struct model *before)
{
    size_t n = range.end - range.begin;
    *steps = (struct tla_steps){.trace = trace, .range = range};
    steps->step_of = must_calloc(n + 1, sizeof *steps->step_of);
    steps->has_step = must_calloc(n + 1, sizeof *steps->has_step);
    steps->arrives = must_calloc(n + 1, sizeof *steps->arrives);
    steps->open = must_calloc(n + 2, sizeof *steps->open);
    steps->request = must_calloc(n + 1, sizeof *steps->request);
    for (size_t i = 0; i < n; i++) {
        steps->step_of[i] = TLA_NONE;
        steps->request[i] = SIZE_MAX;
    }
    struct server servers[TRACE_MAX_SERVERS];
    for (int i = 0; i < before->n_servers; i++)
        servers[i] = (struct server){before->server[i].up,
                                     before->server[i].inc, TLA_NONE, SIZE_MAX};
    walk(steps, servers);
    find_quiet(steps);
}

void tla_steps_free(struct tla_steps *steps)
{
    free(steps->step);
    free(steps->step_of);
    free(steps->has_step);
    free(steps->arrives);
    free(steps->open);
    free(steps->request);
}
