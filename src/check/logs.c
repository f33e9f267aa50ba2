// logs.c -- what the changes of a log, a commit and an application rest on, in
// events.
#include <string.h>

#include "base/die.h"
#include "record.h"

static void make_room(struct recorded *server, uint64_t index)
{
    if (index < server->room)
        return;
    size_t old = server->room, room = (size_t)index + old + 64;
    uint64_t **of[] = {&server->copy, &server->commit, &server->gone,
                       &server->gone_term};
    for (int i = 0; i < 4; i++) {
        *of[i] = must_realloc(*of[i], room * sizeof(uint64_t));
        memset(*of[i] + old, 0, (room - old) * sizeof(uint64_t));
    }
    server->room = room;
}

// A log so far beyond what the trace has shown has no events behind it.
static bool keeps(const struct now *now, uint64_t index)
{
    return index < 64 * (now->book->at + 1024);
}

uint64_t record_copy(const struct now *now, int server, uint64_t index)
{
    const struct recorded *of = &now->book->server[server];
    uint64_t copy = index < of->room ? of->copy[index] : 0;
    return index > 0 && index <= of->covered && copy < of->covered_by
               ? of->covered_by
               : copy;
}

uint64_t record_commit(const struct now *now, uint64_t index)
{
    const struct recorded *of = now->server;
    uint64_t n = index < of->room ? of->commit[index] : 0;
    return n > of->boot ? n : 0; // commit_index does not outlive a life
}

uint64_t record_gone(const struct now *now, int server, uint64_t index,
                     uint64_t term)
{
    const struct recorded *of = &now->book->server[server];
    return index < of->room && of->gone_term[index] == term ? of->gone[index]
                                                            : 0;
}

static void stored(const struct now *now, uint64_t first, uint64_t n)
{
    struct recorded *server = now->server;
    if (n == 0 || !keeps(now, first + n))
        return;
    make_room(server, first + n);
    for (uint64_t i = first; i < first + n; i++)
        server->copy[i] = now->event->n;
    server->end = first + n;
}

// A snapshot stands for the entries up to index.
static void covered(const struct now *now, uint64_t index)
{
    now->server->covered = index;
    now->server->covered_by = now->event->n;
}

static void lost(const struct now *now, uint64_t first)
{
    struct recorded *server = now->server;
    for (uint64_t i = first; i < server->end; i++) {
        if (server->copy[i] != 0) {
            server->gone[i] = now->event->n;
            server->gone_term[i] = model_term_at(now->model, i);
        }
        server->copy[i] = 0;
    }
    server->end = first < server->end ? first : server->end;
}

static void committed(const struct now *now)
{
    uint64_t to = now->event->to;
    if (!keeps(now, to))
        return;
    make_room(now->server, to);
    while (to > now->event->from && record_commit(now, to) == 0)
        now->server->commit[to--] = now->event->n;
}

static void appended(const struct now *now)
{
    const struct trace_event *event = now->event;
    uint64_t last = event->index + event->n_entries - (event->n_entries > 0);
    if (now->origin != NULL && now->origin->root_kind == TRACE_START) {
        rests_near(now, now->origin->root);
        rests_near(now, now->server->role);
    } else if (now->flight != NULL && now->asker != NULL) {
        uint64_t copy = record_copy(now, now->flight->from, last);
        bool had = copy > 0 && copy < now->flight->sent_n;
        rests_near(now, had ? copy : 0);
        if (!had || copy < now->asker->led)
            rests_near(now, now->asker->led);
        if (now->server->cut > 0 && now->server->cut_msg == now->flight->msg)
            rests_near(now, now->server->cut);
    }
    stored(now, event->index, event->n_entries);
}

static void cut(const struct now *now)
{
    const struct trace_event *event = now->event;
    struct recorded *of = now->server;
    rests_near(now, now->asker != NULL ? now->asker->led : 0);
    rests_near(now, record_copy(now, event->node, event->index));
    if (event->index <= now->model->commit_index)
        rests_far(now, record_commit(now, event->index));
    of->cut = event->n;
    of->cut_msg = now->flight != NULL ? now->flight->msg : 0;
    lost(now, event->index);
}

// A leader's commit: whose answers the judge has counted, and their copies.
static void counted(const struct now *now)
{
    const struct trace_event *event = now->event;
    const struct judged *judged = &now->check->server[event->node];
    struct evidence *of = &now->book->of[now->book->at];
    struct recorded *server = now->server;
    const uint64_t *told = now->check->n_of_kind;
    of->known = told[TRACE_SEND] > 0 && told[TRACE_REPLY] > 0 &&
                now->check->told.fields;
    for (int peer = 0; peer < now->book->n_servers; peer++) {
        uint64_t copy = record_copy(now, peer, event->to);
        if (peer == event->node) {
            record_member(now, peer);
            rests_near(now, copy);
            rests_near(now, copy < server->led ? server->led : 0);
        } else if (judged->view[peer].acked >= event->to) {
            record_member(now, peer);
            bool before = copy > 0 && copy < server->acks[peer];
            rests_near(now, before ? copy : server->acks[peer]);
        }
    }
    server->commit_n = event->n;
    server->commit_to = event->to;
}

static void moved_commit(const struct now *now)
{
    const struct trace_event *event = now->event;
    if (now->model->role == TRACE_LEADER)
        counted(now);
    else {
        rests_near(now, record_copy(now, event->node, event->to));
        if (now->asker != NULL)
            rests_near(now, now->asker->commit > 0 ? now->asker->commit
                                                   : now->asker->led);
    }
    committed(now);
}

static void applied(const struct now *now)
{
    const struct trace_event *event = now->event;
    const struct recorded *of = now->server;
    rests_near(now, record_commit(now, event->index));
    rests_far(now, record_copy(now, event->node, event->index));
    if (!event->ok && event->index != now->model->last_applied + 1)
        rests_near(now, of->applied);
    now->server->applied = event->n;
}

static void installed(const struct now *now)
{
    const struct trace_event *event = now->event;
    if (now->asker != NULL) {
        rests_far(now, now->asker->compact);
        rests_near(now, now->asker->led);
    }
    rests_near(now, record_copy(now, event->node, event->index));
    if (model_term_at(now->model, event->index) != event->entry_term)
        lost(now, now->model->snapshot_index + 1);
    covered(now, event->index);
    now->server->compacted = event->n;
}

void record_boot(const struct now *now)
{
    const struct trace_event *event = now->event;
    struct recorded *of = now->server;
    uint64_t last = event->index + event->n_entries;
    rests_near(now, of->saved);
    rests_near(now, of->crashed);
    lost(now, last + 1);
    stored(now, event->index + 1, event->n_entries);
    covered(now, event->index);
    of->boot = event->n;
    of->role = event->n;
    of->term = of->led = of->n_stood = of->commit_n = 0;
    of->vote = event->voted_for >= 0 ? event->n : 0;
    of->vote_term = event->term;
    of->leader = TRACE_NONE;
    of->heard_us = of->stepped_down_us = 0;
}

void record_log(const struct now *now)
{
    const struct trace_event *event = now->event;
    switch (event->kind) {
    case TRACE_APPEND:
        appended(now);
        break;
    case TRACE_TRUNCATE:
        cut(now);
        break;
    case TRACE_COMMIT:
        moved_commit(now);
        break;
    case TRACE_APPLY:
        applied(now);
        break;
    case TRACE_INSTALL:
        installed(now);
        break;
    case TRACE_COMPACT:
        rests_near(now, record_commit(now, event->index));
        if (event->index < now->model->snapshot_index)
            rests_near(now, now->server->compacted); // the newer one
        else
            now->server->compacted = event->n;
        break;
    case TRACE_MATCH:
    case TRACE_NEXT:
        rests_near(now, now->by_answer ? now->book->of[now->book->at].answer
                                       : now->server->role);
        break;
    default:
        break;
    }
}
