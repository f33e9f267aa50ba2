// diff_draw.c -- where two traces part: two timelines side by side.
//
// The lanes are those of the timeline. Both drawings share one axis of time,
// downwards from the first difference: what happened as long after it stands
// at the same height. Only what differs is drawn between the lanes. Above
// stand the logs at the fork, below those at the end of the drawing.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "diff_draw.h"
#include "viz/draw/paint.h"

#define LEFT 130.0 // the first lane of A

static const double PITCH = 100, NARROW = 72, MARGIN = 56, SAID = 150;

// ------------------------------------------------------------ what is drawn

static uint64_t since(const struct picture *p, int side, uint64_t us)
{
    return us > p->base[side] ? us - p->base[side] : 0;
}

static const struct trace_event *last_told(const struct diff_side *s)
{
    return s->n_told > 0 ? s->told[s->n_told - 1] : NULL;
}

// Both sides end together, where the first of them has told all it may.
static void choose_end(struct picture *p)
{
    uint64_t last[2] = {0, 0};
    bool cut[2];
    for (int side = 0; side < 2; side++) {
        const struct diff_side *s = &p->diff->side[side];
        const struct trace_event *told = last_told(s);
        if (told != NULL)
            last[side] = since(p, side, told->us);
        cut[side] = told != NULL && told != s->event[s->n - 1];
    }
    uint64_t longer = last[0] > last[1] ? last[0] : last[1];
    uint64_t shorter = last[0] > last[1] ? last[1] : last[0];
    p->end_us = cut[0] && cut[1] ? shorter
                : cut[0]         ? last[0]
                : cut[1]         ? last[1]
                                 : longer;
}

// The window of one side: from the first difference to the common end.
static void choose_window(struct picture *p, int side)
{
    const struct diff_side *s = &p->diff->side[side];
    struct viz_window *window = &p->window[side];
    *window = (struct viz_window){
        .most = 1 << 20, .fold_above = 1 << 20, .first = UINT64_MAX};
    window->look.room = p->diff->room;
    if (p->diff->first >= s->n)
        return;
    window->first = window->last = s->event[p->diff->first]->n;
    for (size_t i = p->diff->first; i < s->n; i++)
        if (since(p, side, s->event[i]->us) <= p->end_us)
            window->last = s->event[i]->n;
}

// Does the picture show what is told at a place: has it no like on the other
// side, or, where times are all that differs, another time?
static bool is_shown(const struct picture *p, int side, size_t told)
{
    const struct diff *diff = p->diff;
    if (diff->side[side].alone[told])
        return true;
    for (size_t i = 0; diff->only_time && i < diff->n_rows; i++)
        if (diff->row[i].event[side] == diff->side[side].told[told])
            return diff->row[i].mark == '~';
    return false;
}

static bool is_muted(const struct drawing *d, const struct trace_event *event)
{
    if (event == NULL)
        return true;
    size_t at = (size_t)(event - d->scene.trace->event);
    return at < d->scene.begin || at >= d->scene.end ||
           d->muted[at - d->scene.begin];
}

static void mute_likes(struct picture *p, int side)
{
    struct drawing *d = &p->d[side];
    const struct diff_side *s = &p->diff->side[side];
    size_t n = d->scene.end - d->scene.begin;
    d->muted = must_calloc(n + 1, sizeof *d->muted);
    memset(d->muted, true, n);
    for (size_t i = 0; i < s->n_told; i++) {
        size_t at = (size_t)(s->told[i] - d->scene.trace->event);
        if (at >= d->scene.begin && at < d->scene.end && is_shown(p, side, i))
            d->muted[at - d->scene.begin] = false;
    }
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        struct scene_message *m = &d->scene.message[i];
        if (m->fate == SCENE_DRAWN && is_muted(d, m->sent) &&
            is_muted(d, m->received))
            scene_hide(&d->scene, m, SCENE_FILTERED);
    }
}

// What of the width lanes have, and the words beside them.
static void share_width(struct picture *p)
{
    enum { TYPE = 8, AROUND = 250, LEAST_SAID = 56 };
    const struct viz_room *room = &p->diff->room;
    int n = p->diff->side[0].trace->header.n_servers;
    int other = p->diff->side[1].trace->header.n_servers;
    p->sized = room->format != NULL;
    p->low = viz_room_is_low(room);
    p->narrow = viz_room_is_narrow(room);
    p->said = SAID;
    n = n > other ? n : other;
    p->pitch = n > 5 ? NARROW : PITCH;
    if (!p->sized)
        return;
    p->widest = viz_room_width(room, TYPE);
    double all = p->widest - AROUND - 2 * MARGIN, lanes = 2 * fmax(n - 1, 1);
    double pitch = (all - 2 * SAID) / lanes;
    p->said = pitch < LEAST_SAID ? 0 : SAID;
    if (pitch < LEAST_SAID)
        pitch = all / lanes;
    p->pitch = fmin(fmax(pitch, 24), p->pitch);
}

static void open_panels(struct picture *p)
{
    static const char *const prefix[2] = {"a", "b"};
    double left = LEFT;
    for (int side = 0; side < 2; side++) {
        struct drawing *d = &p->d[side];
        const struct diff_side *s = &p->diff->side[side];
        choose_window(p, side);
        timeline_open(d, s->trace, &p->window[side]);
        d->prefix = prefix[side];
        d->untimed = side > 0;
        d->left = left;
        d->pitch = p->sized ? p->pitch : d->n_lanes > 5 ? NARROW : PITCH;
        d->margin = MARGIN;
        d->widest = 0;
        d->silent = p->said <= 0;
        d->said_width = p->said - 24; // the next panel's pills need some room
        mute_likes(p, side);
        left = diff_right(p, side) + 60;
    }
    timeline_rows_beside(p->d, p->base);
}

// --------------------------------------------------------------- the panels

static void draw_times(struct picture *p)
{
    char text[40], last[40] = "";
    for (int side = 0; side < 2; side++) {
        const struct drawing *d = &p->d[side];
        for (size_t i = 0; i < d->scene.end - d->scene.begin; i++) {
            if (!d->row[i])
                continue;
            uint64_t us = d->scene.trace->event[d->scene.begin + i].us;
            snprintf(text, sizeof text, "+%.1f ms",
                     (double)since(p, side, us) / 1000);
            if (strcmp(text, last) != 0)
                timeline_time(&p->d[0], d->y[i], text);
            snprintf(last, sizeof last, "%s", text);
        }
    }
}

static void draw_panels(struct picture *p)
{
    FILE *dot = p->shapes.out;
    char *front = NULL;
    size_t n = 0;
    FILE *out = must_stream(&front, &n);
    for (int side = 0; side < 2; side++) {
        p->d[side].back = dot;
        p->d[side].out = out;
        p->d[side].n_names = side > 0 ? p->d[0].n_names : p->shapes.n;
        timeline_say(&p->d[side]);
    }
    double bottom = fmax(p->d[0].bottom, p->d[1].bottom);
    for (int side = 0; side < 2; side++) {
        p->d[side].bottom = bottom;
        p->d[side].n_names = side > 0 ? p->d[0].n_names : p->d[1].n_names;
        timeline_draw(&p->d[side]);
        timeline_plates(&p->d[side]);
    }
    p->d[0].n_names = p->d[1].n_names;
    draw_times(p);
    fclose(out);
    for (int side = 0; side < 2; side++)
        for (; p->d[side].depth > 0; p->d[side].depth--)
            fputs("}", dot);
    fputc('\n', dot);
    fwrite(front, 1, n, dot);
    free(front);
    p->shapes.n = p->d[0].n_names;
}

// ------------------------------------------------------- around the panels

static void draw_legend(struct picture *p, double y, bool without_counts)
{
    char left_out[160];
    const uint64_t last[2] = {p->window[0].last, p->window[1].last};
    diff_say_left_out(p->diff, last, without_counts, left_out, sizeof left_out);
    const char *const lines[] = {
        p->diff->only_time
            ? "Between the lanes stands what has no like in the other run, or"
              " one at another time; heartbeats without news are not drawn."
            : "Between the lanes stands only what has no like in the other run;"
              " heartbeats without news are not drawn.",
        "Lane: colour = term, solid = leader, striped = candidate, dotted ="
        " down. Arrow: solid = request, dashed = reply, bar = refused,"
        " ✕ = lost.",
        "Logs: a number is an entry's term, pale and dashed = not known to be"
        " committed, ≠ = other than in the other run.",
        left_out,
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        y = shapes_wrapped(
            &p->shapes, diff_left(p, 0), y, p->sized ? p->widest : 2000,
            (struct letters){8, PAINT_QUIET, false, NULL}, lines[i]);
}

// ------------------------------------------------------------------ the whole

static void make_logs(struct picture *p)
{
    enum { MOST_COLUMNS = 20 };
    uint64_t fork[2], end[2];
    double width = diff_right(p, 0) - diff_left(p, 0);
    for (int side = 0; side < 2; side++) {
        const struct diff_side *s = &p->diff->side[side];
        const struct trace_event *first = diff_first(p->diff, side);
        const struct trace_event *all = s->trace->event;
        size_t at = first != NULL ? (size_t)(first - all) : s->trace->n_events;
        fork[side] = at > 0 ? all[at - 1].n : 0;
        end[side] = first != NULL ? p->window[side].last : fork[side];
    }
    int room = (int)((width - DIFF_PLATE) / DIFF_CELL) - 1;
    int most = room < MOST_COLUMNS ? room : MOST_COLUMNS;
    if (p->low) // its cells may be wider
        most = room;
    diff_logs_make(&p->fork, p->diff, fork, most);
    diff_logs_make(&p->end, p->diff, end, most);
}

static void draw_both_logs(struct picture *p, const struct diff_logs *logs,
                           double y, const char *title)
{
    for (int side = 0; side < 2; side++)
        diff_logs_draw(logs, side, &p->shapes, diff_left(p, side), y, title);
}

static void draw_difference(struct picture *p)
{
    static const char RED[] = "penwidth=2, color=\"" PAINT_FAULT "\"";
    char title[80], time[32];
    double left = diff_left(p, 0), right = diff_right(p, 1);
    double y = TIMELINE_TOP - 94; // of the words of the first difference
    shapes_line(&p->shapes, left, y + 30, right, y + 30, RED,
                "the first difference");
    diff_first_words(p, 0, y + 6);
    diff_first_words(p, 1, y + 6);
    draw_both_logs(p, &p->fork, y - 16 - diff_logs_height(&p->fork),
                   "logs at the fork");
    draw_panels(p);
    double bottom = fmax(fmax(p->d[0].bottom, p->d[0].lowest),
                         fmax(p->d[1].bottom, p->d[1].lowest));
    snprintf(title, sizeof title, "logs %s after the fork",
             shapes_time(p->end_us, time));
    draw_both_logs(p, &p->end, bottom + 20, title);
    y = bottom + diff_logs_height(&p->end) + 44;
    enum { FACTS = 5 }; // so often too high: the counts go, --text has them
    if (p->diff->room.less < FACTS || p->diff->room.format->height <= 0)
        y = diff_counts(p, y);
    draw_legend(p, y, p->diff->room.less >= FACTS);
}

static void draw_long(struct picture *p)
{
    double top = p->diff->equal
                     ? 0
                     : TIMELINE_TOP - 94 - 16 - diff_logs_height(&p->fork) - 30;
    diff_prefix(p, top - 4);
    diff_head(p, 0, top - 44);
    diff_head(p, 1, top - 44);
    if (!p->diff->equal)
        draw_difference(p);
}

void diff_draw(const struct diff *diff, FILE *out)
{
    diff_alt(diff, out);
    struct picture p = {.diff = diff, .shapes = shapes_begin(out, "diff")};
    for (int side = 0; side < 2; side++) {
        const struct trace_event *first = diff_first(diff, side);
        p.base[side] = first != NULL ? first->us : 0;
    }
    // Equal times stay at equal heights.
    if (diff->times && p.base[0] > 0 && p.base[1] > 0)
        p.base[0] = p.base[1] = p.base[0] < p.base[1] ? p.base[0] : p.base[1];
    choose_end(&p);
    share_width(&p);
    open_panels(&p);
    make_logs(&p);
    if (p.low || p.narrow)
        diff_short(&p);
    else
        draw_long(&p);
    shapes_end(&p.shapes);
    diff_logs_free(&p.fork);
    diff_logs_free(&p.end);
    timeline_close(&p.d[0]);
    timeline_close(&p.d[1]);
}
