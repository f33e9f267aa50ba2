// timeline_arrows.c -- messages between the lanes.
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "viz/draw/paint.h"
#include "timeline.h"

static const double LOST_AT = 0.42; // of the way, when nobody says where
static const double STUB = 40;      // to a server that is not shown
// Of a way that begins before the window at least so much is shown.
static const double SHOWN = 0.6;

// Where a message runs, in the layout; the flags say which ends are real.
struct way {
    double x, y, to_x, to_y;
    bool leaves, arrives;
};

static double between(double a, double b, double part)
{
    return a + (b - a) * part;
}

// Which part of its way a message is on at a time.
static double part_at(const struct drawing *d, const struct scene_message *m,
                      uint64_t us)
{
    double gone = us > m->sent_us ? (double)(us - m->sent_us) : 0;
    double whole = m->received != NULL ? (double)(m->received->us - m->sent_us)
                                       : d->median_us;
    double most = m->lost ? LOST_AT : m->received != NULL ? 1 : 0.85;
    double part = whole > 0 ? gone / whole : 1;
    return m->lost ? fmin(part, 1) * most : fmin(part, most);
}

// A message whose other end is not shown is a stub on that side.
static void make_stub(const struct drawing *d, const struct scene_message *m,
                      struct way *way)
{
    double side = m->to > m->from ? 1 : -1;
    if (d->lane[m->to] < 0) {
        way->to_x = way->x + side * STUB;
        way->to_y = way->y + 8;
        way->arrives = false;
    } else {
        way->x = way->to_x - side * STUB;
        way->y = way->to_y - 8;
        way->leaves = false;
    }
}

static struct way find_way(const struct drawing *d,
                           const struct scene_message *m)
{
    const struct scene *scene = &d->scene;
    const struct trace_event *event = scene->trace->event;
    double x = timeline_x(d, m->from), to_x = timeline_x(d, m->to);
    struct way way = {x,
                      TIMELINE_TOP,
                      to_x,
                      d->end - 10,
                      scene_begins_in(scene, m),
                      m->received != NULL};
    if (way.leaves)
        way.y = timeline_y(d, m->sent);
    else
        way.x = between(x, to_x,
                        fmin(1 - SHOWN, part_at(d, m, event[scene->begin].us)));
    if (way.arrives)
        way.to_y = timeline_y(d, m->received);
    else
        way.to_x = between(x, to_x,
                           fmax(way.leaves ? 0.2 : SHOWN,
                                part_at(d, m, event[scene->end - 1].us)));
    if (m->lost) {
        way.to_x = between(x, to_x, LOST_AT);
        double fall = fmin(fmax(LOST_AT * (way.to_y - way.y), 8), 26);
        way.to_y = way.leaves ? fmin(way.to_y, way.y + fall) : way.to_y;
    }
    if (d->lane[m->from] < 0 || d->lane[m->to] < 0)
        make_stub(d, m, &way);
    return way;
}

// Cuts a way at the page's edges; false when nothing is left of it.
static bool clip(const struct drawing *d, struct way *way)
{
    double top = d->from, bottom = d->n_pages > 1 ? d->until : d->bottom;
    if (way->to_y < top || way->y > bottom ||
        (way->y == bottom && d->page > 0 && d->page < d->n_pages))
        return false;
    double height = way->to_y - way->y, x = way->x, to_x = way->to_x;
    if (way->y < top) {
        way->x = between(x, to_x, (top - way->y) / height);
        way->y = top;
        way->leaves = false;
    }
    if (way->to_y > bottom) {
        way->to_x = between(x, to_x, 1 - (way->to_y - bottom) / height);
        way->to_y = bottom;
        way->arrives = false;
    }
    return true;
}

// ---------------------------------------------------------------- the arrow

static const char *head_of(const struct scene_message *m, bool arrives)
{
    if (m->lost || !arrives)
        return "none";
    if (m->no)
        return "tee";
    if (strcmp(m->rpc, "RequestVote") == 0)
        return "empty";
    return strcmp(m->rpc, "InstallSnapshot") == 0 ? "box" : "normal";
}

static bool message_dims(const struct drawing *d, const struct scene_message *m)
{
    if (!d->dims)
        return false;
    return m->received == NULL || timeline_dims(d, m->received) ||
           (m->sent != NULL && timeline_dims(d, m->sent));
}

static const char *colour_of(const struct scene_message *m)
{
    if (m->guilty)
        return PAINT_FAULT;
    return m->heartbeat || m->term == 0 ? "#9A9A9A" : paint_line(m->term);
}

static void dot(struct drawing *d, const struct scene_message *m, size_t at,
                char which, double x, double y, const struct trace_event *event)
{
    const char *dim = message_dims(d, m) ? "21" : "";
    bool cross = m->lost && which == 'b';
    fprintf(d->out, "%sm%zu%c [", d->prefix, at, which);
    if (cross)
        fprintf(d->out,
                "shape=plaintext, label=\"✕\", fontsize=8, width=0.1,"
                " height=0.1, fontcolor=\"" PAINT_FAULT "%s\", ",
                dim);
    else if (event == NULL)
        fputs("shape=point, style=invis, width=0.01, ", d->out);
    else
        fprintf(d->out, "shape=point, width=0.05, color=\"%s%s\", ",
                colour_of(m), dim);
    fprintf(d->out, "pos=\"%.1f,%.1f\"", x, timeline_dot_y(d, y));
    if (event != NULL) {
        fputs(", ", d->out);
        timeline_name(d, event);
    }
    fputs("]; ", d->out);
}

// The name of a call as a class of an SVG element.
static void print_class(FILE *out, const struct scene_message *m)
{
    fputs("class=\"", out);
    for (const char *c = m->rpc; *c != '\0'; c++)
        if (isalnum((unsigned char)*c))
            fputc(*c, out);
    fprintf(out, " t%" PRIu64 "%s%s\"", m->term, m->reply ? " reply" : "",
            m->heartbeat ? " heartbeat" : "");
}

static void arrow(struct drawing *d, const struct scene_message *m, size_t at,
                  const struct way *way)
{
    dot(d, m, at, 'a', way->x, way->y, way->leaves ? m->sent : NULL);
    dot(d, m, at, 'b', way->to_x, way->to_y, way->arrives ? m->received : NULL);
    double width = m->guilty                  ? 2.2
                   : m->heartbeat             ? 0.6
                   : m->duplicate             ? 0.8
                   : m->last > 0 && !m->reply ? 1.9
                                              : 1.2;
    fprintf(d->out,
            "%sm%zua -> %sm%zub [id=\"%sm%" PRIu64 "%s\", color=\"%s%s\","
            " style=%s, arrowhead=%s, penwidth=%.1f, ",
            d->prefix, at, d->prefix, at, d->prefix, m->msg,
            m->reply       ? "r"
            : m->duplicate ? "d"
                           : "",
            colour_of(m), message_dims(d, m) ? "21" : "",
            m->reply ? "dashed" : "solid", head_of(m, way->arrives), width);
    print_class(d->out, m);
    char tip[200];
    snprintf(tip, sizeof tip,
             "#%" PRIu64 " %.60s%s S%d to S%d, term %" PRIu64 ", event %" PRIu64
             "%s%.60s",
             m->msg, m->rpc, m->reply ? " reply" : "", m->from + 1, m->to + 1,
             m->term, m->sent != NULL ? m->sent->n : 0,
             m->lost ? ", lost: " : "",
             m->lost && m->why != NULL ? m->why : "");
    fputs(", edgetooltip=", d->out);
    paint_quoted(d->out, tip);
    fputs("];\n", d->out);
}

// ------------------------------------------------------------- what is said

static bool goes_along(const struct scene_message *m,
                       const struct scene_message *other)
{
    return other->fate == SCENE_DRAWN && !other->reply &&
           other->from == m->from && strcmp(other->rpc, m->rpc) == 0 &&
           other->term == m->term && other->first == m->first &&
           other->last == m->last;
}

// Requests of the same content that leave together share their label: how
// many, for the first of them, else 0.
static int copies_of(const struct drawing *d, size_t at)
{
    enum { TOGETHER_US = 1000 };
    const struct scene_message *all = d->scene.message, *m = &all[at];
    int n = 1;
    for (size_t i = at; i > 0; i--) {
        if (all[i - 1].sent_us + TOGETHER_US < m->sent_us)
            break;
        if (goes_along(m, &all[i - 1]))
            return 0;
    }
    for (size_t i = at + 1; i < d->scene.n_messages; i++) {
        if (all[i].sent_us > m->sent_us + TOGETHER_US)
            break;
        n += goes_along(m, &all[i]);
    }
    return n;
}

static void say_request(struct drawing *d, const struct scene_message *m,
                        double x, double y, int side, int copies)
{
    char times[16] = "", what[80];
    struct style style = {8, paint_line(m->term), NULL, true};
    if (copies > 1)
        snprintf(times, sizeof times, " ×%d", copies);
    if (m->last > m->first)
        snprintf(what, sizeof what, "Append %" PRIu64 "..%" PRIu64, m->first,
                 m->last);
    else if (m->last > 0)
        snprintf(what, sizeof what, "Append %" PRIu64, m->first);
    else if (m->included > 0)
        snprintf(what, sizeof what, "Snapshot ≤ %" PRIu64, m->included);
    else
        snprintf(what, sizeof what, "%.60s",
                 d->pitch < TIMELINE_WIDE && strcmp(m->rpc, "RequestVote") == 0
                     ? "Vote?"
                     : m->rpc);
    if (m->guilty)
        style.colour = PAINT_FAULT;
    if (!m->heartbeat || m->guilty)
        timeline_label(d, x, y, side, style, m->sent, "%s%s", what, times);
}

static void say_reply(struct drawing *d, const struct scene_message *m,
                      double x, double y, int side)
{
    struct style style = {7, m->no ? PAINT_FAULT : PAINT_QUIET, NULL, false};
    if (m->no)
        timeline_label(d, x, y, side, style, m->sent, "%s",
                       strcmp(m->rpc, "AppendEntries") == 0 ? "reject" : "no");
    else if (m->yes && m->last > 0)
        timeline_label(d, x, y, side, style, m->sent, "ok %" PRIu64, m->last);
    else if (m->yes && !m->heartbeat)
        timeline_label(d, x, y, side, style, m->sent, "yes");
}

// Beside the cross: how often, and why when it is not mere bad luck. That a
// server is unplugged or down its lane says, too, and in the same words; where
// there is little room, only the lane does.
static void say_loss(struct drawing *d, const struct scene_message *m,
                     const struct way *way)
{
    struct style style = {7, PAINT_FAULT, NULL, false};
    const char *why = m->why != NULL ? m->why : "";
    if (strcmp(why, "lost") == 0)
        why = "";
    bool off = strcmp(why, "unplugged") == 0;
    if (off)
        why = "cut off";
    if (d->widest > 0 && (off || strcmp(why, "dead") == 0))
        why = "";
    int side = way->to_x > way->x ? 1 : -1;
    char times[16] = "";
    if (m->n_retries > 0)
        snprintf(times, sizeof times, "×%d%s", m->n_retries + 1,
                 why[0] != '\0' ? " " : "");
    if (m->n_retries > 0 || why[0] != '\0')
        timeline_label(d, way->to_x + 5 * side, way->to_y, side, style,
                       m->received, "%s%.20s", times, why);
}

static void say_numbers(struct drawing *d, const struct scene_message *m,
                        const struct way *way, int side)
{
    struct style style = {7, PAINT_QUIET, NULL, false};
    if (way->leaves && m->sent != NULL)
        timeline_label(d, way->x - 13 * side, way->y, -side, style, m->sent,
                       "%" PRIu64, m->sent->n);
    if (way->arrives && !m->lost)
        timeline_label(d, way->to_x + 13 * side, way->to_y, side, style,
                       m->received, "%" PRIu64, m->received->n);
}

// The other end of a stub.
static void say_peer(struct drawing *d, const struct scene_message *m,
                     const struct way *way, int side)
{
    struct style style = {7, PAINT_QUIET, NULL, false};
    if (d->lane[m->to] < 0)
        timeline_label(d, way->to_x + 2 * side, way->to_y, side, style, m->sent,
                       "S%d", m->to + 1);
    else if (d->lane[m->from] < 0)
        timeline_label(d, way->x - 2 * side, way->y, -side, style, m->received,
                       "S%d", m->from + 1);
}

static void say(struct drawing *d, size_t at, const struct way *way)
{
    const struct scene_message *m = &d->scene.message[at];
    int side = m->to > m->from ? 1 : -1;
    double x = way->x + 14 * side;
    if (d->window->look.numbers)
        say_numbers(d, m, way, side);
    if (d->lane[m->from] < 0 || d->lane[m->to] < 0)
        say_peer(d, m, way, side);
    if (m->lost && way->arrives)
        say_loss(d, m, way);
    bool formatted = d->window->look.room.format != NULL;
    if (!way->leaves ||
        d->pitch < (formatted ? TIMELINE_NARROW : TIMELINE_WIDE))
        return;
    int copies = m->reply ? 0 : copies_of(d, at);
    if (m->reply)
        say_reply(d, m, x, way->y + 5, side);
    else if (copies > 0)
        say_request(d, m, x, fmax(way->y - 6, d->from), side, copies);
}

void timeline_losses(struct drawing *d)
{
    enum { HALF = 5 };
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *m = &d->scene.message[i];
        if (m->fate != SCENE_DRAWN || !m->lost ||
            d->scene.end == d->scene.begin)
            continue;
        struct way way = find_way(d, m);
        if (clip(d, &way))
            timeline_take(d, (struct box){way.to_x - HALF, way.to_y - HALF,
                                          way.to_x + HALF, way.to_y + HALF});
    }
}

void timeline_messages(struct drawing *d)
{
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *m = &d->scene.message[i];
        if (m->fate != SCENE_DRAWN || d->scene.end == d->scene.begin)
            continue;
        struct way way = find_way(d, m);
        if (!clip(d, &way))
            continue;
        arrow(d, m, i, &way);
        say(d, i, &way);
    }
}
