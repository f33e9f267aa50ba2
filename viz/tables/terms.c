// terms.c -- a table of terms: candidates, votes, winner, entries, end.
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/die.h"
#include "replay/model.h"
#include "viz/draw/words.h"

#define BIT(kind) (UINT64_C(1) << (kind))

const uint64_t viz_terms_kinds =
    BIT(TRACE_BOOT) | BIT(TRACE_ROLE) | BIT(TRACE_TERM) | BIT(TRACE_VOTE) |
    BIT(TRACE_APPEND) | BIT(TRACE_TRUNCATE) | BIT(TRACE_COMMIT) |
    BIT(TRACE_COMPACT) | BIT(TRACE_INSTALL) | BIT(TRACE_KILL) |
    BIT(TRACE_CRASH) | BIT(TRACE_RESTART);

enum { WHY = 64 };

struct candidate {
    int server;
    uint64_t us;
    bool *voter; // [server]
    int n_votes;
};

struct term {
    uint64_t term, began_us, began_n;
    struct candidate *candidate;
    size_t n_candidates;
    int winner, second; // TRACE_NONE; a second one breaks Election Safety
    uint64_t elected_us, ended_us;
    uint64_t n_appended, n_committed;
    char why[WHY]; // it ended; "" when it did not
};

struct terms {
    struct model model;
    int n_servers;
    struct term *term; // by number
    size_t n, room;
    uint64_t committed; // highest commit_index so far
    uint64_t last_n;
};

// ----------------------------------------------------------------- gathering

static struct term *find(struct terms *t, uint64_t number,
                         const struct trace_event *event)
{
    size_t at = t->n;
    while (at > 0 && t->term[at - 1].term > number)
        at--;
    if (at > 0 && t->term[at - 1].term == number)
        return &t->term[at - 1];
    t->term = must_grow(t->term, t->n, &t->room, sizeof *t->term);
    memmove(&t->term[at + 1], &t->term[at], (t->n - at) * sizeof *t->term);
    t->n++;
    t->term[at] = (struct term){.term = number,
                                .began_us = event->us,
                                .began_n = event->n,
                                .winner = TRACE_NONE,
                                .second = TRACE_NONE};
    return &t->term[at];
}

static struct candidate *stand(struct terms *t, struct term *term, int server,
                               uint64_t us)
{
    for (size_t i = 0; i < term->n_candidates; i++)
        if (term->candidate[i].server == server)
            return &term->candidate[i];
    term->candidate = must_realloc(
        term->candidate, (term->n_candidates + 1) * sizeof *term->candidate);
    struct candidate *c = &term->candidate[term->n_candidates++];
    *c = (struct candidate){server, us,
                            must_calloc((size_t)t->n_servers + 1, 1), 0};
    return c;
}

static void vote(struct terms *t, const struct trace_event *event)
{
    if (event->voted_for < 0 || event->voted_for >= t->n_servers)
        return;
    struct term *term = find(t, event->term, event);
    struct candidate *c = stand(t, term, event->voted_for, event->us);
    c->n_votes += !c->voter[event->node];
    c->voter[event->node] = true;
}

__attribute__((format(printf, 3, 4))) static void
end(struct term *term, uint64_t us, const char *format, ...)
{
    va_list args;
    if (term->why[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(term->why, sizeof term->why, format, args);
    va_end(args);
    say_harmless(term->why);
    term->ended_us = us;
}

static void role(struct terms *t, const struct trace_event *event)
{
    struct term *term = find(t, event->term, event);
    if (event->to_role == TRACE_CANDIDATE)
        stand(t, term, event->node, event->us);
    if (event->to_role == TRACE_LEADER) {
        if (term->winner == TRACE_NONE) {
            term->winner = event->node;
            term->elected_us = event->us;
        } else if (term->winner != event->node)
            term->second = event->node;
    }
}

// The term that a server led before this event takes that away, if any.
static struct term *led_by(struct terms *t, const struct trace_event *event)
{
    const struct model_server *s = &t->model.server[event->node];
    for (size_t i = t->n; s->role == TRACE_LEADER && i > 0; i--)
        if (t->term[i - 1].winner == event->node)
            return &t->term[i - 1];
    return NULL;
}

static void leave(struct terms *t, const struct trace_event *event)
{
    struct term *term = led_by(t, event);
    if (term == NULL || term->winner != event->node)
        return;
    if (event->kind == TRACE_CRASH)
        end(term, event->us, "S%d crashed", event->node + 1);
    else if (event->kind == TRACE_KILL)
        end(term, event->us, "the run was over");
    else if (event->kind == TRACE_TERM)
        end(term, event->us, "S%d saw term %" PRIu64, event->node + 1,
            event->to);
    else if (event->kind == TRACE_ROLE && event->to_role != TRACE_LEADER)
        end(term, event->us, "S%d stepped down: %.40s", event->node + 1,
            event->why != NULL ? event->why : "no reason given");
}

static void commit(struct terms *t, const struct trace_event *event)
{
    const struct model_server *s = &t->model.server[event->node];
    // Entries that this server does not have are of no term that we know.
    uint64_t index = t->committed > 0 ? t->committed : event->from;
    uint64_t last = model_last_index(s);
    if (index < s->snapshot_index)
        index = s->snapshot_index - 1;
    while (++index <= event->to && index <= last) {
        uint64_t number = model_term_at(s, index);
        if (number == 0)
            continue;
        find(t, number, event)->n_committed++;
    }
    if (event->to > t->committed)
        t->committed = event->to;
}

static void append(struct terms *t, const struct trace_event *event)
{
    const struct model_server *s = &t->model.server[event->node];
    for (size_t i = 0; s->role == TRACE_LEADER && i < event->n_entries; i++)
        if (event->entries[i].term == s->term)
            find(t, s->term, event)->n_appended++;
}

static void step(struct terms *t, const struct trace_event *event)
{
    bool network = event->kind >= TRACE_SEND && event->kind <= TRACE_DROP;
    bool ours = event->node >= 0 && event->node < t->n_servers;
    if (network)
        return;
    if (ours)
        leave(t, event);
    if (ours && event->kind == TRACE_TERM)
        find(t, event->to, event);
    if (ours && event->kind == TRACE_VOTE)
        vote(t, event);
    if (ours && event->kind == TRACE_ROLE)
        role(t, event);
    if (ours && event->kind == TRACE_COMMIT)
        commit(t, event);
    if (ours && event->kind == TRACE_APPEND)
        append(t, event);
    model_step(&t->model, event);
}

// Adds to "S1 saw term 2" whose term that was, when it was not its own.
static void tell_whose(const struct terms *t, struct term *term)
{
    int server;
    uint64_t seen;
    if (sscanf(term->why, "S%d saw term %" SCNu64, &server, &seen) != 2)
        return;
    for (size_t i = 0; i < t->n; i++) {
        size_t n = strlen(term->why);
        if (t->term[i].term == seen && t->term[i].n_candidates > 0)
            snprintf(term->why + n, sizeof term->why - n, " of S%d",
                     t->term[i].candidate[0].server + 1);
    }
}

// Terms without a leader end where the next begins.
static void end_all(struct terms *t)
{
    for (size_t i = 0; i + 1 < t->n; i++) {
        struct term *term = &t->term[i];
        int most = 0;
        for (size_t k = 0; k < term->n_candidates; k++)
            if (term->candidate[k].n_votes > most)
                most = term->candidate[k].n_votes;
        tell_whose(t, term);
        if (term->winner != TRACE_NONE)
            continue;
        if (2 * most > t->n_servers)
            end(term, term[1].began_us, "a majority's votes came late or not");
        else if (term->n_candidates > 0)
            end(term, term[1].began_us, "nobody got %d of %d votes",
                t->n_servers / 2 + 1, t->n_servers);
        else
            end(term, term[1].began_us, "nobody stood");
    }
}

// ------------------------------------------------------------------ printing

static void candidates(const struct term *term, char *out, size_t n)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < term->n_candidates && at < n; i++)
        at += (size_t)snprintf(out + at, n - at, "%sS%d %d", i > 0 ? ", " : "",
                               term->candidate[i].server + 1,
                               term->candidate[i].n_votes);
    if (term->n_candidates == 0)
        snprintf(out, n, "-");
}

static void winner(const struct term *term, char out[40])
{
    if (term->winner == TRACE_NONE)
        snprintf(out, 40, "-");
    else if (term->second == TRACE_NONE)
        snprintf(out, 40, "S%d", term->winner + 1);
    else
        snprintf(out, 40, "S%d AND S%d", term->winner + 1, term->second + 1);
}

static void milliseconds(bool known, uint64_t us, char out[40])
{
    if (known)
        snprintf(out, 40, "%.1f", (double)us / 1000);
    else
        snprintf(out, 40, "-");
}

static void print_text(const struct terms *t, FILE *out)
{
    int width = 10, wide = 6;
    char who[400], won[40], elected[40], ended[40];
    for (size_t i = 0; i < t->n; i++) {
        candidates(&t->term[i], who, sizeof who);
        winner(&t->term[i], won);
        width = (int)strlen(who) > width ? (int)strlen(who) : width;
        wide = (int)strlen(won) > wide ? (int)strlen(won) : wide;
    }
    fprintf(out, "%5s %10s  %-*s  %-*s %10s %8s %9s %10s  %s\n", "", "began",
            width, "candidates", wide, "", "elected", "entries", "", "ended",
            "");
    fprintf(out, "%5s %10s  %-*s  %-*s %10s %8s %9s %10s  %s\n", "term",
            "at ms", width, "and votes", wide, "winner", "after ms", "appended",
            "committed", "at ms", "why it ended");
    for (size_t i = 0; i < t->n; i++) {
        const struct term *term = &t->term[i];
        candidates(term, who, sizeof who);
        winner(term, won);
        milliseconds(term->winner != TRACE_NONE,
                     term->elected_us - term->began_us, elected);
        milliseconds(term->why[0] != '\0', term->ended_us, ended);
        fprintf(out,
                "%5" PRIu64 " %10.1f  %-*s  %-*s %10s %8" PRIu64 " %9" PRIu64
                " %10s  %s\n",
                term->term, (double)term->began_us / 1000, width, who, wide,
                won, elected, term->n_appended, term->n_committed, ended,
                term->why[0] != '\0' ? term->why : "it did not end");
    }
}

static void print_tsv(const struct terms *t, FILE *out)
{
    fputs("term\tbegan_us\tcandidates\twinner\telected_us\tappended\tcommitted"
          "\tended_us\twhy\n",
          out);
    for (size_t i = 0; i < t->n; i++) {
        const struct term *term = &t->term[i];
        char who[400], won[40];
        candidates(term, who, sizeof who);
        winner(term, won);
        fprintf(out, "%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t", term->term,
                term->began_us, term->n_candidates > 0 ? who : "",
                term->winner != TRACE_NONE ? won : "");
        if (term->winner != TRACE_NONE)
            fprintf(out, "%" PRIu64, term->elected_us);
        fprintf(out, "\t%" PRIu64 "\t%" PRIu64 "\t", term->n_appended,
                term->n_committed);
        if (term->why[0] != '\0')
            fprintf(out, "%" PRIu64, term->ended_us);
        fprintf(out, "\t%s\n", term->why);
    }
}

static cJSON *candidate_json(const struct candidate *c, int n_servers)
{
    cJSON *one = cJSON_CreateObject();
    cJSON_AddNumberToObject(one, "server", c->server);
    cJSON_AddNumberToObject(one, "us", (double)c->us);
    cJSON *voters = cJSON_AddArrayToObject(one, "votes_of");
    for (int i = 0; i < n_servers; i++)
        if (c->voter[i])
            cJSON_AddItemToArray(voters, cJSON_CreateNumber(i));
    return one;
}

static void add_or_null(cJSON *to, const char *name, bool known, double value)
{
    if (known)
        cJSON_AddNumberToObject(to, name, value);
    else
        cJSON_AddNullToObject(to, name);
}

static void print_json(const struct terms *t, FILE *out)
{
    cJSON *all = cJSON_CreateArray();
    for (size_t i = 0; i < t->n; i++) {
        const struct term *term = &t->term[i];
        bool won = term->winner != TRACE_NONE, over = term->why[0] != '\0';
        cJSON *one = cJSON_CreateObject();
        cJSON_AddNumberToObject(one, "term", (double)term->term);
        cJSON_AddNumberToObject(one, "began_us", (double)term->began_us);
        cJSON_AddNumberToObject(one, "began_n", (double)term->began_n);
        cJSON *list = cJSON_AddArrayToObject(one, "candidates");
        for (size_t k = 0; k < term->n_candidates; k++)
            cJSON_AddItemToArray(
                list, candidate_json(&term->candidate[k], t->n_servers));
        add_or_null(one, "winner", won, term->winner);
        add_or_null(one, "elected_us", won, (double)term->elected_us);
        cJSON_AddNumberToObject(one, "appended", (double)term->n_appended);
        cJSON_AddNumberToObject(one, "committed", (double)term->n_committed);
        add_or_null(one, "ended_us", over, (double)term->ended_us);
        cJSON_AddStringToObject(one, "why", term->why);
        cJSON_AddItemToArray(all, one);
    }
    char *text = cJSON_PrintUnformatted(all);
    fprintf(out, "%s\n", text != NULL ? text : "[]");
    free(text);
    cJSON_Delete(all);
}

// Leaves the terms that the window touches.
static void keep_inside(struct terms *t, uint64_t from_us, uint64_t to_us)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct term *term = &t->term[i];
        bool over = term->why[0] != '\0' && term->ended_us < from_us;
        if (!over && term->began_us <= to_us) {
            struct term kept = *term;
            *term = t->term[n];
            t->term[n++] = kept;
        }
    }
    t->last_n = t->n;
    t->n = n;
}

void viz_terms(const struct trace_file *trace, const struct viz_window *window,
               enum viz_table form, FILE *out)
{
    struct terms t = {.n_servers = trace->header.n_servers};
    uint64_t from_us = 0, to_us = UINT64_MAX;
    model_init(&t.model, t.n_servers);
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        step(&t, event);
        if (window->first > 0 && event->n >= window->first && from_us == 0)
            from_us = event->us;
        if (window->last > 0 && event->n <= window->last)
            to_us = event->us;
    }
    end_all(&t);
    keep_inside(&t, from_us, to_us);
    if (form == VIZ_TEXT)
        print_text(&t, out);
    else if (form == VIZ_TSV)
        print_tsv(&t, out);
    else
        print_json(&t, out);
    for (size_t i = 0; i < t.last_n; i++) {
        for (size_t k = 0; k < t.term[i].n_candidates; k++)
            free(t.term[i].candidate[k].voter);
        free(t.term[i].candidate);
    }
    free(t.term);
    model_free(&t.model);
}
