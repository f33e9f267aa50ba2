// timeline_marks.c -- messages between the lanes, and what servers do.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "paint.h"
#include "timeline.h"

static void say_what(struct drawing *d, const struct scene_message *m, double x,
                     double y, int side, int copies)
{
    char times[16] = "";
    struct style style = {8, paint_line(m->term), NULL, true};
    if (copies > 1)
        snprintf(times, sizeof times, " ×%d", copies);
    if (m->last > m->first)
        timeline_label(d, x, y, side, style, m->sent,
                       "Append %" PRIu64 "..%" PRIu64 "%s", m->first, m->last,
                       times);
    else if (m->last > 0)
        timeline_label(d, x, y, side, style, m->sent, "Append %" PRIu64 "%s",
                       m->first, times);
    else if (m->heartbeat)
        return;
    else
        timeline_label(
            d, x, y, side, style, m->sent, "%s%s",
            strcmp(m->rpc, "AppendEntries") == 0 ? "heartbeat" : m->rpc, times);
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
    double x = timeline_x(m->from), y = timeline_y(d, m->sent);
    double to_x = timeline_x(m->to);
    double to_y = m->received != NULL ? timeline_y(d, m->received) : d->bottom;
    if (m->lost) {
        to_x = x + 0.42 * (to_x - x);
        to_y = to_y > y + 12 ? y + 10 : to_y;
        // The number of tries behind the cross must not lie on a lane.
        double past_lane = fmod(fabs(to_x - x), TIMELINE_PITCH);
        if (m->n_retries > 0 && past_lane > TIMELINE_PITCH - 50)
            to_x -= (past_lane - TIMELINE_PITCH + 50) * (to_x > x ? 1 : -1);
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
            " penwidth=%.1f, edgetooltip=",
            at, point, x, -y, colour, at,
            m->lost ? "shape=plaintext, label=\"✕\", fontsize=8,"
                      " fontcolor=\"" PAINT_FAULT "\", width=0.1, height=0.1"
                    : point,
            to_x, -to_y, m->lost ? PAINT_FAULT : colour, at, at, colour,
            m->reply ? "dashed" : "solid", head,
            m->heartbeat               ? 0.6
            : m->last > 0 && !m->reply ? 1.9
                                       : 1.2);
    char tip[200];
    snprintf(tip, sizeof tip,
             "#%" PRIu64 " %.60s%s S%d to S%d, term %" PRIu64
             ", event %" PRIu64,
             m->msg, m->rpc, m->reply ? " reply" : "", m->from + 1, m->to + 1,
             m->term, m->sent->n);
    paint_quoted(d->out, tip);
    fputs("];\n", d->out);
    if (m->n_retries > 0)
        timeline_label(d, to_x + (to_x > x ? 5 : -5), to_y, to_x > x ? 1 : -1,
                       (struct style){7, PAINT_FAULT, NULL, false}, m->sent,
                       "%d tries", m->n_retries + 1);
}

void timeline_messages(struct drawing *d)
{
    for (size_t i = 0; i < d->scene.n_messages; i++) {
        const struct scene_message *m = &d->scene.message[i];
        if (m->hidden || m->sent == NULL)
            continue;
        arrow(d, m, i);
        int side = m->to > m->from ? 1 : -1;
        double x = timeline_x(m->from) + 14 * side, y = timeline_y(d, m->sent);
        if (!m->reply) {
            int copies = copies_of(d, i);
            if (copies > 0)
                say_what(d, m, x, y - 6, side, copies);
        } else if (!m->heartbeat) {
            struct style style = {7, m->no ? PAINT_FAULT : PAINT_QUIET, NULL,
                                  false};
            if (m->no)
                timeline_label(d, x, y + 5, side, style, m->sent, "no");
            else if (m->yes && m->last > 0)
                timeline_label(d, x, y + 5, side, style, m->sent, "ok %" PRIu64,
                               m->last);
            else if (m->yes)
                timeline_label(d, x, y + 5, side, style, m->sent, "yes");
        }
    }
}

// ----------------------------------------------------------------- the events

// What a server does stands beside its lane; false when it is none of that.
static bool mark_event(struct drawing *d, const struct trace_event *e)
{
    double y = timeline_y(d, e), x = e->node >= 0 ? timeline_x(e->node) : 0;
    struct style ink = {8, PAINT_INK, NULL, true};
    switch (e->kind) {
    case TRACE_START:
        if (e->ok)
            timeline_label(d, x - 14, y, -1, ink, e, "▶ %s @%" PRIu64,
                           e->command != NULL ? e->command : "", e->index);
        return true;
    case TRACE_COMMIT:
        timeline_label(d, x - 14, y, -1, ink, e, "✓ commit %" PRIu64, e->to);
        return true;
    case TRACE_APPEND:
        if (e->n_entries > 0) {
            uint64_t term = e->entries[e->n_entries - 1].term;
            struct style style = {7, paint_text(term), paint_term(term), true};
            uint64_t last = e->index + e->n_entries - 1;
            if (last > e->index)
                timeline_label(d, x + 13, y + 4, 1, style, e,
                               "+%" PRIu64 "..%" PRIu64, e->index, last);
            else
                timeline_label(d, x + 13, y + 4, 1, style, e, "+%" PRIu64,
                               e->index);
        }
        return true;
    case TRACE_TRUNCATE:
        timeline_label(d, x + 13, y, 1,
                       (struct style){8, PAINT_FAULT, NULL, true}, e,
                       "−%" PRIu64 "..", e->index);
        return true;
    case TRACE_COMPACT:
        timeline_label(d, x + 13, y, 1,
                       (struct style){7, PAINT_QUIET, NULL, true}, e,
                       "snap ≤ %" PRIu64, e->index);
        return true;
    case TRACE_INSTALL:
        timeline_label(d, x + 13, y, 1, ink, e, "snapshot ≤ %" PRIu64,
                       e->index);
        return true;
    default:
        return false;
    }
}

// What happens to the cluster stands in the margin.
void timeline_event(struct drawing *d, const struct trace_event *e)
{
    int s = e->node + 1;
    if (mark_event(d, e))
        return;
    switch (e->kind) {
    case TRACE_TIMEOUT:
        timeline_narrate(d, e, PAINT_QUIET, false, "S%d times out", s);
        break;
    case TRACE_ROLE:
        if (e->to_role == TRACE_LEADER)
            timeline_narrate(d, e, PAINT_INK, true, "S%d wins term %" PRIu64, s,
                             e->term);
        break;
    case TRACE_CRASH:
        timeline_narrate(d, e, PAINT_FAULT, true, "S%d crashes", s);
        break;
    case TRACE_RESTART:
        timeline_narrate(d, e, PAINT_INK, true, "S%d restarts", s);
        break;
    case TRACE_PAUSE:
        timeline_narrate(d, e, PAINT_FAULT, true, "S%d %s", s,
                         e->ok ? "freezes" : "goes on");
        break;
    case TRACE_DISCONNECT:
        timeline_narrate(d, e, PAINT_FAULT, true, "S%d is cut off", s);
        break;
    case TRACE_CONNECT:
        timeline_narrate(d, e, PAINT_INK, true, "S%d is connected", s);
        break;
    case TRACE_LINK:
        timeline_narrate(d, e, e->ok ? PAINT_INK : PAINT_FAULT, true,
                         "link S%d to S%d %s", (int)e->from + 1, (int)e->to + 1,
                         e->ok ? "mended" : "cut");
        break;
    case TRACE_PARTITION:
        timeline_narrate(d, e, PAINT_FAULT, true, "partition");
        break;
    case TRACE_HEAL:
        timeline_narrate(d, e, PAINT_INK, true, "the partition heals");
        break;
    case TRACE_ACT:
        timeline_narrate(d, e, PAINT_INK, true, "— %s —",
                         e->text ? e->text : "");
        break;
    case TRACE_FINDING:
        timeline_narrate(d, e, PAINT_FAULT, true, "%s %s",
                         e->what ? e->what : "finding", e->tag ? e->tag : "");
        break;
    default:
        break;
    }
}
