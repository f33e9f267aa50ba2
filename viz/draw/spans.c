// spans.c -- see spans.h.
#include "spans.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"
#include "replay/model.h"

struct state {
    struct spans *spans;
    struct model model;
    bool *cut;       // [from * n_servers + to]
    bool *unplugged; // [server]
};

// ---------------------------------------------------------------- the network

static void set_cut(struct state *s, int from, int to, bool cut)
{
    int n = s->spans->n_servers;
    if (from >= 0 && from < n && to >= 0 && to < n)
        s->cut[from * n + to] = cut;
}

static void network(struct state *s, const struct trace_event *event)
{
    int n = s->spans->n_servers;
    if (event->kind == TRACE_LINK)
        set_cut(s, trace_endpoint(event->from), trace_endpoint(event->to),
                !event->ok);
    bool splits = event->kind == TRACE_PARTITION;
    for (int i = 0; (splits || event->kind == TRACE_HEAL) && i < n * n; i++)
        s->cut[i] = splits && s->model.server[i / n].group !=
                                  s->model.server[i % n].group;
    if ((event->kind == TRACE_CONNECT || event->kind == TRACE_DISCONNECT) &&
        event->node >= 0 && event->node < n)
        s->unplugged[event->node] = event->kind == TRACE_DISCONNECT;
}

static bool awake(const struct state *s, int server)
{
    const struct model_server *m = &s->model.server[server];
    return m->up && !m->paused && !s->unplugged[server];
}

static bool leads(const struct state *s, int server)
{
    int n = s->spans->n_servers, n_reached = 0;
    if (s->model.server[server].role != TRACE_LEADER ||
        !s->model.server[server].up || s->model.server[server].paused)
        return false;
    for (int peer = 0; peer < n; peer++)
        n_reached += peer == server ||
                     (awake(s, server) && awake(s, peer) &&
                      !s->cut[server * n + peer] && !s->cut[peer * n + server]);
    return 2 * n_reached > n;
}

// ---------------------------------------------------------------- the spans

// Opens a span; one without length gives way to the next.
static void open_span(struct life *life, struct span span)
{
    struct span *last = life->n > 0 ? &life->span[life->n - 1] : NULL;
    if (last != NULL)
        last->to_us = span.from_us;
    if (last != NULL && last->from_us == span.from_us) {
        *last = span;
        return;
    }
    life->span =
        must_grow(life->span, life->n, &life->room, sizeof *life->span);
    life->span[life->n++] = span;
}

static struct span span_of(const struct state *s, int server,
                           const struct trace_event *event)
{
    const struct model_server *m = &s->model.server[server];
    return (struct span){.from_us = event->us,
                         .to_us = event->us,
                         .n = event->n,
                         .term = m->term,
                         .role = m->role,
                         .there = model_appeared(m),
                         .up = m->up,
                         .paused = m->paused,
                         .unplugged = s->unplugged[server],
                         .group = s->model.partitioned ? m->group : TRACE_NONE};
}

static bool look_alike(const struct span *a, const struct span *b)
{
    return a->term == b->term && a->role == b->role && a->up == b->up &&
           a->there == b->there && a->paused == b->paused &&
           a->unplugged == b->unplugged && a->group == b->group;
}

static void note_server(struct state *s, int server,
                        const struct trace_event *event)
{
    struct life *life = &s->spans->server[server];
    struct span now = span_of(s, server, event);
    if (life->n == 0 || !look_alike(&life->span[life->n - 1], &now))
        open_span(life, now);
}

static void note_reign(struct state *s, uint64_t us)
{
    struct spans *spans = s->spans;
    struct reign now = {us, us, 0, TRACE_NONE};
    for (int i = 0; i < spans->n_servers; i++)
        if (leads(s, i) &&
            (now.leader == TRACE_NONE || s->model.server[i].term > now.term)) {
            now.leader = i;
            now.term = s->model.server[i].term;
        }
    struct reign *last =
        spans->n_reigns > 0 ? &spans->reign[spans->n_reigns - 1] : NULL;
    if (last != NULL && last->leader == now.leader && last->term == now.term)
        return;
    if (last != NULL) {
        last->to_us = us;
        if (last->from_us == us) {
            *last = now;
            return;
        }
    }
    spans->reign = must_grow(spans->reign, spans->n_reigns, &spans->reign_room,
                             sizeof *spans->reign);
    spans->reign[spans->n_reigns++] = now;
}

static bool changes_lives(const struct trace_event *event)
{
    return (SPANS_KINDS >> event->kind & 1) != 0;
}

// ---------------------------------------------------------------- the window

// Position where the harness begins to stop all servers for good.
static size_t find_end(const struct trace_file *trace)
{
    size_t end = trace->n_events;
    bool down[TRACE_MAX_SERVERS] = {false};
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        unsigned node = (unsigned)event->node % TRACE_MAX_SERVERS;
        if (event->kind == TRACE_CRASH)
            down[node] = true;
        else if (event->kind == TRACE_RESTART || event->kind == TRACE_BOOT) {
            down[node] = false;
            end = trace->n_events;
        } else if (event->kind == TRACE_KILL && !down[node] &&
                   end == trace->n_events)
            end = i;
    }
    return end;
}

static void choose_window(struct spans *spans, const struct trace_file *trace,
                          const struct viz_window *window)
{
    spans->end = find_end(trace);
    if (window->first > 0)
        while (spans->begin < spans->end &&
               trace->event[spans->begin].n < window->first)
            spans->begin++;
    if (window->last > 0)
        while (spans->end > spans->begin &&
               trace->event[spans->end - 1].n > window->last)
            spans->end--;
    bool empty = spans->begin >= spans->end;
    spans->from_us =
        window->first == 0 || empty ? 0 : trace->event[spans->begin].us;
    size_t last = spans->end < trace->n_events && window->last == 0
                      ? spans->end
                      : spans->end - 1;
    spans->to_us = empty ? spans->from_us : trace->event[last].us;
    if (window->from_us > 0)
        spans->from_us = window->from_us;
    if (window->to_us > 0)
        spans->to_us = window->to_us;
}

void spans_make(struct spans *spans, const struct trace_file *trace,
                const struct viz_window *window)
{
    size_t n = (size_t)trace->header.n_servers;
    *spans = (struct spans){.n_servers = (int)n};
    spans->server = must_calloc(n + 1, sizeof *spans->server);
    choose_window(spans, trace, window);
    struct state s = {.spans = spans,
                      .cut = must_calloc(n * n + 1, sizeof *s.cut),
                      .unplugged = must_calloc(n + 1, sizeof *s.unplugged)};
    model_init(&s.model, (int)n);
    struct trace_event opening = {.us = spans->from_us};
    for (size_t i = 0; i <= spans->end; i++) {
        // The state that the window begins with is in force from its edge on.
        if (i == spans->begin) {
            opening.n = window->first;
            for (size_t server = 0; server < n; server++)
                note_server(&s, (int)server, &opening);
            note_reign(&s, opening.us);
        }
        const struct trace_event *event = &trace->event[i];
        if (i == spans->end || !changes_lives(event))
            continue;
        model_step(&s.model, event);
        network(&s, event);
        if (i < spans->begin)
            continue;
        bool all = event->kind == TRACE_PARTITION || event->kind == TRACE_HEAL;
        for (int server = 0; server < (int)n; server++)
            if (all || event->node == server)
                note_server(&s, server, event);
        note_reign(&s, event->us);
    }
    for (size_t server = 0; server < n; server++) {
        struct life *life = &spans->server[server];
        if (life->n > 0)
            life->span[life->n - 1].to_us = spans->to_us;
    }
    if (spans->n_reigns > 0)
        spans->reign[spans->n_reigns - 1].to_us = spans->to_us;
    model_free(&s.model);
    free(s.cut);
    free(s.unplugged);
}

void spans_free(struct spans *spans)
{
    for (int i = 0; i < spans->n_servers; i++)
        free(spans->server[i].span);
    free(spans->server);
    free(spans->reign);
}

uint64_t spans_leaderless_us(const struct spans *spans)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < spans->n_reigns; i++)
        if (spans->reign[i].leader == TRACE_NONE)
            sum += spans->reign[i].to_us - spans->reign[i].from_us;
    return sum;
}
