// diff_draw.c -- where two traces part, as two narrow timelines side by side.
//
// Both share one axis of time, downwards from the first difference: what
// happened at the same moment stands at the same height. Quiet time is cut
// short, as in the timeline. What has no like on the other side is bold.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "diff.h"
#include "viz/draw/paint.h"
#include "viz/draw/words.h"
#include "viz/draw/shapes.h"
#include "viz/draw/spans.h"

#define LEFT    64.0
#define PITCH   72.0 // from lane to lane
#define BETWEEN 56.0
#define TOP     150.0 // where the first difference stands

static const double PT_PER_MS = 5, LEAST_ROW = 3, MOST_ROW = 22, LABEL_ROW = 9;
static const double IDLE_MS = 15;

// A moment that both sides share; rows grow in time and in y.
struct moment {
    uint64_t us; // since the first difference
    double y;
    int labels[2]; // most of one server at this moment, by side
};

struct picture {
    const struct diff *diff;
    struct shapes shapes;
    struct moment *moment;
    size_t n;
    uint64_t base[2], end_us; // end_us since the first difference
    double bottom;
    // Where messages are lost, of both panels; labels keep off.
    struct cross {
        double x, y;
    } * cross;
    size_t n_crosses;
};

static double panel_x(const struct picture *p, int side)
{
    int n = p->diff->side[0].trace->header.n_servers;
    return LEFT + side * (n * PITCH + BETWEEN);
}

static double lane_x(const struct picture *p, int side, int server)
{
    return panel_x(p, side) + server * PITCH + 12;
}

// ------------------------------------------------------------------ the axis

static uint64_t since(const struct picture *p, int side, uint64_t us)
{
    return us > p->base[side] ? us - p->base[side] : 0;
}

static double y_of(const struct picture *p, int side, uint64_t us)
{
    uint64_t at = since(p, side, us);
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->moment[middle].us <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return TOP;
    const struct moment *before = &p->moment[low - 1];
    if (low == p->n) {
        double y = before->y + (double)(at - before->us) / 1000 * PT_PER_MS;
        return y < p->bottom ? y : p->bottom;
    }
    const struct moment *after = before + 1;
    double part = (double)(at - before->us) / (double)(after->us - before->us);
    return before->y + part * (after->y - before->y);
}

// Does this event have a label of its own beside its lane?
static bool is_labelled(const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_TIMEOUT:
    case TRACE_BOOT:
        return false;
    default:
        return e->node >= 0 &&
               !(e->kind >= TRACE_SEND && e->kind <= TRACE_DROP);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    return x->us < y->us ? -1 : x->us > y->us;
}

static void collect(struct picture *p, int side)
{
    const struct diff_side *s = &p->diff->side[side];
    for (size_t i = 0; i < s->n_told; i++) {
        uint64_t us = since(p, side, s->told[i]->us);
        if (us > p->end_us)
            continue;
        struct moment *m = &p->moment[p->n++];
        *m = (struct moment){.us = us};
        m->labels[side] = is_labelled(s->told[i]);
    }
}

// Room below a moment: for what time passes, and for its labels.
static double step(const struct moment *now, const struct moment *next)
{
    double ms = (double)(next->us - now->us) / 1000, y = ms * PT_PER_MS;
    int labels =
        now->labels[0] > now->labels[1] ? now->labels[0] : now->labels[1];
    if (ms > IDLE_MS || y > MOST_ROW)
        y = MOST_ROW;
    if (y < LEAST_ROW)
        y = LEAST_ROW;
    return y < labels * LABEL_ROW ? labels * LABEL_ROW : y;
}

static void lay_out(struct picture *p)
{
    enum { TOGETHER_US = 300 };
    const struct diff *diff = p->diff;
    size_t room = diff->side[0].n_told + diff->side[1].n_told + 2, n = 0;
    p->moment = must_calloc(room, sizeof *p->moment);
    collect(p, 0);
    collect(p, 1);
    qsort(p->moment, p->n, sizeof *p->moment, by_time);
    for (size_t i = 0; i < p->n; i++) {
        struct moment *m = &p->moment[n > 0 ? n - 1 : 0];
        if (n == 0 || p->moment[i].us > m->us + TOGETHER_US)
            p->moment[n++] = p->moment[i];
        else
            for (int side = 0; side < 2; side++)
                m->labels[side] += p->moment[i].labels[side];
    }
    p->n = n;
    double y = TOP;
    for (size_t i = 0; i < n; i++) {
        p->moment[i].y = y;
        if (i + 1 < n)
            y += step(&p->moment[i], &p->moment[i + 1]);
    }
    p->bottom = y + 30;
}

// Both sides end together, where the first of them has told all it may.
static void choose_end(struct picture *p)
{
    uint64_t last[2] = {0, 0};
    bool cut[2];
    for (int side = 0; side < 2; side++) {
        const struct diff_side *s = &p->diff->side[side];
        if (s->n_told > 0)
            last[side] = since(p, side, s->told[s->n_told - 1]->us);
        cut[side] =
            s->n_told > 0 && s->told[s->n_told - 1] != s->event[s->n - 1];
    }
    bool first = cut[0] && (!cut[1] || last[0] < last[1]);
    bool second = cut[1] && !first;
    p->end_us = first               ? last[0]
                : second            ? last[1]
                : last[0] > last[1] ? last[0]
                                    : last[1];
}

// ---------------------------------------------------------------- one panel

static void draw_span(struct picture *p, int side, int server,
                      const struct span *span)
{
    double x = lane_x(p, side, server), half = 3;
    double top = y_of(p, side, span->from_us);
    double bottom = y_of(p, side, span->to_us);
    char pale[8], looks[120];
    if (bottom - top < 0.3 || !span->there)
        return;
    if (!span->up) {
        shapes_line(&p->shapes, x, top, x, bottom,
                    "style=dotted, penwidth=1.4, color=\"" PAINT_QUIET "\"",
                    "down");
        return;
    }
    if (span->role != TRACE_FOLLOWER)
        half = span->role == TRACE_LEADER ? 8 : 5;
    snprintf(looks, sizeof looks,
             "style=filled, fillcolor=\"%s\", color=\"%s\", penwidth=%s",
             span->role == TRACE_LEADER ? paint_term(span->term)
                                        : paint_pale(span->term, pale),
             paint_line(span->term),
             span->role == TRACE_FOLLOWER ? "0" : "0.8");
    shapes_band(&p->shapes, (struct area){x - half, top, x + half, bottom},
                looks, trace_role_name(span->role));
}

static void draw_lanes(struct picture *p, int side)
{
    const struct diff_side *s = &p->diff->side[side];
    // From the last moment before the panel on, so that it begins with the
    // state that its first events change.
    const struct trace_event *first = s->told[0];
    while (first > s->trace->event && first->us >= p->base[side])
        first--;
    struct viz_window window = {.first = first->n};
    struct spans spans;
    for (size_t i = 0; i < s->n_told; i++)
        if (since(p, side, s->told[i]->us) <= p->end_us)
            window.last = s->told[i]->n;
    spans_make(&spans, s->trace, &window);
    for (int server = 0; server < spans.n_servers; server++) {
        struct life *life = &spans.server[server];
        if (life->n > 0 && window.last < s->event[s->n - 1]->n)
            life->span[life->n - 1].to_us = UINT64_MAX;
        for (size_t i = 0; i < life->n; i++)
            draw_span(p, side, server, &life->span[i]);
    }
    spans_free(&spans);
}

static void mark_loss(struct picture *p, double x, double y)
{
    shapes_text(&p->shapes, x, y, MIDDLE_AT,
                (struct letters){7, PAINT_FAULT, false, NULL}, "✕");
    p->cross = must_realloc(p->cross, (p->n_crosses + 1) * sizeof *p->cross);
    p->cross[p->n_crosses++] = (struct cross){x, y};
}

static void draw_message(struct picture *p, int side,
                         const struct scene_message *m)
{
    const struct diff_side *s = &p->diff->side[side];
    char tip[200];
    double x = lane_x(p, side, m->from), to_x = lane_x(p, side, m->to);
    double y = y_of(p, side, m->sent->us);
    double to_y =
        m->received != NULL ? y_of(p, side, m->received->us) : p->bottom;
    if (m->lost) {
        to_x = x + 0.4 * (to_x - x);
        to_y = y + 0.4 * (to_y - y);
        mark_loss(p, to_x, to_y);
    }
    diff_say(s, m->sent, tip, sizeof tip);
    char looks[120];
    snprintf(looks, sizeof looks,
             "arrowhead=%s, arrowsize=0.4, penwidth=%s, style=%s, color=\"%s\"",
             m->lost ? "none"
             : m->no ? "tee"
                     : "normal",
             m->heartbeat ? "0.4" : "0.9", m->reply ? "dashed" : "solid",
             m->heartbeat ? PAINT_FAINT : paint_line(m->term));
    shapes_line(&p->shapes, x, y, to_x, to_y, looks, tip);
}

static void draw_messages(struct picture *p, int side)
{
    const struct diff_side *s = &p->diff->side[side];
    int n = s->trace->header.n_servers;
    for (size_t i = 0; i < s->scene.n_messages; i++) {
        const struct scene_message *m = &s->scene.message[i];
        if (m->sent != NULL && scene_begins_in(&s->scene, m) && m->from >= 0 &&
            m->from < n && m->to >= 0 && m->to < n && m->from != m->to &&
            since(p, side, m->sent->us) <= p->end_us)
            draw_message(p, side, m);
    }
}

// The nearest y from this one on at which a label that begins at x lies on no
// cross.
static double beside_crosses(const struct picture *p, double x, double y)
{
    enum { WIDE = 4, HIGH = 8 };
    for (size_t i = 0; i < p->n_crosses; i++) {
        const struct cross *cross = &p->cross[i];
        if (cross->x < x - WIDE || cross->x > x + PITCH - WIDE ||
            fabs(cross->y - y) >= HIGH)
            continue;
        y = cross->y + HIGH + 0.01;
        i = (size_t)-1; // from the first on
    }
    return y;
}

// A label's words, as they fit beside a lane.
static void draw_label(struct picture *p, int side, size_t at, double y)
{
    const struct diff_side *s = &p->diff->side[side];
    const struct trace_event *e = s->told[at];
    char text[200];
    struct letters letters = {7, s->alone[at] ? PAINT_INK : PAINT_QUIET,
                              s->alone[at], "#FFFFFFD8"};
    say_event(e, NULL, text, sizeof text);
    for (size_t n = strlen(text);
         n > 1 && shapes_width(text, letters) > PITCH - 16;)
        text[--n] = '\0';
    shapes_text(&p->shapes, lane_x(p, side, e->node) + 9, y, LEFT_AT, letters,
                "%s", text);
}

static void draw_events(struct picture *p, int side)
{
    const struct diff_side *s = &p->diff->side[side];
    int n = s->trace->header.n_servers;
    double *taken = must_calloc((size_t)n + 1, sizeof *taken);
    for (size_t i = 0; i < s->n_told; i++) {
        const struct trace_event *e = s->told[i];
        char text[200];
        if (since(p, side, e->us) > p->end_us)
            continue;
        double y = y_of(p, side, e->us);
        if (say_whole(e, text, sizeof text)) {
            double left = panel_x(p, side) - 8, right = left + n * PITCH + 8;
            const char *colour =
                e->kind == TRACE_FINDING ? PAINT_FAULT : PAINT_QUIET;
            shapes_line(&p->shapes, left, y, right, y,
                        e->kind == TRACE_FINDING
                            ? "penwidth=2, color=\"" PAINT_FAULT "\""
                            : "penwidth=0.6, color=\"" PAINT_FAINT "\"",
                        text);
            shapes_text(&p->shapes, right, y - 5, RIGHT_AT,
                        (struct letters){7, colour, s->alone[i], "#FFFFFFD8"},
                        "%.60s", text + (text[0] == '=' ? 4 : 0));
        } else if (is_labelled(e) && e->node < n) {
            double *free_y = &taken[e->node];
            y = y < *free_y ? *free_y : y;
            y = beside_crosses(p, lane_x(p, side, e->node) + 9, y);
            *free_y = y + LABEL_ROW;
            draw_label(p, side, i, y);
        }
    }
    free(taken);
}

static void draw_head(struct picture *p, int side)
{
    const struct diff_side *s = &p->diff->side[side];
    const struct trace_header *header = &s->trace->header;
    const struct trace_event *first = diff_first(p->diff, side);
    double x = panel_x(p, side);
    char text[160];
    shapes_text(&p->shapes, x - 4, 12, LEFT_AT,
                (struct letters){12, PAINT_INK, true, NULL}, "%s   %s, seed %s",
                side == 0 ? "A" : "B", header->scenario, header->seed);
    shapes_text(&p->shapes, x - 4, 28, LEFT_AT,
                (struct letters){9, PAINT_QUIET, false, NULL},
                "%zu event%s, %.40s", s->n, s->n == 1 ? "" : "s", s->name);
    if (p->diff->equal)
        return;
    for (int server = 0; server < header->n_servers; server++)
        shapes_text(&p->shapes, lane_x(p, side, server), TOP - 44, MIDDLE_AT,
                    (struct letters){10, PAINT_INK, true, NULL}, "S%d",
                    server + 1);
    struct letters letters = {9, PAINT_FAULT, true, NULL};
    if (first == NULL) {
        shapes_text(&p->shapes, x, TOP - 22, LEFT_AT, letters, "is over here");
        return;
    }
    diff_say(s, first, text, sizeof text);
    char names[80];
    diff_fields(p->diff, names, sizeof names);
    shapes_text(&p->shapes, x - 4, TOP - 29, LEFT_AT, letters,
                "event %" PRIu64 ": %.50s", first->n, text);
    shapes_text(&p->shapes, x - 4, TOP - 17, LEFT_AT,
                (struct letters){8, PAINT_FAULT, false, NULL}, "at %.3f ms%s%s",
                (double)first->us / 1000,
                names[0] != '\0' ? "; the other differs in " : "", names);
}

// ----------------------------------------------------------- around the panels

// What is equal, folded into one bar over both panels.
static void draw_prefix(struct picture *p)
{
    const struct diff *diff = p->diff;
    int n = diff->side[1].trace->header.n_servers;
    double left = panel_x(p, 0) - 8, right = panel_x(p, 1) + n * PITCH;
    char text[160];
    if (diff->equal)
        snprintf(text, sizeof text, "all %zu event%s equal%s", diff->first,
                 diff->first == 1 ? " is" : "s are",
                 diff->times ? "" : ", times aside");
    else
        snprintf(text, sizeof text, "the first %zu event%s equal%s%s",
                 diff->first, diff->first == 1 ? " is" : "s are",
                 diff->times ? "" : ", times aside",
                 diff->only_time
                     ? "; then times differ (--no-times looks past that)"
                     : "");
    shapes_band(&p->shapes, (struct area){left, 48, right, 70},
                "style=\"filled,rounded\", penwidth=0, fillcolor=\"" PAINT_SHADE
                "\"",
                NULL);
    shapes_text(&p->shapes, (left + right) / 2, 59, MIDDLE_AT,
                (struct letters){10, PAINT_INK, true, NULL}, "%s", text);
    if (!diff->equal)
        shapes_line(&p->shapes, left, TOP - 7, right, TOP - 7,
                    "penwidth=2, color=\"" PAINT_FAULT "\"",
                    "the first difference");
}

static void draw_axis(struct picture *p)
{
    double last = -100;
    for (size_t i = 0; i < p->n; i++) {
        double y = p->moment[i].y;
        if (i + 1 < p->n) {
            double ms = (double)(p->moment[i + 1].us - p->moment[i].us) / 1000;
            if (ms > IDLE_MS && ms * PT_PER_MS > MOST_ROW)
                shapes_fill(
                    &p->shapes,
                    (struct area){LEFT - 8, p->moment[i + 1].y - 8,
                                  panel_x(p, 1) +
                                      p->diff->side[1].trace->header.n_servers *
                                          PITCH,
                                  p->moment[i + 1].y - 5},
                    "#F0F0F0", "quiet time, cut short");
        }
        if (y - last < 16)
            continue;
        last = y;
        shapes_text(&p->shapes, LEFT - 14, y, RIGHT_AT,
                    (struct letters){8, PAINT_QUIET, false, NULL}, "+%.1f ms",
                    (double)p->moment[i].us / 1000);
    }
}

static double draw_facts(struct picture *p, double y)
{
    struct diff_fact fact[DIFF_FACTS];
    size_t n = diff_facts(p->diff, fact);
    struct letters quiet = {9, PAINT_QUIET, false, NULL};
    struct letters ink = {9, PAINT_INK, true, NULL};
    if (n > 0) {
        shapes_text(&p->shapes, LEFT, y, LEFT_AT, ink, "in the whole runs");
        shapes_text(&p->shapes, LEFT + 220, y, RIGHT_AT, ink, "A");
        shapes_text(&p->shapes, LEFT + 290, y, RIGHT_AT, ink, "B");
    }
    for (size_t i = 0; i < n; i++) {
        y += 14;
        shapes_text(&p->shapes, LEFT, y, LEFT_AT, quiet, "%s", fact[i].name);
        for (int side = 0; side < 2; side++)
            shapes_text(&p->shapes, LEFT + 220 + 70 * side, y, RIGHT_AT,
                        (struct letters){9, PAINT_INK, false, NULL}, "%" PRIu64,
                        fact[i].of[side]);
    }
    return y + (n > 0 ? 24 : 0);
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
    lay_out(&p);
    draw_prefix(&p);
    if (!diff->equal)
        draw_axis(&p);
    for (int side = 0; side < 2; side++) {
        draw_head(&p, side);
        if (diff->side[side].n_told == 0)
            continue;
        draw_lanes(&p, side);
        draw_messages(&p, side);
        draw_events(&p, side);
    }
    if (!diff->equal)
        shapes_text(&p.shapes, LEFT - 8, draw_facts(&p, p.bottom + 20), LEFT_AT,
                    (struct letters){8, PAINT_QUIET, false, NULL},
                    "bold = without its like on the other side; colour ="
                    " term; wide = leader, middle = candidate; grey lines ="
                    " heartbeats, dashed = replies, ✕ = lost");
    shapes_end(&p.shapes);
    free(p.moment);
    free(p.cross);
}
