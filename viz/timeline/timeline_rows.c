// timeline_rows.c -- where events stand: a monotone warp of time.
//
// Close events get room, idle time becomes a band of fixed height, and so does
// a run of rounds that is folded. The scale follows the median way of a
// message, so that another time base looks the same.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "timeline.h"
#include "viz/draw/words.h"

static const double PT_PER_MS = 6.5, MIN_ROW = 4, MAX_ROW = 26;
static const double LABEL_ROW = 12, STEP_ROW = 12;
// A message that takes about this long needs no other scale, and none gets
// one that differs by more than FAR.
static const double USUAL_US = 5000, NEAR = 4, FAR = 20;
// Shown time without a row becomes a band when it is as long as that.
static const double IDLE_WAYS = 3;

// Does anything of this event stand in the picture?
static bool has_mark(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_TIMEOUT:
    case TRACE_ROLE:
    case TRACE_TERM:
    case TRACE_TRUNCATE:
    case TRACE_COMMIT:
    case TRACE_COMPACT:
    case TRACE_INSTALL:
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_BOOT:
    case TRACE_PAUSE:
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
    case TRACE_LINK:
    case TRACE_PARTITION:
    case TRACE_HEAL:
    case TRACE_FINDING:
    case TRACE_ACT:
        return true;
    case TRACE_START:
        return event->ok;
    case TRACE_APPEND:
        return event->n_entries > 0;
    default:
        return false;
    }
}

static void want_room(const struct drawing *d, double *room,
                      const struct trace_event *event, double points)
{
    size_t at = (size_t)(event - d->scene.trace->event);
    if (at < d->scene.begin || at >= d->scene.end)
        return;
    double *mine = &room[at - d->scene.begin];
    *mine = points > *mine ? points : *mine;
}

bool timeline_is_outcome(const struct drawing *d, const struct trace_event *e)
{
    const struct scene *scene = &d->scene;
    if (e->kind != TRACE_VERDICT || e->what == NULL ||
        strcmp(e->what, "fail") != 0)
        return e->kind == TRACE_FINDING;
    for (size_t i = scene->begin; i < scene->end; i++)
        if (scene->trace->event[i].kind == TRACE_FINDING)
            return false;
    return true;
}

// What a finding points at has a row of its own, whatever it is.
static void want_shown(const struct drawing *d, double *room,
                       const struct trace_event *finding)
{
    const struct trace_file *trace = d->scene.trace;
    for (size_t i = 0; i < finding->n_shown; i++) {
        size_t at = causes_position(trace, finding->events[i]);
        if (at < trace->n_events && trace->event[at].n == finding->events[i])
            want_room(d, room, &trace->event[at], MIN_ROW);
    }
}

// Which events have a row, and how much room above it their labels want: 0
// for an event without a row.
static double *find_rows(const struct drawing *d)
{
    const struct trace_event *event = d->scene.trace->event;
    size_t n = d->scene.end - d->scene.begin;
    double *room = must_calloc(n + 1, sizeof *room);
    for (size_t i = 0; i < n; i++) {
        const struct trace_event *e = &event[d->scene.begin + i];
        char clocks[100];
        bool marked = has_mark(e) || timeline_is_outcome(d, e) ||
                      say_clocks(d->scene.trace, d->scene.begin + i, clocks,
                                 sizeof clocks);
        bool hidden = d->scene.folded[i] || (d->muted != NULL && d->muted[i]);
        if (marked && !hidden && viz_shows(&d->window->filter, e))
            room[i] = e->kind == TRACE_START ? LABEL_ROW : MIN_ROW;
    }
    for (size_t i = 0; i < n; i++)
        if (event[d->scene.begin + i].kind == TRACE_FINDING)
            want_shown(d, room, &event[d->scene.begin + i]);
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *m = &d->scene.message[i];
        if (m->fate != SCENE_DRAWN)
            continue;
        if (m->sent != NULL)
            want_room(d, room, m->sent, m->n_retries > 0 ? LABEL_ROW : MIN_ROW);
        if (m->received != NULL)
            want_room(d, room, m->received, MIN_ROW);
    }
    return room;
}

bool timeline_counts(const struct drawing *d, const struct trace_event *e)
{
    bool chosen = d->window->filter.index > 0;
    switch (e->kind) {
    case TRACE_APPEND:
    case TRACE_COMMIT:
    case TRACE_START:
        return d->scene.crowded && !chosen;
    default:
        return false;
    }
}

// Down to where the labels on the left and right of each lane reach.
struct reach {
    double low[TRACE_MAX_SERVERS][2];
};

// On which side of its lane the label of an event stands; -1: it has none.
static int label_side(const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_START:
    case TRACE_COMMIT:
        return 0;
    case TRACE_APPEND:
    case TRACE_TRUNCATE:
    case TRACE_COMPACT:
    case TRACE_INSTALL:
        return 1;
    default:
        return -1;
    }
}

// Where a row goes that would stand at y: a label beside its own event, below
// the one before it.
static double below_labels(const struct drawing *d, struct reach *reach,
                           const struct trace_event *e, double y)
{
    int side = label_side(e);
    if (side < 0 || e->node < 0 || e->node >= TRACE_MAX_SERVERS ||
        timeline_counts(d, e))
        return y;
    double *low = &reach->low[e->node][side];
    y = fmax(y, *low);
    *low = y + LABEL_ROW;
    return y;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double find_median(const struct scene *scene)
{
    uint64_t *way = must_calloc(scene->n_messages + 1, sizeof *way);
    size_t n = 0;
    for (size_t i = 0; i < scene->n_messages; i++) {
        const struct scene_message *m = &scene->message[i];
        if (m->received != NULL && !m->lost)
            way[n++] = m->received->us - m->sent_us;
    }
    qsort(way, n, sizeof *way, compare);
    double median = n > 0 ? (double)way[n / 2] : USUAL_US;
    free(way);
    return median < 1 ? 1 : median;
}

static void add_band(struct drawing *d, double top, uint64_t us,
                     const struct scene_fold *fold)
{
    d->band = must_realloc(d->band, (d->n_bands + 1) * sizeof *d->band);
    d->band[d->n_bands++] = (struct band){top, us, fold};
}

// How far a row stands below the one before.
static double step(struct drawing *d, const struct trace_event *last,
                   const struct trace_event *now, double room, double y)
{
    if (d->window->look.steps)
        return STEP_ROW;
    double us = (double)(now->us - last->us);
    double points = us / 1000 * d->pt_per_ms;
    bool together = points < 2 && now->node == last->node;
    if (points > IDLE_WAYS * USUAL_US / 1000 * PT_PER_MS) {
        add_band(d, y, now->us - last->us, NULL);
        return TIMELINE_IDLE + 6;
    }
    if (points > MAX_ROW)
        return MAX_ROW;
    if (points >= room)
        return points;
    return together && room <= MIN_ROW ? 0 : room;
}

// Room for the rows, and the scale of time.
static void begin_rows(struct drawing *d)
{
    size_t n = d->scene.end - d->scene.begin;
    d->median_us = find_median(&d->scene);
    double scale = USUAL_US / d->median_us;
    scale = fmin(fmax(scale, 1 / FAR), FAR);
    d->pt_per_ms = PT_PER_MS * (scale > NEAR || scale < 1 / NEAR ? scale : 1);
    d->y = must_calloc(n + 1, sizeof *d->y);
    d->row = must_calloc(n + 1, sizeof *d->row);
}

void timeline_rows(struct drawing *d)
{
    const struct trace_event *event = d->scene.trace->event, *last = NULL;
    size_t n = d->scene.end - d->scene.begin, n_folds = 0;
    double *room = find_rows(d), y = TIMELINE_TOP;
    struct reach reach = {{{0}}};
    begin_rows(d);
    for (size_t i = 0; i < n; i++) {
        const struct trace_event *now = &event[d->scene.begin + i];
        const struct scene_fold *fold =
            n_folds < d->scene.n_folds ? &d->scene.fold[n_folds] : NULL;
        if (fold != NULL && fold->first == d->scene.begin + i) {
            y += MAX_ROW / 2;
            add_band(d, y, event[fold->end].us - event[fold->first].us, fold);
            y += TIMELINE_IDLE;
            last = NULL;
            n_folds++;
        }
        if (room[i] > 0 && last != NULL)
            y += step(d, last, now, room[i], y);
        if (room[i] > 0) {
            y = below_labels(d, &reach, now, y);
            last = now;
        }
        d->y[i] = y;
        d->row[i] = room[i] > 0;
    }
    d->end = y + 24;
    free(room);
}

// ------------------------------------------------------------ two drawings

// A row of one of them.
struct row {
    uint64_t us; // since its base
    int side;
    size_t at; // position - scene.begin
    double room;
};

static int by_time(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    if (x->side != y->side)
        return x->side - y->side;
    return (x->at > y->at) - (x->at < y->at);
}

static const struct trace_event *event_of(const struct drawing d[2],
                                          const struct row *row)
{
    const struct scene *scene = &d[row->side].scene;
    return &scene->trace->event[scene->begin + row->at];
}

static size_t collect_rows(struct drawing d[2], const uint64_t base_us[2],
                           struct row *row)
{
    size_t n_rows = 0;
    for (int side = 0; side < 2; side++) {
        const struct scene *scene = &d[side].scene;
        double *room = find_rows(&d[side]);
        for (size_t i = 0; i < scene->end - scene->begin; i++) {
            uint64_t us = scene->trace->event[scene->begin + i].us;
            us = us > base_us[side] ? us - base_us[side] : 0;
            if (room[i] > 0)
                row[n_rows++] = (struct row){us, side, i, room[i]};
        }
        free(room);
    }
    qsort(row, n_rows, sizeof *row, by_time);
    return n_rows;
}

// Where the rows of the next moment begin: time goes on for both, below what
// either has had room for.
static double next_moment(struct drawing d[2], double y, const double low[2],
                          uint64_t us)
{
    double points = (double)us / 1000 * d[0].pt_per_ms;
    double least = fmax(low[0], low[1]);
    if (points > IDLE_WAYS * USUAL_US / 1000 * PT_PER_MS) {
        add_band(&d[0], fmax(y, least), us, NULL);
        add_band(&d[1], fmax(y, least), us, NULL);
        return fmax(y, least) + TIMELINE_IDLE + 6;
    }
    return fmax(y + fmin(points, MAX_ROW), least);
}

void timeline_rows_beside(struct drawing d[2], const uint64_t base_us[2])
{
    size_t n = 2;
    for (int side = 0; side < 2; side++) {
        begin_rows(&d[side]);
        n += d[side].scene.end - d[side].scene.begin;
    }
    d[1].pt_per_ms = d[0].pt_per_ms;
    struct row *row = must_calloc(n, sizeof *row);
    size_t n_rows = collect_rows(d, base_us, row);
    double y = TIMELINE_TOP + MAX_ROW, low[2] = {y, y};
    const struct trace_event *last[2] = {NULL, NULL};
    struct reach reach[2] = {{{{0}}}};
    for (size_t i = 0; i < n_rows; i++) {
        struct drawing *mine = &d[row[i].side];
        const struct trace_event *now = event_of(d, &row[i]),
                                 **before = &last[row[i].side];
        if (i > 0 && row[i].us > row[i - 1].us)
            y = next_moment(d, y, low, row[i].us - row[i - 1].us);
        bool along = *before != NULL && (*before)->node == now->node &&
                     row[i].room <= MIN_ROW;
        double least = low[row[i].side];
        if (*before != NULL && !along)
            least += row[i].room;
        double here =
            below_labels(mine, &reach[row[i].side], now, fmax(y, least));
        low[row[i].side] = here;
        mine->y[row[i].at] = here;
        mine->row[row[i].at] = true;
        *before = now;
    }
    for (int side = 0; side < 2; side++) {
        double at = TIMELINE_TOP;
        for (size_t i = 0; i < d[side].scene.end - d[side].scene.begin; i++) {
            at = d[side].row[i] ? d[side].y[i] : at;
            d[side].y[i] = at;
        }
        d[side].end = fmax(low[0], low[1]) + 24;
        d[side].from = TIMELINE_TOP;
        d[side].until = d[side].end;
    }
    free(row);
}

// --------------------------------------------------------------------- pages

double timeline_page_end(const struct drawing *d, double from)
{
    enum { FEWEST_ROWS = 40, MOST_ROWS = 60 };
    size_t n_rows = 0;
    double last = from;
    for (size_t i = 0; i < d->scene.end - d->scene.begin; i++) {
        if (!d->row[i] || d->y[i] <= last || d->y[i] < from)
            continue;
        double y = d->y[i];
        bool idle = y - last > TIMELINE_IDLE;
        if (n_rows >= MOST_ROWS || (idle && n_rows >= FEWEST_ROWS))
            return (last + y) / 2;
        n_rows++;
        last = y;
    }
    return d->end;
}
