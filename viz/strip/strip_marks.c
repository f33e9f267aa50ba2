// strip_marks.c -- acts, faults, findings, commits and the axis of a strip.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/findings.h"
#include "trace/fields.h"
#include "viz/draw/paint.h"
#include "strip.h"

// Names stand in two rows; one that fits in neither is in its line's tip.
void strip_acts(struct strip *s, double y)
{
    enum { ROW = 12 };
    struct letters letters = {9, PAINT_INK, false, NULL};
    double taken[2] = {0, 0};
    for (size_t i = s->spans.begin; i < s->spans.end; i++) {
        const struct trace_event *event = &s->trace->event[i];
        if (event->kind != TRACE_ACT)
            continue;
        const char *text = event->text != NULL ? event->text : "";
        double x = strip_x(s, event->us);
        double width = shapes_width(text, letters);
        bool fits = x + width < STRIP_LEFT + s->width + (s->narrow ? 8 : 40);
        double left = fits ? x : x - width - 6;
        int row = left >= taken[0] ? 0 : 1;
        double top = y + row * ROW;
        shapes_line(&s->shapes, x, top - 6, x, s->bars_bottom,
                    "penwidth=0.5, color=\"" PAINT_FAINT "\"", text);
        if (left < taken[row])
            continue;
        shapes_text(&s->shapes, x, top, fits ? LEFT_AT : RIGHT_AT, letters,
                    "%s", text);
        taken[row] = left + width + 8;
    }
}

// What is marked on which server's lane, or NULL.
static const char *sign_of(const struct trace_event *event, int *server)
{
    *server =
        event->kind == TRACE_LINK ? trace_endpoint(event->from) : event->node;
    return event->kind == TRACE_CRASH                ? "✕"
           : event->kind == TRACE_RESTART            ? "↻"
           : event->kind == TRACE_LINK && !event->ok ? "✂"
                                                     : NULL;
}

// A sign; where they are crowded, a tick below the lane, and neighbours that
// would touch are one.
static void mark(struct strip *s, double *taken, bool crowded,
                 const struct trace_event *event)
{
    char tip[80], at[32];
    int server;
    const char *sign = sign_of(event, &server);
    double x = strip_x(s, event->us), y = strip_y(s, server);
    if (x < taken[server])
        return;
    taken[server] = x + (crowded ? 2 : 10);
    snprintf(tip, sizeof tip, "S%d %s at %s, event %" PRIu64, server + 1,
             trace_kinds[event->kind].name, shapes_time(event->us, at),
             event->n);
    if (crowded)
        shapes_line(&s->shapes, x, y + 12, x, y + 17,
                    "penwidth=1, color=\"" PAINT_FAULT "\"", tip);
    else
        shapes_text(&s->shapes, x, y, MIDDLE_AT,
                    (struct letters){11, PAINT_FAULT, true, NULL}, "%s", sign);
}

void strip_faults(struct strip *s)
{
    enum { ROOM = 16 }; // points that a sign wants
    size_t n = (size_t)s->spans.n_servers;
    double *taken = must_calloc(n + 1, sizeof *taken);
    size_t *n_marks = must_calloc(n + 1, sizeof *n_marks);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = s->spans.begin; i < s->spans.end; i++) {
            const struct trace_event *event = &s->trace->event[i];
            int server;
            if (sign_of(event, &server) == NULL || server < 0 ||
                server >= (int)n || s->row[server] < 0)
                continue;
            if (pass == 0)
                n_marks[server]++;
            else
                mark(s, taken, n_marks[server] * ROOM > s->width, event);
        }
    free(taken);
    free(n_marks);
}

void strip_findings(struct strip *s)
{
    double y = s->lanes_top - 14;
    bool said = false;
    for (size_t i = s->spans.begin; i < s->spans.end; i++) {
        const struct trace_event *event = &s->trace->event[i];
        if (event->kind != TRACE_FINDING)
            continue;
        char text[160];
        double x = strip_x(s, event->us);
        snprintf(text, sizeof text, "event %" PRIu64 ": %s%s%s", event->n,
                 event->what != NULL ? finding_headline(event->what)
                                     : "finding",
                 event->tag != NULL ? ", " : "",
                 event->tag != NULL ? event->tag : "");
        shapes_line(&s->shapes, x, y, x, s->bars_bottom,
                    "penwidth=2, color=\"" PAINT_FAULT "\"", text);
        if (!said)
            shapes_text(&s->shapes, x, y - 6,
                        x > STRIP_LEFT + s->width / 2 ? RIGHT_AT : LEFT_AT,
                        (struct letters){10, PAINT_FAULT, true, "white"}, "%s",
                        text);
        said = true;
    }
}

// ---------------------------------------------------------------- the commits

// Calls `found` for each event that commits what nobody had committed.
static uint64_t each_commit(const struct strip *s,
                            void (*found)(void *context,
                                          const struct trace_event *event,
                                          uint64_t n_entries),
                            void *context)
{
    uint64_t known = 0, n = 0;
    for (size_t i = 0; i < s->spans.end; i++) {
        const struct trace_event *event = &s->trace->event[i];
        if (event->kind != TRACE_COMMIT || event->to <= known)
            continue;
        uint64_t fresh = event->to - (known > 0 ? known : event->from);
        known = event->to;
        if (i < s->spans.begin)
            continue;
        n += fresh;
        if (found != NULL)
            found(context, event, fresh);
    }
    return n;
}

uint64_t strip_n_commits(const struct strip *s)
{
    return each_commit(s, NULL, NULL);
}

struct bars {
    uint64_t from_us, step_us, most;
    size_t n;
    uint64_t *count;
};

static void count_commit(void *context, const struct trace_event *event,
                         uint64_t n_entries)
{
    struct bars *bars = context;
    size_t at = (size_t)((event->us - bars->from_us) / bars->step_us);
    if (at >= bars->n)
        return;
    bars->count[at] += n_entries;
    if (bars->count[at] > bars->most)
        bars->most = bars->count[at];
}

void strip_commits(struct strip *s, double top, double bottom)
{
    enum { LEAST_BAR = 12 };
    uint64_t whole = s->spans.to_us - s->spans.from_us;
    struct bars bars = {.from_us = s->spans.from_us, .most = 1};
    bars.step_us = strip_step((double)whole * LEAST_BAR / s->width);
    bars.n = (size_t)(whole / bars.step_us) + 1;
    bars.count = must_calloc(bars.n, sizeof *bars.count);
    each_commit(s, count_commit, &bars);
    struct letters letters = {9, PAINT_QUIET, false, NULL};
    char step[32], tip[80];
    bool second = bars.step_us == 1000000;
    shapes_time(bars.step_us, step);
    for (size_t i = 0; i < bars.n; i++) {
        if (bars.count[i] == 0)
            continue;
        uint64_t from = s->spans.from_us + i * bars.step_us;
        double left = strip_x(s, from) + 0.5;
        double right = strip_x(s, from + bars.step_us) - 0.5;
        double height =
            (bottom - top) * (double)bars.count[i] / (double)bars.most;
        char at[32];
        snprintf(tip, sizeof tip, "%" PRIu64 " committed from %s on",
                 bars.count[i], shapes_time(from, at));
        shapes_fill(&s->shapes,
                    (struct area){left, bottom - (height > 1 ? height : 1),
                                  right > left ? right : left + 0.5, bottom},
                    PAINT_BAR, tip);
    }
    // Little width is all for the bars.
    double up = s->narrow ? 12 : 0;
    shapes_text(&s->shapes, STRIP_LEFT - 6, bottom - 18 - up, RIGHT_AT, letters,
                "commits");
    shapes_text(&s->shapes, STRIP_LEFT - 6, bottom - 6 - up, RIGHT_AT, letters,
                "per %s", second ? "s" : step);
    if (s->narrow)
        shapes_text(&s->shapes, STRIP_LEFT - 6, bottom - 6, RIGHT_AT, letters,
                    "at most %" PRIu64, bars.most);
    else
        shapes_text(&s->shapes, STRIP_LEFT + s->width + 4, top + 4, LEFT_AT,
                    letters, "at most %" PRIu64, bars.most);
    shapes_line(&s->shapes, STRIP_LEFT, top, STRIP_LEFT + s->width, top,
                "penwidth=0.5, style=dotted, color=\"" PAINT_FAINT "\"", NULL);
    free(bars.count);
}

void strip_axis(struct strip *s, double y)
{
    uint64_t whole = s->spans.to_us - s->spans.from_us;
    uint64_t step = strip_step((double)whole * 80 / s->width);
    bool seconds = s->spans.to_us >= 2000000;
    double unit = seconds ? 1e6 : 1e3;
    int digits = (double)step >= unit         ? 0
                 : (double)step * 10 >= unit  ? 1
                 : (double)step * 100 >= unit ? 2
                                              : 3;
    shapes_line(&s->shapes, STRIP_LEFT, y, STRIP_LEFT + s->width, y,
                "penwidth=0.8, color=\"" PAINT_QUIET "\"", NULL);
    uint64_t at = (s->spans.from_us + step - 1) / step * step;
    for (; at <= s->spans.to_us; at += step) {
        double x = strip_x(s, at);
        shapes_line(&s->shapes, x, y, x, y + 4,
                    "penwidth=0.8, color=\"" PAINT_QUIET "\"", NULL);
        shapes_text(&s->shapes, x, y + 12, MIDDLE_AT,
                    (struct letters){9, PAINT_QUIET, false, NULL}, "%.*f%s",
                    digits, (double)at / unit, seconds ? " s" : " ms");
    }
}

double strip_x(const struct strip *s, uint64_t us)
{
    double whole = (double)(s->spans.to_us - s->spans.from_us);
    if (us < s->spans.from_us || whole <= 0)
        return STRIP_LEFT;
    double part = (double)(us - s->spans.from_us) / whole;
    return STRIP_LEFT + s->width * (part < 1 ? part : 1);
}

double strip_y(const struct strip *s, int server)
{
    return s->lanes_top + s->pitch * (s->row[server] + 0.5);
}

uint64_t strip_step(double least_us)
{
    static const uint64_t mantissa[] = {1, 2, 5};
    uint64_t power = 1;
    for (int i = 0;; i = (i + 1) % 3) {
        if ((double)(mantissa[i] * power) >= least_us)
            return mantissa[i] * power;
        if (i == 2)
            power *= 10;
    }
}
