// etcd_log.c -- see etcd_log.h: logs and their terms.
#include "etcd_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

bool etcd_spend(struct etcd *e, uint64_t n)
{
    if (n > IMPORT_ENTRIES || e->n_spent + n > IMPORT_ENTRIES)
        e->spent = true;
    else
        e->n_spent += n;
    return !e->spent;
}

void etcd_append_all(struct etcd *e, struct etcd_server *s,
                     const uint64_t *terms, size_t n)
{
    if (!etcd_spend(e, n))
        return;
    if (s->n + n > s->room) {
        s->room = 2 * (s->n + n);
        s->terms = must_realloc(s->terms, s->room * sizeof *s->terms);
    }
    if (n > 0)
        memcpy(s->terms + s->n, terms, n * sizeof *terms);
    s->n += n;
}

void etcd_append_run(struct etcd *e, struct etcd_server *s, uint64_t n,
                     uint64_t term)
{
    for (uint64_t i = 0; i < n && !e->spent; i++)
        etcd_append_all(e, s, &term, 1);
}

char *etcd_entries(struct etcd *e, const struct etcd_server *s, uint64_t after,
                   uint64_t n)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = must_stream(&text, &size);
    fputc('[', out);
    for (uint64_t i = after; i < after + n && etcd_spend(e, 1); i++)
        fprintf(out, "%s{\"term\":%" PRIu64 ",\"command\":\"\",\"bytes\":0}",
                i > after ? "," : "", s->terms[i]);
    fputc(']', out);
    fclose(out);
    return text;
}

// --------------------------------------------------- what messages carry

static void add_run(struct etcd *e, struct etcd_flight *flight, uint64_t term)
{
    struct etcd_run *last = flight->n_runs > 0 ? &e->run[e->n_runs - 1] : NULL;
    if (last != NULL && last->term == term) {
        last->n++;
        return;
    }
    e->run = must_grow(e->run, e->n_runs, &e->room_runs, sizeof *e->run);
    e->run[e->n_runs++] = (struct etcd_run){1, term};
    flight->n_runs++;
}

void etcd_take_terms(struct etcd *e, const struct etcd_server *s,
                     struct etcd_flight *flight)
{
    const struct etcd_message *m = &flight->message;
    flight->known = m->type != ETCD_APPEND && m->type != ETCD_SNAPSHOT;
    flight->first_run = e->n_runs;
    if (flight->known || e->tally->no_logs || !s->log_known)
        return;
    if (m->type == ETCD_SNAPSHOT) {
        flight->known = m->entries > 0 && m->entries <= s->n;
        if (flight->known)
            add_run(e, flight, s->terms[m->entries - 1]);
    } else {
        flight->known =
            m->index + m->entries <= s->n &&
            (m->index == 0 || s->terms[m->index - 1] == m->log_term);
        for (uint64_t i = 0; flight->known && i < m->entries; i++)
            add_run(e, flight, s->terms[m->index + i]);
    }
    flight->run = &e->run[flight->first_run];
}

// ----------------------------------------------------------------- changes

static void tell_append(struct etcd *e, struct etcd_server *s,
                        const struct etcd_line *line, uint64_t after)
{
    char *entries = etcd_entries(e, s, after, s->n - after);
    uint64_t n = account_tell(
        &e->account, line->us, line->node, s->inc, "append", s->root,
        "\"index\":%" PRIu64 ",\"entries\":%s", after + 1, entries);
    if (s->root == 0)
        s->root = n;
    free(entries);
}

static void tell_truncate(struct etcd *e, struct etcd_server *s,
                          const struct etcd_line *line, uint64_t last)
{
    account_tell(&e->account, line->us, line->node, s->inc, "truncate", s->root,
                 "\"index\":%" PRIu64, last + 1);
    s->n = last;
}

// [AE.3] and [AE.4]: the log after the entries of a request were stored.
// Figures out where the two differ; SIZE_MAX when they do not.
static uint64_t first_new(const struct etcd *e, const struct etcd_server *s,
                          const struct etcd_flight *flight)
{
    uint64_t at = flight->message.index;
    for (size_t r = 0; r < flight->n_runs; r++) {
        const struct etcd_run *run = &e->run[flight->first_run + r];
        for (uint64_t i = 0; i < run->n; i++, at++)
            if (at >= s->n || s->terms[at] != run->term)
                return at;
    }
    return SIZE_MAX;
}

static void store(struct etcd *e, struct etcd_server *s,
                  const struct etcd_line *line,
                  const struct etcd_flight *flight)
{
    uint64_t after = first_new(e, s, flight);
    if (after == SIZE_MAX)
        return;
    if (after < s->n)
        tell_truncate(e, s, line, after);
    uint64_t at = flight->message.index;
    for (size_t r = 0; r < flight->n_runs; r++) {
        const struct etcd_run *run = &e->run[flight->first_run + r];
        uint64_t known = after > at ? after - at : 0;
        if (known < run->n)
            etcd_append_run(e, s, run->n - known, run->term);
        at += run->n;
    }
    if (!e->spent)
        tell_append(e, s, line, after);
}

// The request that the server handles, if its entries can be stored.
static const struct etcd_flight *at_hand(const struct etcd *e,
                                         const struct etcd_server *s)
{
    const struct etcd_flight *flight =
        s->receipt != SIZE_MAX ? &e->flight[s->receipt] : NULL;
    bool can = flight != NULL && flight->known && s->log_known &&
               !e->tally->no_logs && !flight->answered;
    return can ? flight : NULL;
}

void etcd_accept(struct etcd *e, struct etcd_server *s,
                 const struct etcd_line *line)
{
    const struct etcd_flight *flight = at_hand(e, s);
    const struct etcd_message *asked = flight != NULL ? &flight->message : NULL;
    // A request from before its commit index is answered and not stored.
    if (asked != NULL && asked->type == ETCD_APPEND &&
        asked->from == line->message.to && asked->index <= s->n &&
        asked->index + asked->entries == line->message.index &&
        asked->index >= s->commit)
        store(e, s, line, flight);
}

// As long as the log is after the request at hand was stored.
static uint64_t length_after(const struct etcd *e, const struct etcd_server *s,
                             const struct etcd_flight *flight)
{
    const struct etcd_message *m = &flight->message;
    return first_new(e, s, flight) == SIZE_MAX ? s->n : m->index + m->entries;
}

static bool show_received(struct etcd *e, struct etcd_server *s,
                          const struct etcd_line *line)
{
    const struct etcd_flight *flight = at_hand(e, s);
    const struct etcd_message *m = flight != NULL ? &flight->message : NULL;
    if (m == NULL)
        return false;
    if (m->type == ETCD_APPEND && m->index <= s->n &&
        length_after(e, s, flight) == line->last) {
        store(e, s, line, flight);
        return true;
    }
    if (m->type != ETCD_SNAPSHOT || m->entries != line->last)
        return false;
    uint64_t term = e->run[flight->first_run].term;
    account_tell(&e->account, line->us, line->node, s->inc, "install", s->root,
                 "\"last_included_index\":%" PRIu64
                 ",\"last_included_term\":%" PRIu64,
                 m->entries, term);
    // Its commit index is at least there.
    s->commit = s->commit < m->entries ? m->entries : s->commit;
    s->applied = s->applied < m->entries ? m->entries : s->applied;
    const struct etcd_server *leader = &e->server[m->from];
    s->n = 0;
    s->log_known = leader->log_known && leader->n >= m->entries;
    if (s->log_known)
        etcd_append_all(e, s, leader->terms, m->entries);
    return true;
}

bool etcd_show_log(struct etcd *e, struct etcd_server *s,
                   const struct etcd_line *line)
{
    if (e->tally->no_logs || !s->log_known || line->last == s->n ||
        show_received(e, s, line))
        return true;
    // What is left is as it was, unless the request at hand had other entries.
    const struct etcd_flight *flight = at_hand(e, s);
    bool other = flight != NULL && flight->message.type == ETCD_APPEND &&
                 first_new(e, s, flight) != SIZE_MAX;
    if (line->last < s->n && !other) {
        tell_truncate(e, s, line, line->last);
        return true;
    }
    if (line->role == TRACE_LEADER) {
        uint64_t after = s->n;
        etcd_append_run(e, s, line->last - s->n, line->term);
        if (!e->spent)
            tell_append(e, s, line, after);
        return true;
    }
    s->log_known = false;
    return false;
}

bool etcd_is_vague(const struct etcd *e, const struct etcd_server *s)
{
    const struct etcd_flight *flight = at_hand(e, s);
    const struct etcd_message *m = flight != NULL ? &flight->message : NULL;
    return !e->answers && m != NULL && m->type == ETCD_APPEND &&
           m->term == s->term && m->index <= s->n &&
           first_new(e, s, flight) != SIZE_MAX && m->index + m->entries == s->n;
}
