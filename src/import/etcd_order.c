// etcd_order.c -- see etcd_log.h: the order of lines, and messages under way.
//
// Messages have no numbers: a receipt belongs to a sending that says the same.
// Of several, to the newest that is under way.
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "etcd_log.h"

static bool same(const struct etcd_message *a, const struct etcd_message *b)
{
    return a->type == b->type && a->from == b->from && a->to == b->to &&
           a->term == b->term && a->index == b->index &&
           a->log_term == b->log_term && a->entries == b->entries &&
           a->commit == b->commit && a->reject == b->reject;
}

static size_t bucket_of(const struct etcd *e, const struct etcd_message *m)
{
    uint64_t parts[] = {m->type,    (uint64_t)m->from, (uint64_t)m->to,
                        m->term,    m->index,          m->log_term,
                        m->entries, m->commit,         m->reject};
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash & (e->n_buckets - 1);
}

struct etcd_flight *etcd_flight(struct etcd *e, const struct etcd_message *m)
{
    size_t at = bucket_of(e, m);
    e->flight =
        must_grow(e->flight, e->n_flights, &e->room_flights, sizeof *e->flight);
    e->flight[e->n_flights] =
        (struct etcd_flight){.message = *m, .before = e->bucket[at]};
    e->bucket[at] = ++e->n_flights;
    e->to_come[at] -= e->to_come[at] > 0;
    return &e->flight[e->n_flights - 1];
}

// The place that holds the newest flight under way that says the same.
static size_t *find(const struct etcd *e, const struct etcd_message *m)
{
    size_t *at = &e->bucket[bucket_of(e, m)];
    while (*at > 0 && !same(&e->flight[*at - 1].message, m))
        at = &e->flight[*at - 1].before;
    return at;
}

size_t etcd_arrives(struct etcd *e, const struct etcd_message *m)
{
    size_t *at = find(e, m), found = *at;
    if (found == 0)
        return SIZE_MAX;
    *at = e->flight[found - 1].before;
    e->arrived[bucket_of(e, m)] = found;
    return found - 1;
}

size_t etcd_last_received(const struct etcd *e, const struct etcd_message *m)
{
    size_t at = e->arrived[bucket_of(e, m)];
    return at > 0 && same(&e->flight[at - 1].message, m) ? at - 1 : SIZE_MAX;
}

// ------------------------------------------------------------------- begin

static bool begins(enum etcd_name name)
{
    return name == ETCD_INIT || name == ETCD_BOOTSTRAP ||
           name == ETCD_OTHER_ROLE || name == ETCD_CONF;
}

// Links each server's lines; what it begins with is one line, the last.
static void link_lines(struct etcd *e)
{
    size_t *last = must_calloc((size_t)e->file.n_servers + 1, sizeof *last);
    for (size_t i = 0; i < e->file.n; i++) {
        struct etcd_line *line = &e->file.line[i];
        struct etcd_server *s = &e->server[line->node];
        size_t before = last[line->node];
        line->next = SIZE_MAX;
        if (before == 0 ||
            (s->next == before - 1 && line->name != ETCD_INIT &&
             begins(line->name) && begins(e->file.line[before - 1].name) &&
             line->role == TRACE_FOLLOWER))
            s->next = i;
        else
            e->file.line[before - 1].next = i;
        last[line->node] = i + 1;
    }
    free(last);
}

// Entries of unknown terms: of a log that is older than its server's account.
static void look_at_begins(struct etcd *e)
{
    for (int i = 0; i < e->file.n_servers; i++) {
        const struct etcd_server *s = &e->server[i];
        if (s->next == SIZE_MAX)
            continue;
        const struct etcd_line *line = &e->file.line[s->next];
        if (line->last > 0 && line->terms == NULL && line->term != 1 &&
            !e->tally->no_logs) {
            e->tally->no_logs = true;
            e->tally->no_logs_at = line->number;
        }
    }
}

// Does the cluster stay what it is? The first line behind what a server begins
// with shows it; all later ones must show the same, and all servers.
static void look_at_members(struct etcd *e)
{
    const struct etcd_conf *first = NULL;
    for (int i = 0; i < e->file.n_servers; i++) {
        size_t begin = e->server[i].next;
        size_t at = begin != SIZE_MAX ? e->file.line[begin].next : SIZE_MAX;
        for (; at != SIZE_MAX; at = e->file.line[at].next) {
            const struct etcd_conf *conf = &e->file.conf[e->file.line[at].conf];
            if (e->file.line[at].name == ETCD_INIT)
                continue; // a restart reads it from its log
            if (first == NULL)
                first = conf;
            e->tally->members |= conf != first;
        }
    }
    for (int i = 0; first != NULL && i < e->file.n_servers; i++)
        e->tally->members |= !first->now[i] || first->old[i];
}

void etcd_prepare(struct etcd *e)
{
    e->server = must_calloc((size_t)e->file.n_servers + 1, sizeof *e->server);
    for (int i = 0; i < e->file.n_servers; i++) {
        e->server[i].next = e->server[i].receipt = SIZE_MAX;
        e->server[i].vote = TRACE_NONE;
        e->server[i].conf = -1;
    }
    for (e->n_buckets = 1024; e->n_buckets < e->file.n;)
        e->n_buckets *= 2;
    e->bucket = must_calloc(e->n_buckets, sizeof *e->bucket);
    e->to_come = must_calloc(e->n_buckets, sizeof *e->to_come);
    e->arrived = must_calloc(e->n_buckets, sizeof *e->arrived);
    for (size_t i = 0; i < e->file.n; i++) {
        const struct etcd_message *m = &e->file.line[i].message;
        if (e->file.line[i].name != ETCD_SEND)
            continue;
        e->to_come[bucket_of(e, m)]++;
        e->answers |= m->type == ETCD_APPEND_ANSWER && m->from != m->to;
    }
    link_lines(e);
    look_at_begins(e);
    look_at_members(e);
}

void etcd_finish(struct etcd *e)
{
    for (int i = 0; i < e->file.n_servers; i++)
        free(e->server[i].terms);
    free(e->server);
    free(e->flight);
    free(e->run);
    free(e->bucket);
    free(e->to_come);
    free(e->arrived);
}

// ------------------------------------------------------------------- order

static bool waits(const struct etcd *e, const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    return line->name == ETCD_RECEIVE && m->from != m->to &&
           e->to_come[bucket_of(e, m)] > 0 && *find(e, m) == 0;
}

// A line that waits comes when nothing else can: its sending stands behind it.
size_t etcd_next(struct etcd *e)
{
    int best = TRACE_NONE;
    bool best_waits = false;
    for (int i = 0; i < e->file.n_servers; i++) {
        size_t at = e->server[i].next;
        if (at == SIZE_MAX)
            continue;
        const struct etcd_line *line = &e->file.line[at];
        size_t now = best != TRACE_NONE ? e->server[best].next : 0;
        bool later = best != TRACE_NONE &&
                     (line->us > e->file.line[now].us ||
                      (line->us == e->file.line[now].us && at > now));
        if (best != TRACE_NONE && !best_waits && later)
            continue;
        bool waiting = waits(e, line);
        if (best == TRACE_NONE || (best_waits && !waiting) ||
            (best_waits == waiting && !later)) {
            best = i;
            best_waits = waiting;
        }
    }
    if (best == TRACE_NONE)
        return SIZE_MAX;
    size_t at = e->server[best].next;
    e->server[best].next = e->file.line[at].next;
    return at;
}
