// timeline.c -- the space-time diagram: lanes, messages, what servers do.
//
// Time runs downwards, a lane for each server. The colour is the term, always;
// the lane's width and pattern is the role. Rows are a monotone warp of time:
// close events get room, idle time becomes a band of fixed height.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../src/trace/die.h"
#include "../src/trace/model.h"
#include "paint.h"
#include "timeline.h"

static const double LEFT = 120;
static const double PT_PER_MS = 6.5, MIN_ROW = 3.2, MAX_ROW = 26;
static const double LABEL_ROW = 12;
static const double IDLE_MS = 15, IDLE_PT = 40;

double timeline_x(int server)
{
    return LEFT + server * TIMELINE_PITCH;
}

double timeline_y(const struct drawing *d, const struct trace_event *event)
{
    size_t at = (size_t)(event - d->scene.trace->event);
    if (at < d->scene.begin)
        return TIMELINE_TOP;
    return at >= d->scene.end ? d->bottom : d->y[at - d->scene.begin];
}

// ------------------------------------------------------------------- the rows

// Does anything of this event stand in the picture?
static bool is_drawn(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_TIMEOUT:
    case TRACE_ROLE:
    case TRACE_TERM:
    case TRACE_START:
    case TRACE_APPEND:
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
    default:
        return false;
    }
}

static void band(struct drawing *d, double top, double ms, const char *what)
{
    double right = timeline_x(d->n_servers - 1) + 60;
    fprintf(d->out,
            "subgraph cluster_idle%d { graph [bb=\"%.1f,%.1f,%.1f,%.1f\","
            " style=filled, fillcolor=\"#F4F4F4\", penwidth=0, label=\"\"]; }\n"
            "idle%d [shape=plaintext, pos=\"%.1f,%.1f\", fontsize=8,"
            " fontcolor=\"" PAINT_QUIET "\", label=\"%.0f ms%s\"];\n",
            d->n_names, timeline_x(0) - 60, -(top + IDLE_PT - 4), right,
            -(top + 4), d->n_names, 28.0, -(top + IDLE_PT / 2), ms, what);
    d->n_names++;
}

// A run of rounds that is not drawn: a band that says so.
static void fold_band(struct drawing *d, double top,
                      const struct scene_fold *fold)
{
    const struct trace_event *event = d->scene.trace->event;
    uint64_t us = event[fold->end].us - event[fold->first].us;
    char text[120];
    snprintf(text, sizeof text,
             "entries %" PRIu64 "..%" PRIu64
             " replicated and committed: %zu rounds, %zu messages",
             fold->from, fold->to, fold->n_rounds, fold->n_messages);
    band(d, top, (double)us / 1000, "");
    double middle = (timeline_x(0) + timeline_x(d->n_servers - 1)) / 2;
    double width = paint_width(text, 9) * 1.08 + 12;
    fprintf(d->out,
            "fold%zu [shape=box, style=\"filled,rounded\", penwidth=0,"
            " fillcolor=white, fixedsize=shape, width=%.3f, height=0.25,"
            " pos=\"%.1f,%.1f\", fontsize=9, fontcolor=\"" PAINT_INK
            "\", label=<<B>%s</B>>];\n",
            fold->first, width / 72, middle, -(top + IDLE_PT / 2), text);
    timeline_take(d, (struct box){middle - width / 2, top, middle + width / 2,
                                  top + IDLE_PT});
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
        if (is_drawn(e) && !d->scene.folded[i])
            room[i] = e->kind == TRACE_START && e->ok ? LABEL_ROW : MIN_ROW;
    }
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *m = &d->scene.message[i];
        if (m->hidden)
            continue;
        room[(size_t)(m->sent - event) - d->scene.begin] =
            m->n_retries > 0 ? LABEL_ROW : MIN_ROW;
        if (m->received != NULL)
            room[(size_t)(m->received - event) - d->scene.begin] = MIN_ROW;
    }
    return room;
}

static void lay_out_rows(struct drawing *d)
{
    const struct trace_event *event = d->scene.trace->event;
    size_t n = d->scene.end - d->scene.begin;
    double *room = find_rows(d);
    d->y = must_calloc(n + 1, sizeof *d->y);
    const struct trace_event *last = NULL;
    double y = TIMELINE_TOP;
    size_t n_folds = 0;
    for (size_t i = 0; i < n; i++) {
        const struct trace_event *now = &event[d->scene.begin + i];
        if (n_folds < d->scene.n_folds &&
            d->scene.fold[n_folds].first == d->scene.begin + i) {
            y += MAX_ROW / 2;
            fold_band(d, y, &d->scene.fold[n_folds++]);
            y += IDLE_PT;
            last = NULL;
        }
        if (room[i] > 0 && last != NULL) {
            double ms = (double)(now->us - last->us) / 1000;
            double step = ms * PT_PER_MS;
            bool together = ms < 0.3 && now->node == last->node;
            if (ms > IDLE_MS) {
                band(d, y, ms, " idle");
                step = IDLE_PT;
            } else if (step > MAX_ROW)
                step = MAX_ROW;
            else if (step < room[i])
                step = together && room[i] <= MIN_ROW ? 0 : room[i];
            y += step;
        }
        if (room[i] > 0)
            last = now;
        d->y[i] = y;
    }
    d->bottom = y + 24;
    free(room);
}

// ------------------------------------------------------------------ the lanes

struct lane {
    double since;
    struct model_server state; // pointers in it are not used
};

static void segment(struct drawing *d, int server, const struct lane *lane,
                    double until)
{
    char pale[8];
    const struct model_server *s = &lane->state;
    double x = timeline_x(server), half = 4;
    char style[128];
    if (until - lane->since < 0.5)
        return;
    if (!s->up) {
        fprintf(d->out,
                "d%d [shape=point, width=0.01, pos=\"%.1f,%.1f\"];"
                " e%d [shape=point, width=0.01, pos=\"%.1f,%.1f\"];"
                " d%d -> e%d [style=dotted, arrowhead=none, penwidth=1.6,"
                " color=\"" PAINT_QUIET "\"];\n",
                d->n_names, x, -lane->since, d->n_names, x, -until, d->n_names,
                d->n_names);
        d->n_names++;
        return;
    }
    paint_pale(s->term, pale);
    const char *line = paint_line(s->term);
    if (s->role == TRACE_LEADER) {
        half = 11;
        snprintf(style, sizeof style,
                 "style=filled, fillcolor=\"%s\", color=\"%s\"",
                 paint_term(s->term), line);
    } else if (s->role == TRACE_CANDIDATE) {
        half = 7;
        snprintf(style, sizeof style,
                 "style=striped, fillcolor=\"%s:white:%s:white:%s\","
                 " color=\"%s\"",
                 paint_term(s->term), paint_term(s->term), paint_term(s->term),
                 line);
    } else
        snprintf(style, sizeof style,
                 "style=filled, fillcolor=\"%s\", penwidth=0", pale);
    fprintf(d->out,
            "subgraph cluster_l%d { graph [bb=\"%.1f,%.1f,%.1f,%.1f\", %s,"
            " label=\"\"]; }\n",
            d->n_names++, x - half, -until, x + half, -lane->since, style);
}

// The shade of each side of a partition, behind the lanes.
static void shade(struct drawing *d, const struct trace_event *from,
                  const struct trace_event *until)
{
    static const char *const fill[] = {"#ECECEC", "#FBF1DC", "#E4F0F6"};
    double top = timeline_y(d, from) - 4;
    double bottom = until != NULL ? timeline_y(d, until) : d->bottom;
    if (bottom - top < MAX_ROW)
        return; // over before anything happens
    for (size_t i = 0; i < from->n_groups && (int)i < d->n_servers; i++) {
        int group = from->groups[i] % 3;
        double x = timeline_x((int)i);
        fprintf(d->out,
                "subgraph cluster_p%d { graph [bb=\"%.1f,%.1f,%.1f,%.1f\","
                " style=filled, fillcolor=\"%s\", penwidth=0, label=\"\"]; }\n"
                "p%d [shape=plaintext, pos=\"%.1f,%.1f\", fontsize=9,"
                " fontcolor=\"" PAINT_QUIET "\", label=<<B>%c</B>>];\n",
                d->n_names, x - 46, -bottom, x + 46, -top, fill[group],
                d->n_names, x + 38, -(top + 8), 'A' + group);
        d->n_names++;
    }
}

static void draw_partitions(struct drawing *d)
{
    const struct trace_event *event = d->scene.trace->event, *open = NULL;
    for (size_t i = 0; i < d->scene.end; i++) {
        if (event[i].kind != TRACE_PARTITION && event[i].kind != TRACE_HEAL)
            continue;
        if (open != NULL && i >= d->scene.begin)
            shade(d, open, &event[i]);
        open = event[i].kind == TRACE_PARTITION ? &event[i] : NULL;
    }
    if (open != NULL)
        shade(d, open, NULL);
}

static bool looks_different(const struct model_server *a,
                            const struct model_server *b)
{
    return a->up != b->up || a->role != b->role || a->term != b->term;
}

// A pill beside the lane where role or term change.
static void pill(struct drawing *d, int server, const struct model_server *s,
                 double half, const struct trace_event *event)
{
    struct style style = {8, paint_text(s->term), paint_term(s->term), true};
    double x = timeline_x(server) - half - 3, y = timeline_y(d, event);
    if (s->role == TRACE_FOLLOWER)
        timeline_label(d, x, y, -1, style, event, "T%" PRIu64, s->term);
    else
        timeline_label(d, x, y, -1, style, event, "%s T%" PRIu64,
                       trace_role_name(s->role), s->term);
}

// Is this change of a server only half of one, as a new term is before the
// role that it brings?
static bool goes_on(const struct trace_file *trace, size_t at, size_t end)
{
    const struct trace_event *event = &trace->event[at];
    for (size_t i = at + 1; i < end && i < at + 8; i++) {
        const struct trace_event *next = &trace->event[i];
        if (next->us > event->us + 10)
            return false;
        if (next->node == event->node &&
            (next->kind == TRACE_ROLE || next->kind == TRACE_TERM))
            return true;
    }
    return false;
}

static void draw_lanes(struct drawing *d)
{
    const struct trace_file *trace = d->scene.trace;
    struct lane *lane = must_calloc((size_t)d->n_servers, sizeof *lane);
    struct model model;
    model_init(&model, d->n_servers);
    for (size_t i = 0; i < d->scene.end; i++) {
        const struct trace_event *event = &trace->event[i];
        model_step(&model, event);
        if (i < d->scene.begin)
            continue;
        for (int s = 0; s < d->n_servers; s++) {
            struct lane *l = &lane[s];
            if (i == d->scene.begin) {
                *l = (struct lane){TIMELINE_TOP, model.server[s]};
                if (l->state.up && l->state.term > 0)
                    pill(d, s, &l->state, 11, event);
                continue;
            }
            if (event->node != s ||
                !looks_different(&l->state, &model.server[s]))
                continue;
            if (goes_on(trace, i, d->scene.end))
                continue;
            double y = timeline_y(d, event);
            segment(d, s, l, y);
            bool gone = l->state.up && !model.server[s].up;
            *l = (struct lane){y, model.server[s]};
            if (gone)
                timeline_label(d, timeline_x(s) + 8, y, 1,
                               (struct style){11, PAINT_FAULT, NULL, true},
                               event, "✕");
            else if (l->state.up)
                pill(d, s, &l->state, l->state.role == TRACE_LEADER ? 11 : 7,
                     event);
        }
    }
    for (int s = 0; s < d->n_servers; s++)
        segment(d, s, &lane[s], d->bottom);
    free(lane);
    model_free(&model);
}

static void draw_times(struct drawing *d)
{
    double last = -100;
    for (size_t i = d->scene.begin; i < d->scene.end; i++) {
        double y = d->y[i - d->scene.begin];
        if (y - last < 22 || d->scene.folded[i - d->scene.begin])
            continue;
        last = y;
        fprintf(d->out,
                "t%d [shape=plaintext, pos=\"28,%.1f\", fontsize=8,"
                " fontcolor=\"" PAINT_QUIET "\", label=\"%.1f ms\"];\n",
                d->n_names++, -y, (double)d->scene.trace->event[i].us / 1000);
    }
}

static void draw_plates(struct drawing *d, const char *title)
{
    for (int s = 0; s < d->n_servers; s++)
        fprintf(d->out,
                "s%d [shape=box, style=\"filled,rounded\", penwidth=0,"
                " fillcolor=\"" PAINT_INK "\", fontcolor=white, fontsize=11,"
                " width=0.62, height=0.28, pos=\"%.1f,%.1f\","
                " label=<<B>S%d</B>>];\n",
                s, timeline_x(s), -(TIMELINE_TOP - 30), s + 1);
    double width = paint_width(title, 12) * 1.1 + 6;
    fprintf(d->out,
            "title [shape=plaintext, fixedsize=shape, width=%.3f, height=0.2,"
            " pos=\"%.1f,-10\", fontsize=12, fontcolor=\"" PAINT_INK
            "\", label=<<B>",
            width / 72, 4 + width / 2);
    paint_html(d->out, title);
    fputs("</B><BR ALIGN=\"LEFT\"/>>];\n", d->out);
}

static void draw_foot(struct drawing *d)
{
    char text[3][200] = {"", "", ""};
    snprintf(text[0], sizeof text[0],
             "lane: pale = follower, striped = candidate, solid = leader,"
             " dotted = down; colour = term");
    snprintf(text[1], sizeof text[1],
             "solid = request, dashed = reply, bar = refused, ✕ = lost;"
             " thick = carries entries%s",
             d->scene.n_hidden > 0 ? "; heartbeats not drawn (--heartbeats)"
                                   : "");
    int n = 0;
    if (d->scene.n_retries > 0)
        n = snprintf(text[2], sizeof text[2],
                     "not drawn: %zu of the tries that a request's mark counts",
                     d->scene.n_retries);
    if (d->scene.n_folded > 0)
        snprintf(text[2] + n, sizeof text[2] - (size_t)n,
                 "%s%zu messages of the rounds in a band",
                 n > 0 ? ", " : "not drawn: ", d->scene.n_folded);
    for (int i = 0; i < 3 && text[i][0] != '\0'; i++) {
        double width = paint_width(text[i], 8) + 4;
        fprintf(d->out,
                "foot%d [shape=plaintext, fixedsize=shape, width=%.3f,"
                " height=0.15, pos=\"%.1f,%.1f\", fontsize=8, "
                "fontcolor=\"" PAINT_QUIET "\", label=\"%s\\l\"];\n",
                i, width / 72, 4 + width / 2, -(d->bottom + 18 + 12 * i),
                text[i]);
    }
}

size_t viz_timeline(const struct trace_file *trace,
                    const struct viz_window *window, FILE *out)
{
    struct drawing d = {.out = out, .n_servers = trace->header.n_servers};
    scene_make(&d.scene, trace, window);
    fprintf(out, "digraph timeline {\n"
                 "graph [layout=nop2, splines=line, outputorder=edgesfirst,"
                 " pad=0.2];\n"
                 "node [fontname=\"Helvetica,Arial,sans-serif\", margin=0];\n"
                 "edge [arrowsize=0.55];\n");
    char title[200];
    snprintf(title, sizeof title, "%s, seed %s", trace->header.scenario,
             trace->header.seed);
    if (d.scene.begin < d.scene.end &&
        trace->event[d.scene.begin].kind == TRACE_ACT)
        snprintf(title, sizeof title, "%s: %s, seed %s", trace->header.scenario,
                 trace->event[d.scene.begin].text, trace->header.seed);
    lay_out_rows(&d);
    for (size_t i = d.scene.begin; i < d.scene.end; i++)
        if (trace->event[i].kind == TRACE_ACT && i > d.scene.begin)
            timeline_event(&d, &trace->event[i]);
    // Lanes reserve their room before any label is placed.
    for (int s = 0; s < d.n_servers; s++)
        timeline_take(&d, (struct box){timeline_x(s) - 7, TIMELINE_TOP,
                                       timeline_x(s) + 7, d.bottom});
    for (size_t i = d.scene.begin; i < d.scene.end; i++)
        if (trace->event[i].kind != TRACE_ACT &&
            !d.scene.folded[i - d.scene.begin])
            timeline_event(&d, &trace->event[i]);
    draw_partitions(&d);
    draw_lanes(&d);
    timeline_messages(&d);
    draw_times(&d);
    draw_plates(&d, title);
    draw_foot(&d);
    fputs("}\n", out);
    size_t n = d.scene.n_messages - d.scene.n_hidden;
    scene_free(&d.scene);
    free(d.y);
    free(d.box);
    return n;
}
