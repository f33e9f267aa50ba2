// tla.c -- a trace as lines for etcd's TLA+ trace validation (Traceetcdraft).
//
// Each step of a server (tla.h) becomes the line of what it received, with the
// state before it, then what it did; a Ready line stands where its messages
// leave or its state is saved. The specification lets servers send themselves
// messages: a candidate its vote, a leader the acknowledgement of each entry.
// A message that a thread built before its server changed, but sent behind
// that, gets its line before the step that changed the server.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/causes.h"
#include "viz/draw/window.h"
#include "tla_inner.h"

// A file is cut at the first quiet place among the last QUIET lines that it
// may have; ROOM lines must be left for its last step. A list of more than
// KEPT lines is written at a quiet place. Logs of more than MOST_TERMS entries
// are no logs.
enum { QUIET = 500, ROOM = 24, KEPT = 20000, MOST_TERMS = 1 << 22 };

static void forget_places(struct tla_node *node)
{
    node->n_places = 0;
    node->tail = NULL;
    node->n_waiting = 0;
    node->busy = 0;
}

static void crash(struct viz_tla *t, int server)
{
    struct tla_node *node = &t->node[server];
    if (t->model.server[server].up && node->changed)
        tla_push_place(t, server);
    node->n_waiting = 0;
    node->busy = 0;
    node->sends = false;
    node->own_vote = 0;
}

// What a server did and had not saved when it crashed never was; a save that
// was under way may have reached the disk. What it restores tells how much.
static void settle(struct viz_tla *t, const struct trace_event *boot)
{
    struct tla_node *node = &t->node[boot->node];
    uint64_t last = boot->index + boot->n_entries;
    if (!node->changed || node->tail == NULL)
        return;
    for (size_t k = 0; k < TLA_REMEMBERED && k < node->n_places; k++) {
        const struct tla_place *place =
            &node->place[(node->n_places - 1 - k) % TLA_REMEMBERED];
        if (place->state.term == boot->term &&
            place->state.vote == boot->voted_for && place->state.last == last) {
            tla_unput(&t->lines, place->line, boot->node);
            if (place->line != node->tail)
                tla_put(&t->lines, place->line, boot->n, "Ready", boot->node,
                        &place->state, NULL);
            return;
        }
        if (place->line == node->tail)
            break;
    }
    tla_unput(&t->lines, node->tail, boot->node);
}

static void boot(struct viz_tla *t, const struct trace_event *event)
{
    int server = event->node;
    struct tla_node *node = &t->node[server];
    crash(t, server);
    settle(t, event);
    forget_places(node);
    node->changed = false;
    t->tally.n_restarts += t->model.server[server].booted;
    model_step(&t->model, event);
    memset(node->match, 0, (size_t)t->n_servers * sizeof *node->match);
    tla_say(t, "InitState", server, NULL);
}

static void remember_terms(struct viz_tla *t, const struct trace_event *event)
{
    const struct model_server *server = &t->model.server[event->node];
    if (event->index > t->n_compacted && event->index <= MOST_TERMS) {
        t->compacted = must_realloc(t->compacted,
                                    (event->index + 1) * sizeof *t->compacted);
        for (uint64_t i = t->n_compacted + 1; i <= event->index; i++)
            t->compacted[i] = model_term_at(server, i);
        t->n_compacted = event->index;
    }
}

// One event; those of a step are done at the last of them.
static void follow(struct viz_tla *t, const struct trace_event *event)
{
    t->n = event->n;
    int node = export_node(t->steps.trace, event);
    int k = t->steps.step_of[tla_in(t, t->at)];
    bool goes_on = event->kind == TRACE_SEND && node == t->burst;
    if (t->burst != TLA_NONE && !goes_on) {
        tla_release(t, t->burst);
        t->burst = TLA_NONE;
    }
    if (node < 0)
        return;
    struct tla_node *self = &t->node[node];
    const struct model_server *server = &t->model.server[node];
    size_t request = t->steps.request[tla_in(t, t->at)];
    if (k != TLA_NONE) {
        if (t->at == t->steps.step[k].last)
            tla_do(t, &t->steps.step[k], k);
        else
            self->busy = t->steps.step[k].last;
        return;
    }
    switch (event->kind) {
    case TRACE_SEND:
        if (event->ok)
            tla_duplicate(t, t->at);
        else
            tla_send(t, t->at, true);
        break;
    case TRACE_REPLY:
        if (request != SIZE_MAX && !t->steps.has_step[tla_in(t, request)] &&
            t->in_file[tla_in(t, request)] == 0)
            tla_plain_request(t, request, t->at);
        tla_release(t, node);
        break;
    case TRACE_REPLY_RECV:
        if (server->up && !t->steps.has_step[tla_in(t, t->at)])
            tla_plain_answer(t, t->at);
        break;
    case TRACE_PERSIST:
        if (server->up && self->changed && event->term == server->term &&
            event->voted_for == server->voted_for &&
            event->index == model_last_index(server))
            tla_ready(t, node);
        break;
    case TRACE_CRASH:
    case TRACE_KILL:
        crash(t, node);
        model_step(&t->model, event);
        break;
    case TRACE_BOOT:
        boot(t, event);
        break;
    case TRACE_COMPACT:
        remember_terms(t, event);
        model_step(&t->model, event);
        break;
    case TRACE_RESTART:
        model_step(&t->model, event);
        break;
    default:
        break;
    }
}

// The line of a server that lives already. The specification takes all entries
// for ones of term 1; the true terms stand beside, for a variant that asks.
static void put_known(struct viz_tla *t, int server)
{
    struct tla_state state = tla_state_of(t, server);
    uint64_t n = state.last <= MOST_TERMS ? state.last : 0;
    uint64_t *terms = must_calloc(n + 1, sizeof *terms);
    for (uint64_t i = 1; i <= n; i++)
        terms[i - 1] = tla_term_of(t, server, i);
    state.terms = n > 0 ? terms : NULL;
    t->tally.n_known += n > 0;
    tla_put(&t->lines, NULL, t->n, "InitState", server, &state, NULL);
    free(terms);
}

// The first lines of a file: every server as it is. A leader begins by
// acknowledging its own log to itself.
static void begin_file(struct viz_tla *t)
{
    t->file++;
    for (int i = 0; i < t->n_servers; i++) {
        struct tla_node *node = &t->node[i];
        forget_places(node);
        memset(node->match, 0, (size_t)t->n_servers * sizeof *node->match);
        node->sends = node->changed = false;
        node->own_vote = 0;
        if (t->model.server[i].booted)
            put_known(t, i);
    }
    for (int i = 0; i < t->n_servers; i++) {
        const struct model_server *server = &t->model.server[i];
        uint64_t last = model_last_index(server);
        if (!server->up || server->role != TRACE_LEADER || last == 0 ||
            server->match_index[i] != last)
            continue;
        struct tla_message own =
            tla_to_self("MsgAppResp", i, server->term, last);
        tla_say(t, "SendAppendEntriesResponse", i, &own);
        t->node[i].sends = true;
        tla_match_self(t, i, last);
    }
}

// Has a leader heard of entries that it has not committed yet? A file that
// begins here lacks the answers that the commit rests on.
static bool is_settled(const struct viz_tla *t)
{
    for (int i = 0; i < t->n_servers; i++) {
        const struct model_server *server = &t->model.server[i];
        for (int k = 0; k < t->n_servers; k++)
            if (server->up && server->role == TRACE_LEADER && k != i &&
                server->match_index[k] > server->commit_index)
                return false;
    }
    return true;
}

static bool is_quiet(const struct viz_tla *t)
{
    return t->steps.open[tla_in(t, t->at)] == 0;
}

// A part of a trace begins where nothing is under way, if it does before
// `end`; the best of these places is one where leaders wait for no answers.
static void begin_quietly(struct viz_tla *t, size_t end)
{
    size_t begin = t->at;
    for (int settled = 1; settled >= 0; settled--) {
        for (; t->at < end; t->at++) {
            if (is_quiet(t) && (settled == 0 || is_settled(t)))
                return;
            model_step(&t->model, &t->event[t->at]);
        }
        model_free(&t->model);
        part_before(&t->model, t->steps.trace, begin);
        t->at = begin;
    }
}

static bool is_too_large(uint64_t last, uint64_t term)
{
    return last > MOST_TERMS || term > INT32_MAX;
}

bool viz_tla_takes(const struct trace_file *trace,
                   const struct viz_window *window, char *error, size_t n)
{
    struct export_range range = export_range(trace, window);
    struct model model;
    part_before(&model, trace, range.begin);
    int node = TRACE_NONE;
    for (int i = 0; i < model.n_servers; i++)
        if (is_too_large(model_last_index(&model.server[i]),
                         model.server[i].term))
            node = i;
    for (size_t at = range.begin; at < range.end && node < 0; at++) {
        const struct trace_event *event = &trace->event[at];
        model_step(&model, event);
        if (event->kind == TRACE_BOOT &&
            is_too_large(event->index + event->n_entries, event->term))
            node = export_node(trace, event);
    }
    if (node >= 0)
        snprintf(error, n,
                 "S%d is in term %" PRIu64 " with a log up to %" PRIu64
                 ": the specification keeps every entry from 1 on, and its"
                 " numbers end at %d; take a seed whose cluster begins empty",
                 node + 1, model.server[node].term,
                 model_last_index(&model.server[node]), INT32_MAX);
    model_free(&model);
    return node < 0;
}

struct viz_tla *viz_tla_begin(const struct trace_file *trace,
                              const struct viz_window *window)
{
    struct viz_tla *t = must_calloc(1, sizeof *t);
    struct export_range range = export_range(trace, window);
    size_t n = range.end - range.begin + 1;
    t->n_servers = trace->header.n_servers;
    t->event = trace->event;
    t->burst = TLA_NONE;
    part_before(&t->model, trace, range.begin);
    tla_lines_init(&t->lines, t->n_servers);
    tla_steps_make(&t->steps, trace, range, &t->model);
    t->node = must_calloc((size_t)t->n_servers, sizeof *t->node);
    for (int i = 0; i < t->n_servers; i++) {
        t->node[i].match = must_calloc((size_t)t->n_servers, sizeof(uint64_t));
        for (int k = 0; k < TLA_REMEMBERED; k++)
            t->node[i].place[k].match =
                must_calloc((size_t)t->n_servers, sizeof(uint64_t));
    }
    t->in_file = must_calloc(n, sizeof *t->in_file);
    t->n_receipts = must_calloc(n, sizeof *t->n_receipts);
    t->match = must_calloc(n, sizeof *t->match);
    t->log_term = must_calloc(n, sizeof *t->log_term);
    t->at = range.begin;
    begin_quietly(t, range.begin + n / 2);
    t->n = t->at > 0 ? t->event[t->at - 1].n : 0;
    return t;
}

// Has a server something in memory that is not on its disk yet? The first line
// of a next file would say that it is.
static bool is_saving(const struct viz_tla *t)
{
    for (int i = 0; i < t->n_servers; i++)
        if (t->node[i].changed)
            return true;
    return false;
}

// Is this the place to end a file of about `most` lines?
static bool ends_here(const struct viz_tla *t, size_t most)
{
    size_t room = (size_t)t->n_servers * 2 + ROOM;
    size_t quiet = most / 3 < QUIET ? most / 3 : QUIET;
    if (most == 0 || t->at >= t->steps.range.end)
        return false;
    return t->lines.n + room >= most ||
           (t->lines.n + quiet >= most && is_quiet(t) && !is_saving(t) &&
            (t->lines.n + quiet / 2 >= most || is_settled(t)));
}

static void flush(struct viz_tla *t, FILE *out)
{
    t->tally.n_lines += t->lines.n;
    tla_flush(&t->lines, out);
    for (int i = 0; i < t->n_servers; i++) {
        t->node[i].n_places = 0;
        t->node[i].tail = NULL;
    }
}

bool viz_tla_next(struct viz_tla *t, size_t most, FILE *out)
{
    if (t->file > 0 && t->at >= t->steps.range.end)
        return false;
    begin_file(t);
    while (t->at < t->steps.range.end) {
        follow(t, &t->event[t->at]);
        t->at++;
        if (ends_here(t, most))
            break;
        if (most == 0 && is_quiet(t) && t->lines.n > KEPT)
            flush(t, out);
    }
    if (t->burst != TLA_NONE)
        tla_release(t, t->burst);
    t->burst = TLA_NONE;
    flush(t, out);
    return true;
}

struct viz_tla_tally viz_tla_end(struct viz_tla *t)
{
    struct viz_tla_tally tally = t->tally;
    for (int i = 0; i < t->n_servers; i++) {
        for (int k = 0; k < TLA_REMEMBERED; k++)
            free(t->node[i].place[k].match);
        free(t->node[i].match);
        free(t->node[i].waiting);
    }
    tla_steps_free(&t->steps);
    model_free(&t->model);
    free(t->node);
    free(t->in_file);
    free(t->n_receipts);
    free(t->match);
    free(t->log_term);
    free(t->compacted);
    free(t);
    return tally;
}
