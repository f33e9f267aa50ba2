// timeline_lanes.c -- a lane for each server: its roles, terms and absences.
#include <inttypes.h>
#include <stdlib.h>

#include "base/die.h"
#include "viz/draw/paint.h"
#include "timeline.h"

struct lane {
    double since;
    struct model_server state; // pointers in it are not used
};

static double half_width(const struct model_server *s)
{
    return s->role == TRACE_LEADER ? 11 : s->role == TRACE_CANDIDATE ? 7 : 4;
}

// A rectangle behind everything; looks are DOT attributes.
static void rectangle(struct drawing *d, struct box box, const char *looks)
{
    double top = box.top < d->from ? d->from : box.top;
    double bottom = box.bottom > d->bottom ? d->bottom : box.bottom;
    if (bottom - top < 0.5)
        return;
    box.top = top;
    box.bottom = bottom;
    timeline_rectangle(d, box, false, looks);
}

static void line(struct drawing *d, double x, double top, double bottom,
                 const char *looks)
{
    top = top < d->from ? d->from : top;
    bottom = bottom > d->bottom ? d->bottom : bottom;
    if (bottom - top < 0.5)
        return;
    int name = d->n_names++;
    fprintf(d->out,
            "d%d [shape=point, style=invis, width=0.01, pos=\"%.1f,%.1f\"];"
            " e%d [shape=point, style=invis, width=0.01, pos=\"%.1f,%.1f\"];"
            " d%d -> e%d [arrowhead=none, %s];\n",
            name, x, timeline_dot_y(d, top), name, x, timeline_dot_y(d, bottom),
            name, name, looks);
}

static void segment(struct drawing *d, int server, const struct lane *lane,
                    double until)
{
    const struct model_server *s = &lane->state;
    double x = timeline_x(d, server), half = half_width(s);
    char looks[160], pale[8];
    const char *fill = paint_term(s->term), *ink = paint_line(s->term);
    if (!model_appeared(s))
        return; // not born yet
    if (!s->up) {
        line(d, x, lane->since, until,
             "style=dotted, penwidth=1.6, color=\"" PAINT_QUIET "\"");
        return;
    }
    if (s->role == TRACE_LEADER)
        snprintf(looks, sizeof looks,
                 "style=filled, fillcolor=\"%s\", color=\"%s\", penwidth=1",
                 fill, ink);
    else if (s->role == TRACE_CANDIDATE)
        snprintf(looks, sizeof looks,
                 "style=striped, fillcolor=\"%s:white:%s:white:%s\","
                 " color=\"%s\", penwidth=1",
                 fill, fill, fill, ink);
    else
        snprintf(looks, sizeof looks,
                 "style=filled, fillcolor=\"%s\", penwidth=0",
                 paint_pale(s->term, pale));
    rectangle(d, (struct box){x - half, lane->since, x + half, until}, looks);
    if (s->paused)
        rectangle(d,
                  (struct box){x + half + 2, lane->since, x + half + 6, until},
                  "style=striped, penwidth=0, fillcolor=\"" PAINT_QUIET
                  ":white:" PAINT_QUIET "\"");
}

static bool looks_different(const struct model_server *a,
                            const struct model_server *b)
{
    return a->up != b->up || a->role != b->role || a->term != b->term ||
           a->paused != b->paused;
}

// A pill beside the lane where role or term change.
static void pill(struct drawing *d, int server, const struct model_server *s,
                 double y, const struct trace_event *event)
{
    struct style style = {8, paint_text(s->term), paint_term(s->term), true};
    double x = timeline_x(d, server) - half_width(s) - 3;
    bool narrow = d->pitch < 100, tiny = d->pitch < 66;
    const char *role = trace_role_name(s->role);
    if (s->role == TRACE_FOLLOWER || tiny) // the lane's width tells the role
        timeline_label(d, x, y, -1, style, event, "T%" PRIu64, s->term);
    else
        timeline_label(d, x, y, -1, style, event, "%.*s T%" PRIu64,
                       narrow ? 4 : 20, role, s->term);
}

// Is this change of a server only half of one, as a new term is before the
// role that it brings?
static bool goes_on(const struct scene *scene, size_t at)
{
    const struct trace_event *event = &scene->trace->event[at];
    for (size_t i = at + 1; i < scene->end && i < at + 8; i++) {
        const struct trace_event *next = &scene->trace->event[i];
        if (next->us > event->us + 10)
            return false;
        if (next->node == event->node &&
            (next->kind == TRACE_ROLE || next->kind == TRACE_TERM))
            return true;
    }
    return false;
}

static void change(struct drawing *d, int s, struct lane *lane,
                   const struct model_server *now,
                   const struct trace_event *event)
{
    static const struct style cross = {11, PAINT_FAULT, NULL, true},
                              back = {11, PAINT_INK, NULL, true},
                              quiet = {7, PAINT_QUIET, NULL, false};
    double y = timeline_y(d, event);
    segment(d, s, lane, y);
    bool gone = lane->state.up && !now->up;
    bool comes = !lane->state.up && now->up && lane->state.booted;
    bool said = lane->state.role != now->role || lane->state.term != now->term;
    *lane = (struct lane){y, *now};
    if (gone && event->kind == TRACE_KILL)
        timeline_label(d, timeline_x(d, s) + 12, y, 1, quiet, event, "stopped");
    else if (gone)
        timeline_label(d, timeline_x(d, s) + 12, y, 1, cross, event, "✕");
    else if (comes)
        timeline_label(d, timeline_x(d, s) + 12, y, 1, back, event, "↻");
    if (now->up && (said || comes) && now->term > 0)
        pill(d, s, now, y, event);
}

// Does the server change so soon behind the page's top that a pill there would
// only be in the way?
static bool changes_soon(const struct drawing *d, size_t at, int server)
{
    const struct trace_event *event = d->scene.trace->event;
    for (size_t i = at; i < d->scene.end; i++) {
        if (timeline_y(d, &event[i]) > d->from + 8)
            return false;
        bool change =
            event[i].kind == TRACE_ROLE || event[i].kind == TRACE_TERM ||
            event[i].kind == TRACE_BOOT || event[i].kind == TRACE_CRASH;
        if (change && event[i].node == server)
            return true;
    }
    return false;
}

// The state at the top of a page, before the event at a position.
static void begin_page(struct drawing *d, struct lane *lane,
                       const struct model *model, size_t at)
{
    for (int s = 0; s < model->n_servers; s++) {
        const struct model_server *now = &model->server[s];
        lane[s] = (struct lane){d->from, *now};
        if (d->lane[s] >= 0 && now->up && now->term > 0 &&
            !changes_soon(d, at, s))
            pill(d, s, now, d->from, NULL);
    }
}

void timeline_lanes(struct drawing *d)
{
    const struct scene *scene = &d->scene;
    const struct trace_event *event = scene->trace->event;
    int n = scene->before.n_servers;
    struct lane *lane = must_calloc((size_t)n, sizeof *lane);
    struct model model;
    model_copy(&model, &scene->before);
    bool begun = d->page <= 1;
    if (begun)
        begin_page(d, lane, &model, scene->begin);
    for (size_t i = scene->begin; i < scene->end; i++) {
        double y = timeline_y(d, &event[i]);
        if (!begun && y > d->from) {
            begin_page(d, lane, &model, i);
            begun = true;
        }
        model_step(&model, &event[i]);
        int s = event[i].node;
        if (!begun || y > d->until || s < 0 || s >= n || d->lane[s] < 0 ||
            !looks_different(&lane[s].state, &model.server[s]) ||
            goes_on(scene, i))
            continue;
        change(d, s, &lane[s], &model.server[s], &event[i]);
    }
    for (int s = 0; s < n && begun; s++)
        if (d->lane[s] >= 0)
            segment(d, s, &lane[s], d->bottom);
    free(lane);
    model_free(&model);
}
