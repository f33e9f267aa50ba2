// timeline.c -- the space-time diagram: lanes, messages, what servers do.
//
// Time runs downwards, a lane for each server. The colour is the term, always;
// the lane's width and pattern is the role. Rows are a monotone warp of time:
// close events get room, idle time becomes a band of fixed height.
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../src/trace/die.h"
#include "../src/trace/model.h"
#include "paint.h"
#include "scene.h"

static const double PITCH = 128, LEFT = 120, TOP = 70;
static const double PT_PER_MS = 6.5, MIN_ROW = 3.2, MAX_ROW = 26;
static const double IDLE_MS = 15, IDLE_PT = 40;

enum { TEXT_ROOM = 120 };

struct box {
    double left, top, right, bottom;
};

struct drawing {
    struct scene scene;
    FILE *out;
    int n_servers;
    double *y; // [position - scene.begin]
    double bottom;
    struct box *box; // taken by labels
    size_t n_boxes, box_room;
    double said; // bottom of the last line of the narration
    int n_names;
};

static double lane_x(int server)
{
    return LEFT + server * PITCH;
}

static double y_of(const struct drawing *d, const struct trace_event *event)
{
    size_t at = (size_t)(event - d->scene.trace->event);
    if (at < d->scene.begin)
        return TOP;
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

static void band(struct drawing *d, double top, double ms)
{
    double right = lane_x(d->n_servers - 1) + 60;
    fprintf(d->out,
            "subgraph cluster_idle%d { graph [bb=\"%.1f,%.1f,%.1f,%.1f\","
            " style=filled, fillcolor=\"#F4F4F4\", penwidth=0, label=\"\"]; }\n"
            "idle%d [shape=plaintext, pos=\"%.1f,%.1f\", fontsize=8,"
            " fontcolor=\"" PAINT_QUIET "\", label=\"%.0f ms idle\"];\n",
            d->n_names, lane_x(0) - 60, -(top + IDLE_PT - 4), right, -(top + 4),
            d->n_names, 28.0, -(top + IDLE_PT / 2), ms);
    d->n_names++;
}

static void lay_out_rows(struct drawing *d)
{
    const struct trace_event *event = d->scene.trace->event;
    size_t n = d->scene.end - d->scene.begin;
    bool *drawn = must_calloc(n + 1, sizeof *drawn);
    d->y = must_calloc(n + 1, sizeof *d->y);
    for (size_t i = 0; i < n; i++)
        drawn[i] = is_drawn(&event[d->scene.begin + i]);
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *m = &d->scene.message[i];
        if (m->hidden)
            continue;
        if (m->sent != NULL)
            drawn[(size_t)(m->sent - event) - d->scene.begin] = true;
        if (m->received != NULL)
            drawn[(size_t)(m->received - event) - d->scene.begin] = true;
    }
    const struct trace_event *last = NULL;
    double y = TOP;
    for (size_t i = 0; i < n; i++) {
        const struct trace_event *now = &event[d->scene.begin + i];
        if (drawn[i] && last != NULL) {
            double ms = (double)(now->us - last->us) / 1000;
            double step = ms * PT_PER_MS;
            bool together = ms < 0.3 && now->node == last->node;
            if (ms > IDLE_MS) {
                band(d, y, ms);
                step = IDLE_PT;
            } else if (step > MAX_ROW)
                step = MAX_ROW;
            else if (step < MIN_ROW)
                step = together ? 0 : MIN_ROW;
            y += step;
        }
        if (drawn[i])
            last = now;
        d->y[i] = y;
    }
    d->bottom = y + 24;
    free(drawn);
}

// ----------------------------------------------------------------- the labels

static bool is_free(const struct drawing *d, struct box box)
{
    for (size_t i = d->n_boxes; i > 0; i--) {
        const struct box *b = &d->box[i - 1];
        if (box.left < b->right && b->left < box.right && box.top < b->bottom &&
            b->top < box.bottom)
            return false;
    }
    return true;
}

static void take(struct drawing *d, struct box box)
{
    if (d->n_boxes == d->box_room) {
        d->box_room = d->box_room > 0 ? 2 * d->box_room : 256;
        d->box = must_realloc(d->box, d->box_room * sizeof *d->box);
    }
    d->box[d->n_boxes++] = box;
}

struct style {
    double size;
    const char *colour, *fill; // fill NULL: a white halo
    bool bold;
};

// A label whose left (side > 0) or right (side < 0) edge is at x; goes to
// the nearest free place above or below, at most 30 points away.
static void label(struct drawing *d, double x, double y, int side,
                  struct style style, const struct trace_event *event,
                  const char *format, ...)
    __attribute__((format(printf, 7, 8)));

static void label(struct drawing *d, double x, double y, int side,
                  struct style style, const struct trace_event *event,
                  const char *format, ...)
{
    char text[TEXT_ROOM];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    double width = paint_width(text, style.size) * (style.bold ? 1.08 : 1) + 6;
    double height = style.size + 3;
    double left = side > 0 ? x : x - width;
    struct box box = {left, y - height / 2, left + width, y + height / 2};
    for (int try = 1; !is_free(d, box) && try <= 6; try++) {
        double shift = (try % 2 != 0 ? 1 : -1) * (try + 1) / 2 * height;
        box.top = y - height / 2 + shift;
        box.bottom = y + height / 2 + shift;
    }
    take(d, box);
    fprintf(d->out,
            "t%d [shape=box, style=\"filled,rounded\", penwidth=0,"
            " fillcolor=\"%s\", fixedsize=shape, width=%.3f, height=%.3f,"
            " pos=\"%.1f,%.1f\", fontsize=%.0f, fontcolor=\"%s\", "
            "tooltip=\"event %" PRIu64 "\", label=",
            d->n_names++, style.fill != NULL ? style.fill : "#FFFFFFD0",
            width / 72, height / 72, (box.left + box.right) / 2,
            -(box.top + box.bottom) / 2, style.size, style.colour, event->n);
    if (style.bold) {
        fputs("<<B>", d->out);
        paint_html(d->out, text);
        fputs("</B>>", d->out);
    } else
        paint_quoted(d->out, text);
    fputs("];\n", d->out);
}

// A line in the right margin, pushed down where it is crowded.
static void narrate(struct drawing *d, const struct trace_event *event,
                    const char *colour, bool bold, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void narrate(struct drawing *d, const struct trace_event *event,
                    const char *colour, bool bold, const char *format, ...)
{
    char text[TEXT_ROOM];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    double y = y_of(d, event);
    if (y < d->said + 12)
        y = d->said + 12;
    d->said = y;
    if (y + 24 > d->bottom)
        d->bottom = y + 24;
    double width = paint_width(text, 9) * (bold ? 1.08 : 1) + 4;
    fprintf(d->out,
            "t%d [shape=plaintext, fixedsize=shape, width=%.3f, height=0.15,"
            " pos=\"%.1f,%.1f\", fontsize=9, fontcolor=\"%s\", label=",
            d->n_names++, width / 72, lane_x(d->n_servers - 1) + 90 + width / 2,
            -y, colour);
    fputs(bold ? "<<B>" : "<", d->out);
    paint_html(d->out, text);
    fputs(bold ? "</B>>];\n" : ">];\n", d->out);
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
    double x = lane_x(server), half = 4;
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
    double top = y_of(d, from) - 4;
    double bottom = until != NULL ? y_of(d, until) : d->bottom;
    for (size_t i = 0; i < from->n_groups && (int)i < d->n_servers; i++) {
        int group = from->groups[i] % 3;
        double x = lane_x((int)i);
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
    double x = lane_x(server) - half - 3, y = y_of(d, event);
    if (s->role == TRACE_FOLLOWER)
        label(d, x, y, -1, style, event, "T%" PRIu64, s->term);
    else
        label(d, x, y, -1, style, event, "%s T%" PRIu64,
              trace_role_name(s->role), s->term);
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
                *l = (struct lane){TOP, model.server[s]};
                if (l->state.up && l->state.term > 0)
                    pill(d, s, &l->state, 11, event);
                continue;
            }
            if (event->node != s ||
                !looks_different(&l->state, &model.server[s]))
                continue;
            double y = y_of(d, event);
            segment(d, s, l, y);
            bool gone = l->state.up && !model.server[s].up;
            *l = (struct lane){y, model.server[s]};
            if (gone)
                label(d, lane_x(s) + 4, y, 1,
                      (struct style){11, PAINT_FAULT, NULL, true}, event, "✕");
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

// --------------------------------------------------------------- the messages

static void say_what(struct drawing *d, const struct scene_message *m, double x,
                     double y, int side, int copies)
{
    char times[16] = "";
    struct style style = {8, paint_line(m->term), NULL, true};
    if (copies > 1)
        snprintf(times, sizeof times, " ×%d", copies);
    if (m->last > m->first)
        label(d, x, y, side, style, m->sent,
              "Append %" PRIu64 "..%" PRIu64 "%s", m->first, m->last, times);
    else if (m->last > 0)
        label(d, x, y, side, style, m->sent, "Append %" PRIu64 "%s", m->first,
              times);
    else if (m->heartbeat)
        return;
    else
        label(d, x, y, side, style, m->sent, "%s%s",
              strcmp(m->rpc, "AppendEntries") == 0 ? "heartbeat" : m->rpc,
              times);
}

// Requests of the same content that leave together share their label.
static int copies_of(const struct drawing *d, size_t at)
{
    const struct scene_message *m = &d->scene.message[at];
    int n = 0;
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *other = &d->scene.message[i];
        bool same = !other->hidden && !other->reply && other->from == m->from &&
                    strcmp(other->rpc, m->rpc) == 0 && other->term == m->term &&
                    other->first == m->first && other->last == m->last &&
                    other->sent->us - m->sent->us + 1000 <= 2000;
        if (same && i < at)
            return 0;
        n += same;
    }
    return n;
}

static void arrow(struct drawing *d, const struct scene_message *m, size_t at)
{
    double x = lane_x(m->from), y = y_of(d, m->sent);
    double to_x = lane_x(m->to);
    double to_y = m->received != NULL ? y_of(d, m->received) : d->bottom;
    if (m->lost) {
        to_x = x + 0.42 * (to_x - x);
        to_y = to_y > y + 12 ? y + 10 : to_y;
    }
    const char *head = m->lost || m->received == NULL           ? "none"
                       : m->no                                  ? "tee"
                       : strcmp(m->rpc, "RequestVote") == 0     ? "empty"
                       : strcmp(m->rpc, "InstallSnapshot") == 0 ? "box"
                                                                : "normal";
    const char *colour = m->heartbeat ? PAINT_FAINT : paint_line(m->term);
    const char *point = "shape=point, width=0.05";
    fprintf(d->out,
            "m%zua [%s, pos=\"%.1f,%.1f\", color=\"%s\"]; m%zub [%s,"
            " pos=\"%.1f,%.1f\", color=\"%s\"];"
            " m%zua -> m%zub [color=\"%s\", style=%s, arrowhead=%s,"
            " penwidth=%.1f, edgetooltip=\"#%" PRIu64 " %s%s S%d to S%d, term"
            " %" PRIu64 ", event %" PRIu64 "\"];\n",
            at, point, x, -y, colour, at,
            m->lost ? "shape=plaintext, label=\"✕\", fontsize=8,"
                      " fontcolor=\"" PAINT_FAULT "\", width=0.1, height=0.1"
                    : point,
            to_x, -to_y, m->lost ? PAINT_FAULT : colour, at, at, colour,
            m->reply ? "dashed" : "solid", head,
            m->heartbeat               ? 0.6
            : m->last > 0 && !m->reply ? 1.9
                                       : 1.2,
            m->msg, m->rpc, m->reply ? " reply" : "", m->from + 1, m->to + 1,
            m->term, m->sent->n);
}

static void draw_messages(struct drawing *d)
{
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *m = &d->scene.message[i];
        if (m->hidden || m->sent == NULL)
            continue;
        arrow(d, m, i);
        int side = m->to > m->from ? 1 : -1;
        double x = lane_x(m->from) + 14 * side, y = y_of(d, m->sent);
        if (!m->reply) {
            int copies = copies_of(d, i);
            if (copies > 0)
                say_what(d, m, x, y - 6, side, copies);
        } else if (!m->heartbeat) {
            struct style style = {7, m->no ? PAINT_FAULT : PAINT_QUIET, NULL,
                                  false};
            if (m->no)
                label(d, x, y + 5, side, style, m->sent, "no");
            else if (m->yes && m->last > 0)
                label(d, x, y + 5, side, style, m->sent, "ok %" PRIu64,
                      m->last);
            else if (m->yes)
                label(d, x, y + 5, side, style, m->sent, "yes");
        }
    }
}

// ----------------------------------------------------------------- the events

static void draw_event(struct drawing *d, const struct trace_event *e)
{
    double y = y_of(d, e), x = e->node >= 0 ? lane_x(e->node) : 0;
    struct style ink = {8, PAINT_INK, NULL, true};
    int s = e->node + 1;
    switch (e->kind) {
    case TRACE_START:
        if (e->ok)
            label(d, x - 14, y, -1, ink, e, "▶ %s @%" PRIu64,
                  e->command != NULL ? e->command : "", e->index);
        break;
    case TRACE_COMMIT:
        label(d, x - 14, y, -1, ink, e, "✓ commit %" PRIu64, e->to);
        break;
    case TRACE_APPEND:
        if (e->n_entries > 0) {
            uint64_t term = e->entries[e->n_entries - 1].term;
            struct style style = {7, paint_text(term), paint_term(term), true};
            uint64_t last = e->index + e->n_entries - 1;
            if (last > e->index)
                label(d, x + 13, y + 4, 1, style, e, "+%" PRIu64 "..%" PRIu64,
                      e->index, last);
            else
                label(d, x + 13, y + 4, 1, style, e, "+%" PRIu64, e->index);
        }
        break;
    case TRACE_TRUNCATE:
        label(d, x + 13, y, 1, (struct style){8, PAINT_FAULT, NULL, true}, e,
              "−%" PRIu64 "..", e->index);
        break;
    case TRACE_COMPACT:
        label(d, x + 13, y, 1, (struct style){7, PAINT_QUIET, NULL, true}, e,
              "snap ≤ %" PRIu64, e->index);
        break;
    case TRACE_INSTALL:
        label(d, x + 13, y, 1, ink, e, "snapshot ≤ %" PRIu64, e->index);
        break;
    case TRACE_TIMEOUT:
        narrate(d, e, PAINT_QUIET, false, "S%d times out", s);
        break;
    case TRACE_ROLE:
        if (e->to_role == TRACE_LEADER)
            narrate(d, e, PAINT_INK, true, "S%d wins term %" PRIu64, s,
                    e->term);
        break;
    case TRACE_CRASH:
        narrate(d, e, PAINT_FAULT, true, "S%d crashes", s);
        break;
    case TRACE_RESTART:
        narrate(d, e, PAINT_INK, true, "S%d restarts", s);
        break;
    case TRACE_PAUSE:
        narrate(d, e, PAINT_FAULT, true, "S%d %s", s,
                e->ok ? "freezes" : "goes on");
        break;
    case TRACE_DISCONNECT:
        narrate(d, e, PAINT_FAULT, true, "S%d is cut off", s);
        break;
    case TRACE_CONNECT:
        narrate(d, e, PAINT_INK, true, "S%d is connected", s);
        break;
    case TRACE_LINK:
        narrate(d, e, e->ok ? PAINT_INK : PAINT_FAULT, true,
                "link S%d to S%d %s", (int)e->from + 1, (int)e->to + 1,
                e->ok ? "mended" : "cut");
        break;
    case TRACE_PARTITION:
        narrate(d, e, PAINT_FAULT, true, "partition");
        break;
    case TRACE_HEAL:
        narrate(d, e, PAINT_INK, true, "the partition heals");
        break;
    case TRACE_ACT:
        narrate(d, e, PAINT_INK, true, "— %s —", e->text ? e->text : "");
        break;
    case TRACE_FINDING:
        narrate(d, e, PAINT_FAULT, true, "%s %s", e->what ? e->what : "finding",
                e->tag ? e->tag : "");
        break;
    default:
        break;
    }
}

static void draw_times(struct drawing *d)
{
    double last = -100;
    for (size_t i = d->scene.begin; i < d->scene.end; i++) {
        double y = d->y[i - d->scene.begin];
        if (y - last < 22)
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
                s, lane_x(s), -(TOP - 30), s + 1);
    double width = paint_width(title, 12) * 1.1 + 6;
    fprintf(d->out,
            "title [shape=plaintext, fixedsize=shape, width=%.3f, height=0.2,"
            " pos=\"%.1f,-10\", fontsize=12, fontcolor=\"" PAINT_INK
            "\", label=<<B>",
            width / 72, 4 + width / 2);
    paint_html(d->out, title);
    fputs("</B>>];\n", d->out);
}

static void draw_foot(struct drawing *d)
{
    char text[2][200];
    snprintf(text[0], sizeof text[0],
             "lane: pale = follower, striped = candidate, solid = leader,"
             " dotted = down; colour = term");
    snprintf(text[1], sizeof text[1],
             "solid = request, dashed = reply, bar = refused, ✕ = lost;"
             " thick = carries entries%s",
             d->scene.n_hidden > 0 ? "; heartbeats not drawn (--heartbeats)"
                                   : "");
    for (int i = 0; i < 2; i++) {
        double width = paint_width(text[i], 8) + 4;
        fprintf(d->out,
                "foot%d [shape=plaintext, fixedsize=shape, width=%.3f,"
                " height=0.15, pos=\"%.1f,%.1f\", fontsize=8, "
                "fontcolor=\"" PAINT_QUIET "\", label=\"%s\"];\n",
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
            draw_event(&d, &trace->event[i]);
    // Lanes reserve their room before any label is placed.
    for (int s = 0; s < d.n_servers; s++)
        take(&d, (struct box){lane_x(s) - 7, TOP, lane_x(s) + 7, d.bottom});
    for (size_t i = d.scene.begin; i < d.scene.end; i++)
        if (trace->event[i].kind != TRACE_ACT)
            draw_event(&d, &trace->event[i]);
    draw_partitions(&d);
    draw_lanes(&d);
    draw_messages(&d);
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
