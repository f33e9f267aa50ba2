// timeline_back.c -- what stands behind the lanes: who is cut off from whom,
// time without events, rounds that are folded; and heartbeats as a count.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/paint.h"
#include "timeline.h"

static const double COLUMN = 46; // half of a shaded one

static void fill(struct drawing *d, struct box box, const char *colour)
{
    char looks[80];
    snprintf(looks, sizeof looks, "style=filled, fillcolor=\"%s\", penwidth=0",
             colour);
    timeline_rectangle(d, box, true, looks);
}

// ------------------------------------------------------------------ cut off

enum { TOGETHER = -1, OFF = -2 }; // else: the number of the side

static int side_of(const struct model *model, int server)
{
    if (!model->server[server].connected)
        return OFF;
    return model->partitioned ? model->server[server].group : TOGETHER;
}

static void shade(struct drawing *d, int server, int side, double top,
                  double bottom, bool labels)
{
    static const char *const colours[] = {"#ECECEC", "#FBF1DC", "#E4F0F6"};
    double x = timeline_x(d, server), half = COLUMN;
    if (half > d->pitch / 2 - 4)
        half = d->pitch / 2 - 4;
    if (d->widest > 0 && half > d->margin - 6) // words stand behind the last
        half = d->margin - 6;
    top = top < d->from ? d->from - 4 : top - 4;
    bottom = bottom > d->bottom ? d->bottom : bottom;
    if (side == TOGETHER || bottom - top < 12)
        return; // over before anything happens
    if (!labels) {
        fill(d, (struct box){x - half, top, x + half, bottom},
             side == OFF ? "#F3E3DA" : colours[(unsigned)side % 3]);
        return;
    }
    struct style off = {7, PAINT_QUIET, NULL, false},
                 letter = {9, PAINT_QUIET, NULL, true};
    x += half - 1;
    top = top < d->from ? d->from : top;
    if (side == OFF)
        timeline_label(d, x, top + 10, -1, off, NULL,
                       d->pitch < TIMELINE_NARROW ? "off" : "cut off");
    else
        timeline_label(d, x, top + 10, -1, letter, NULL, "%c", 'A' + side % 26);
}

void timeline_sides(struct drawing *d, bool labels)
{
    const struct scene *scene = &d->scene;
    const struct trace_event *event = scene->trace->event;
    int n = scene->before.n_servers;
    struct {
        int side;
        double since;
    } *column = must_calloc((size_t)n, sizeof *column);
    struct model model;
    model_copy(&model, &scene->before);
    for (int s = 0; s < n; s++) {
        column[s].side = side_of(&model, s);
        column[s].since = TIMELINE_TOP;
    }
    for (size_t i = scene->begin; i <= scene->end; i++) {
        bool last = i == scene->end;
        if (!last)
            model_step(&model, &event[i]);
        if (!last &&
            (event[i].kind < TRACE_CONNECT || event[i].kind > TRACE_HEAL))
            continue;
        double y = last ? d->bottom : timeline_y(d, &event[i]);
        for (int s = 0; s < n; s++) {
            int side = last ? TOGETHER : side_of(&model, s);
            if (side == column[s].side)
                continue;
            if (d->lane[s] >= 0 && y > d->from && column[s].since < d->until)
                shade(d, s, column[s].side, column[s].since, y, labels);
            column[s].side = side;
            column[s].since = y;
        }
    }
    free(column);
    model_free(&model);
}

// -------------------------------------------------------------------- bands

// Rounds that are not drawn, in words; in two lines where one is too wide.
static void fold_label(struct drawing *d, const struct band *band)
{
    const struct scene_fold *fold = band->fold;
    char said[100], count[60], text[180];
    scene_say_fold(fold, said, sizeof said);
    snprintf(count, sizeof count, "%zu round%s, %zu message%s", fold->n_rounds,
             fold->n_rounds == 1 ? "" : "s", fold->n_messages,
             fold->n_messages == 1 ? "" : "s");
    snprintf(text, sizeof text, "%s: %s", said, count);
    double middle = (d->left + timeline_right(d)) / 2;
    double width = paint_width(text, 9, true) + 14;
    double y = band->top + TIMELINE_IDLE / 2, height = 18;
    if (d->widest > 0 && width > 2 * fmin(middle - 4, d->widest - middle)) {
        double room = d->widest - TIMELINE_TIMES;
        char *comma = strstr(said, ", ");
        width = paint_width(said, 9, true) + 14;
        height = 28;
        if (width > room && comma != NULL) {
            *comma = '\0';
            width = fmax(paint_width(said, 9, true),
                         paint_width(comma + 2, 9, true)) +
                    20;
            height = 38;
            snprintf(text, sizeof text, "%s,\\n%s:\\n%s", said, comma + 2,
                     count);
        } else
            snprintf(text, sizeof text, "%s:\\n%s", said, count);
        width = fmax(width, paint_width(count, 9, true) + 14);
        middle = fmin(fmax(middle, TIMELINE_TIMES + width / 2),
                      d->widest - width / 2);
    }
    fprintf(d->out,
            "f%d [shape=box, style=\"filled,rounded\", penwidth=0,"
            " fillcolor=white, fixedsize=shape, width=%.3f, height=%.3f,"
            " pos=\"%.1f,%.1f\", fontsize=9, fontcolor=\"" PAINT_INK
            "\", " PAINT_BOLD ", label=\"%s\"];\n",
            d->n_names++, width / 72, height / 72, middle, timeline_dot_y(d, y),
            text);
    timeline_take(d,
                  (struct box){middle - width / 2, band->top,
                               middle + width / 2, band->top + TIMELINE_IDLE});
}

void timeline_time(struct drawing *d, double y, const char *text)
{
    double right = TIMELINE_TIMES - 4;
    struct box box = {right - paint_width(text, 8, false), y - 5, right, y + 5};
    if (!timeline_is_free(d, box))
        return;
    timeline_take(d, box);
    fprintf(d->out,
            "t%d [shape=plaintext, fixedsize=shape, width=0.83, height=0.15,"
            " pos=\"%.1f,%.1f\", fontsize=8, fontcolor=\"" PAINT_QUIET
            "\", label=\"%s\\r\"];\n",
            d->n_names++, TIMELINE_TIMES - 34, timeline_dot_y(d, y), text);
}

void timeline_bands(struct drawing *d)
{
    char text[40];
    for (size_t i = 0; i < d->n_bands; i++) {
        const struct band *band = &d->band[i];
        double top = band->top + 4, bottom = band->top + TIMELINE_IDLE - 4;
        if (bottom < d->from || top > d->until)
            continue;
        fill(d,
             (struct box){d->left - 60, top < d->from ? d->from : top,
                          timeline_right(d) + (d->silent ? 24 : 60),
                          bottom > d->until ? d->until : bottom},
             "#F4F4F4");
        double ms = (double)band->us / 1000;
        snprintf(text, sizeof text, ms < 10 ? "%.1f ms%s" : "%.0f ms%s", ms,
                 // Not "idle": what is not drawn may have happened meanwhile.
                 band->fold == NULL && d->muted == NULL ? " later" : "");
        double y = (top + bottom) / 2;
        if (!timeline_on_page(d, y))
            continue;
        if (!d->untimed)
            timeline_time(d, y, text);
        if (band->fold != NULL)
            fold_label(d, band);
    }
}

void timeline_times(struct drawing *d)
{
    double last = -100;
    char text[40], said[40] = "";
    for (size_t i = d->scene.begin; i < d->scene.end; i++) {
        double y = d->y[i - d->scene.begin];
        if (y - last < 22 || d->scene.folded[i - d->scene.begin] ||
            !timeline_on_page(d, y))
            continue;
        snprintf(text, sizeof text, "%.1f ms",
                 (double)d->scene.trace->event[i].us / 1000);
        // Where time is stretched, many rows are the same moment.
        if (strcmp(text, said) == 0)
            continue;
        last = y;
        timeline_time(d, y, text);
        strcpy(said, text);
    }
}

// --------------------------------------------------------------- heartbeats

// Those of one leader between two rows: a thin double line with their number.
static void pulse(struct drawing *d, int server, double top, double bottom,
                  size_t n)
{
    static const struct style style = {7, PAINT_QUIET, NULL, false};
    double x = timeline_x(d, server) + 15;
    if (bottom - top < 14 || !timeline_on_page(d, (top + bottom) / 2))
        return;
    for (int i = 0; i < 2; i++)
        timeline_rectangle(
            d,
            (struct box){x + 2.4 * i, top + 3, x + 2.4 * i + 0.7, bottom - 3},
            false, "style=filled, fillcolor=\"#9A9A9A\", penwidth=0");
    timeline_label(d, x + 5, (top + bottom) / 2, 1, style, NULL, "×%zu", n);
}

// One leader's heartbeats since something else happened on its lane.
struct run {
    double top, bottom;
    size_t n;
};

static void end_run(struct drawing *d, size_t server, struct run *run)
{
    if (run->n > 1 && d->lane[server] >= 0)
        pulse(d, (int)server, run->top, run->bottom, run->n);
    run->n = 0;
}

// The y of the next row behind a position.
static double next_row(const struct drawing *d, size_t at)
{
    double y = d->y[at];
    for (; at < d->scene.end - d->scene.begin; at++)
        if (d->y[at] > y)
            return d->y[at];
    return d->end - 10;
}

void timeline_heartbeats(struct drawing *d)
{
    const struct scene *scene = &d->scene;
    const struct trace_event *event = scene->trace->event;
    size_t n_servers = (size_t)scene->before.n_servers;
    struct run *run = must_calloc(n_servers, sizeof *run);
    size_t *at = must_calloc(scene->end - scene->begin + 1, sizeof *at);
    // Which message leaves at which position: its number + 1.
    for (size_t i = 0; i < scene->n_messages; i++) {
        const struct scene_message *m = &scene->message[i];
        if (m->fate == SCENE_HEARTBEAT && scene_begins_in(scene, m))
            at[(size_t)(m->sent - event) - scene->begin] = i + 1;
    }
    for (size_t i = 0; i < scene->end - scene->begin; i++) {
        int node = event[scene->begin + i].node;
        if (d->row[i] && node >= 0 && (size_t)node < n_servers)
            end_run(d, (size_t)node, &run[node]);
        if (at[i] == 0)
            continue;
        const struct scene_message *m = &scene->message[at[i] - 1];
        struct run *mine = &run[m->reply ? m->to : m->from];
        // Answers to what is drawn begin no run.
        if (mine->n == 0 && m->reply)
            continue;
        if (mine->n++ == 0)
            mine->top = d->y[i];
        mine->bottom = next_row(d, i);
    }
    for (size_t s = 0; s < n_servers; s++)
        end_run(d, s, &run[s]);
    free(run);
    free(at);
}
