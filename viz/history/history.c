// history.c -- which operations a picture of a history shows, and where.
#include "history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/check.h"
#include "check/history_file.h"

enum { MOST = 40, LEAST = 8, ROWS = 12, CHARS = 12 };

static const double LEAST_GAP = 6, MOST_GAP = 46, HIDDEN_GAP = 40;
static const double PADDING = 22; // of a label, with the number before it
static const double WIDTH = 1500; // of a picture of as many as have room

// ------------------------------------------------------------------- labels

// Of a long value the end, which tells more of appends.
static const char *brief(const char *value, char *text, size_t room)
{
    if (value == NULL || value[0] == '\0')
        return "nothing";
    size_t n = strlen(value);
    while (n > 1 && value[n - 1] == ' ')
        n--;
    size_t skip = n > CHARS ? n - CHARS + 3 : 0;
    snprintf(text, room, "%s%.*s", skip > 0 ? "..." : "", (int)(n - skip),
             value + skip);
    return text;
}

static void label(struct drawn *d)
{
    char key[20], value[20], expected[20];
    const struct linear_operation *op = &d->op;
    const char *k = brief(op->key, key, sizeof key);
    const char *v = brief(op->value, value, sizeof value);
    bool refused = op->outcome == LINEAR_REFUSED;
    if (op->kind == LINEAR_PUT)
        snprintf(d->label, sizeof d->label, "put %s=%s", k, v);
    else if (op->kind == LINEAR_APPEND)
        snprintf(d->label, sizeof d->label, "append %s to %s", v, k);
    else if (op->kind == LINEAR_CAS)
        snprintf(d->label, sizeof d->label, "cas %s: %s → %s%s", k,
                 brief(op->expected, expected, sizeof expected), v,
                 refused ? ", refused" : "");
    else if (op->outcome == LINEAR_DONE)
        snprintf(d->label, sizeof d->label, "get %s → %s", k, v);
    else
        snprintf(d->label, sizeof d->label, "get %s", k);
}

// Whose answer it is, and which entry did it; or that nobody knows.
static void note(struct drawn *d)
{
    char from[20] = "", entry[60] = "";
    if (!d->returned) {
        snprintf(d->note, sizeof d->note, "no answer%s",
                 d->index > 0 && !d->lost ? ", but applied" : "");
        return;
    }
    if (d->never || strcmp(d->result, "unknown") == 0) {
        snprintf(d->note, sizeof d->note, "%s",
                 d->never ? "did not happen" : "outcome unknown");
        return;
    }
    if (d->by != NULL)
        snprintf(from, sizeof from, "by S%d", d->by->server + 1);
    if (d->lost)
        snprintf(entry, sizeof entry, "entry %" PRIu64 " was never applied",
                 d->index);
    else if (d->again > 0)
        snprintf(entry, sizeof entry, "entries %" PRIu64 ", %" PRIu64, d->index,
                 d->again);
    else if (d->index > 0)
        snprintf(entry, sizeof entry, "entry %" PRIu64, d->index);
    else if (d->by != NULL)
        snprintf(entry, sizeof entry, "no entry");
    snprintf(d->note, sizeof d->note, "%s%s%s", from,
             from[0] != '\0' && entry[0] != '\0' ? ", " : "", entry);
}

// --------------------------------------------------------------- operations

// What the verdict knows of them: their places, and which prove it.
static void order(struct history_picture *p, const size_t *number)
{
    const struct clients_verdict *verdict = &p->verdict;
    const struct linear_verdict *linear = &verdict->linear;
    bool illegal = p->unjudged == NULL && linear->result == LINEAR_ILLEGAL;
    size_t *place = must_calloc(verdict->n + 1, sizeof *place);
    bool *keep = must_calloc(verdict->n + 1, sizeof *keep);
    for (size_t i = 0; i < verdict->n; i++)
        keep[i] = !illegal || i != linear->failed;
    p->ordered = linear_order(verdict->history, verdict->n, keep, 0, place);
    for (size_t i = 0; i < verdict->n; i++)
        p->op[number[i]].place = place[i];
    for (size_t i = 0; illegal && i < linear->n_shown; i++)
        p->op[number[linear->shown[i]]].proves = true;
    if (illegal)
        p->op[number[linear->failed]].wrong = true;
    free(place);
    free(keep);
}

static void take_client(struct history_picture *p, size_t i)
{
    const struct clients_operation *from = &p->clients->operation[i];
    struct drawn *d = &p->op[i];
    d->returned = from->return_n != 0;
    d->result = d->returned ? from->result : "";
    d->never = true; // until the history has it
    d->by = clients_answer_of(p->clients, from);
    d->entry = clients_entry_of(p->clients, from);
    d->lost = d->entry == NULL && from->n_entries > 0;
    d->index = d->entry != NULL ? d->entry->index
               : d->lost        ? p->clients->entry[from->last_entry].index
                                : from->told_index;
    for (size_t k = from->first_entry; k != CLIENTS_NONE;
         k = p->clients->entry[k].next)
        if (p->clients->entry[k].applied_n != 0 && d->entry != NULL &&
            p->clients->entry[k].index > d->index)
            d->again = p->clients->entry[k].index;
    bool get = strcmp(from->call, "get") == 0;
    d->op = (struct linear_operation){
        .client = from->client,
        .kind = strcmp(from->call, "put") == 0      ? LINEAR_PUT
                : strcmp(from->call, "append") == 0 ? LINEAR_APPEND
                : strcmp(from->call, "cas") == 0    ? LINEAR_CAS
                                                    : LINEAR_GET,
        .outcome = LINEAR_OPEN,
        .key = from->key,
        .value = get ? from->answer : from->value,
        .expected = from->expected,
        .called = from->invoke_n,
        .returned = from->return_n,
        .called_us = from->invoke_us,
        .returned_us = from->return_us};
}

static void take_all(struct history_picture *p)
{
    const struct clients_verdict *verdict = &p->verdict;
    bool ours = p->clients != NULL;
    p->n = ours ? p->clients->n_operations : verdict->n;
    p->op = must_calloc(p->n + 1, sizeof *p->op);
    size_t *number = must_calloc(verdict->n + 1, sizeof *number);
    for (size_t i = 0; ours && i < p->n; i++)
        take_client(p, i);
    for (size_t i = 0; i < verdict->n; i++) {
        number[i] = ours ? verdict->source[i] : i;
        struct drawn *d = &p->op[number[i]];
        d->op = verdict->history[i];
        d->never = false;
        if (ours)
            continue;
        d->returned = d->op.outcome != LINEAR_OPEN || d->op.returned > 0;
        d->result = d->op.outcome == LINEAR_OPEN ? "unknown" : "ok";
        d->op.called_us = d->op.called;
        d->op.returned_us = d->op.returned;
    }
    order(p, number);
    free(number);
    for (size_t i = 0; i < p->n; i++) {
        label(&p->op[i]);
        note(&p->op[i]);
    }
}

// -------------------------------------------------------------------- choice

static bool is_asked_for(const struct drawn *d, const struct viz_window *w,
                         const struct viz_history *asked, const char *key)
{
    uint64_t end = d->returned ? d->op.returned : UINT64_MAX;
    uint64_t end_us = d->returned ? d->op.returned_us : UINT64_MAX;
    return (key == NULL || strcmp(key, d->op.key) == 0) &&
           (asked->client == NULL || *asked->client == d->op.client) &&
           (w->first == 0 || end >= w->first) &&
           (w->last == 0 || d->op.called <= w->last) &&
           (w->from_us == 0 || end_us >= w->from_us) &&
           (w->to_us == 0 || d->op.called_us <= w->to_us) &&
           (w->filter.index == 0 || d->index == w->filter.index);
}

// How far from what proves the verdict, in events.
static uint64_t distance(const struct history_picture *p, const struct drawn *d)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < p->n; i++) {
        const struct drawn *other = &p->op[i];
        if (!other->proves)
            continue;
        uint64_t ends[] = {other->op.called, other->op.returned};
        for (int k = 0; k < 2; k++) {
            uint64_t at = ends[k];
            uint64_t far = d->op.called > at ? d->op.called - at
                           : d->returned && d->op.returned < at
                               ? at - d->op.returned
                               : 0;
            if (at > 0 && far < least)
                least = far;
        }
    }
    return least;
}

struct ranked {
    uint64_t far;
    size_t number;
};

static int by_distance(const void *a, const void *b)
{
    const struct ranked *first = a, *second = b;
    if (first->far != second->far)
        return first->far < second->far ? -1 : 1;
    return first->number < second->number ? -1 : first->number > second->number;
}

// What proves an illegal verdict is shown first, then what is near it; of a
// legal history its beginning.
static void choose(struct history_picture *p, const struct viz_window *window,
                   const struct viz_history *asked, size_t most)
{
    struct ranked *ranked = must_calloc(p->n + 1, sizeof *ranked);
    const char *key = asked->key;
    bool illegal = false;
    p->n_matching = p->n_visible = 0;
    for (size_t i = 0; i < p->n; i++) {
        p->op[i].visible = false;
        illegal |= p->op[i].proves;
        if (p->op[i].wrong && key == NULL)
            key = p->op[i].op.key;
    }
    for (size_t i = 0; i < p->n; i++) {
        struct drawn *d = &p->op[i];
        d->matches = is_asked_for(d, window, asked, key);
        if (d->matches)
            ranked[p->n_matching++] =
                (struct ranked){d->wrong    ? 0
                                : d->proves ? 1
                                : illegal   ? 2 + distance(p, d)
                                            : d->op.called,
                                i};
    }
    qsort(ranked, p->n_matching, sizeof *ranked, by_distance);
    for (size_t i = 0; i < p->n_matching && p->n_visible < most; i++)
        p->n_visible += history_show(p, &p->op[ranked[i].number]);
    free(ranked);
}

// ---------------------------------------------------------------------- rows

static int by_number(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return first < second ? -1 : first > second;
}

// A client has a row, and another where its operations overlap.
static void give_rows(struct history_picture *p)
{
    uint64_t *client = must_calloc(p->n_visible + 1, sizeof *client);
    uint64_t *free_at = must_calloc(p->n_visible + 1, sizeof *free_at);
    free(p->client_of_row);
    p->client_of_row = must_calloc(p->n_visible + 1, sizeof *client);
    p->n_rows = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->op[i].visible)
            client[n++] = p->op[i].op.client;
    qsort(client, n, sizeof *client, by_number);
    for (size_t k = 0; k < n; k++) {
        if (k > 0 && client[k] == client[k - 1])
            continue;
        int first = p->n_rows;
        for (size_t i = 0; i < p->n; i++) {
            struct drawn *d = &p->op[i];
            if (!d->visible || d->op.client != client[k])
                continue;
            int row = first;
            while (row < p->n_rows && free_at[row] > d->op.called)
                row++;
            if (row == p->n_rows)
                p->client_of_row[p->n_rows++] = client[k];
            free_at[row] = d->returned ? d->op.returned : UINT64_MAX;
            d->row = row;
        }
    }
    free(client);
    free(free_at);
}

// ---------------------------------------------------------------------- axis

static int by_instant(const void *a, const void *b)
{
    const struct instant *first = a, *second = b;
    if (first->at != second->at)
        return first->at < second->at ? -1 : 1;
    return first->is_return - second->is_return;
}

static size_t hidden_between(const struct history_picture *p, uint64_t from,
                             uint64_t to)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->op[i].matches && !p->op[i].visible &&
             p->op[i].op.called > from && p->op[i].op.called < to;
    return n;
}

static double label_width(const struct history_picture *p,
                          const struct drawn *d)
{
    double words =
        shapes_width(d->label, (struct letters){.size = 9, .bold = d->proves});
    double below =
        shapes_width(d->note, (struct letters){.size = history_type(p, 7)});
    return (words > below ? words : below) + PADDING;
}

// Calls and returns of what is visible, in order. Behind a call that was waited
// for until the run was over, its end.
static void find_instants(struct history_picture *p, bool to_the_end)
{
    bool waits = false;
    free(p->instant);
    p->instant = must_calloc(2 * p->n_visible + 1, sizeof *p->instant);
    p->n_instants = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct drawn *d = &p->op[i];
        if (!d->visible)
            continue;
        p->instant[p->n_instants++] =
            (struct instant){d->op.called, d->op.called_us, i, false, 0, 0, 0};
        if (d->returned)
            p->instant[p->n_instants++] = (struct instant){
                d->op.returned, d->op.returned_us, i, true, 0, 0, 0};
        waits |= !d->returned;
    }
    if (waits && to_the_end && p->trace != NULL && p->trace->n_events > 0) {
        const struct trace_event *last =
            &p->trace->event[p->trace->n_events - 1];
        p->instant[p->n_instants++] =
            (struct instant){last->n, last->us, p->n, false, 0, 0, 0};
    }
    qsort(p->instant, p->n_instants, sizeof *p->instant, by_instant);
}

// Time is stretched so that labels fit, and what is empty is cut; what comes
// later never stands before what comes earlier.
static void lay_out(struct history_picture *p, bool to_the_end)
{
    find_instants(p, to_the_end);
    size_t n = p->n_instants;
    uint64_t whole = n > 0 ? p->instant[n - 1].us - p->instant[0].us : 0;
    double scale = whole > 0 ? 24.0 * (double)n / (double)whole : 0;
    double x = HISTORY_LEFT;
    for (size_t i = 0; i < n; i++) {
        struct instant *now = &p->instant[i];
        struct drawn *d = now->of < p->n ? &p->op[now->of] : NULL;
        double gap = 0, to_scale = 0;
        if (i > 0) {
            gap = to_scale = scale * (double)(now->us - p->instant[i - 1].us);
            gap = gap < LEAST_GAP ? LEAST_GAP : gap > MOST_GAP ? MOST_GAP : gap;
            now->n_hidden = hidden_between(p, p->instant[i - 1].at, now->at);
            gap += now->n_hidden > 0 ? HIDDEN_GAP : 0;
        }
        x += gap;
        if (now->is_return && x < d->left + label_width(p, d))
            x = d->left + label_width(p, d);
        now->x = x;
        // Room for a label may have made it longer than it would be.
        if (i > 0 && to_scale > MOST_GAP && x - p->instant[i - 1].x < to_scale)
            now->cut = MOST_GAP;
        if (d != NULL)
            *(now->is_return ? &d->right : &d->left) = x;
    }
    p->width = x + 30;
    for (size_t i = 0; i < p->n; i++) {
        struct drawn *d = &p->op[i];
        double least = d->left + label_width(p, d) + 20;
        if (d->visible && !d->returned && least > p->width)
            p->width = least;
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->op[i].visible && !p->op[i].returned)
            p->op[i].right = p->width;
    if (n > 0 && p->instant[n - 1].of == p->n)
        p->instant[n - 1].x = p->width;
}

void history_place(struct history_picture *p, const struct viz_window *window,
                   const struct viz_history *asked)
{
    enum { FEW = 1 };
    size_t most = asked->most > 0 ? (size_t)asked->most : MOST;
    history_take_room(p, &asked->room, WIDTH, ROWS);
    size_t least = asked->room.format != NULL ? FEW : LEAST;
    take_all(p);
    for (;;) {
        choose(p, window, asked, most);
        give_rows(p);
        lay_out(p, window->to_us == 0 && p->n_visible == p->n);
        bool fits = p->width <= p->widest && p->n_rows <= p->most_rows;
        bool chosen = asked->most > 0 && asked->room.format == NULL;
        if (chosen || fits || most <= least)
            return;
        // Fewer, so that it can be read without scrolling far.
        size_t fewer =
            p->width > p->widest
                ? (size_t)((double)p->n_visible * p->widest / p->width)
                : most - 1;
        most = fewer < most ? fewer : most - 1;
        most = most < least ? least : most;
    }
}

// ------------------------------------------------------------------- pictures

// Why the answers of a trace are not judged, as the checker has it.
static const char *unjudged(const struct trace_file *trace,
                            const struct clients *clients)
{
    uint64_t seen = 0, last = 0, n_missing = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_FINDING || event->kind == TRACE_VERDICT)
            continue;
        n_missing += event->n > last + 1 ? event->n - last - 1 : 0;
        last = event->n;
        seen |= UINT64_C(1) << event->kind;
    }
    if (n_missing > 0 &&
        (trace->header.real ||
         check_filtered(seen, trace->header.n_servers, n_missing) == 0))
        return "numbers of events are missing";
    return clients->orphans   ? "a return has no invoke"
           : clients->strange ? "a call is none of get, put, append and cas"
                              : NULL;
}

static void free_picture(struct history_picture *p)
{
    clients_clear(&p->verdict);
    clients_free(p->clients);
    free(p->op);
    free(p->instant);
    free(p->client_of_row);
}

bool viz_history(const struct trace_file *trace,
                 const struct viz_window *window,
                 const struct viz_history *asked, FILE *out)
{
    struct history_picture p = {.trace = trace,
                                .name = trace->header.scenario,
                                .seed = trace->header.seed};
    p.clients = clients_make(trace->header.n_servers);
    for (size_t i = 0; i < trace->n_events; i++)
        clients_step(p.clients, &trace->event[i]);
    bool any = p.clients->n_operations > 0;
    p.unjudged = unjudged(trace, p.clients);
    if (any) {
        clients_judge(p.clients, 0, &p.verdict);
        history_place(&p, window, asked);
        any = p.n_visible > 0;
    }
    if (any)
        history_draw(&p, out);
    free_picture(&p);
    return any;
}

bool viz_history_text(const char *name, const struct linear_operation *op,
                      size_t n, const struct viz_history *asked, FILE *out)
{
    struct history_picture p = {.name = name, .seed = ""};
    struct clients_verdict *verdict = &p.verdict;
    const struct viz_window whole = {.first = 0};
    verdict->history = must_copy(op, n * sizeof *op);
    verdict->n = n;
    linear_check(verdict->history, n, 0, &verdict->linear);
    linear_explain(verdict->history, n, &verdict->linear);
    history_place(&p, &whole, asked);
    bool any = p.n_visible > 0;
    if (any)
        history_draw(&p, out);
    free_picture(&p);
    return any;
}
