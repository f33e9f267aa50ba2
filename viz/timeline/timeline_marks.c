// timeline_marks.c -- what happens to servers, and to the cluster.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/findings.h"
#include "trace/fields.h"
#include "viz/draw/paint.h"
#include "viz/draw/words.h"
#include "timeline.h"

// The beginning of a command, of whole characters; what goes on says so.
static const char *shorten(const char *command, char out[32])
{
    enum { MOST = 20 }; // bytes
    size_t n = command != NULL ? strlen(command) : 0, cut = n < MOST ? n : MOST;
    while (cut < n && cut > 0 && ((unsigned char)command[cut] & 0xC0) == 0x80)
        cut--;
    snprintf(out, 32, "%.*s%s", (int)cut, n > 0 ? command : "",
             cut < n ? "…" : "");
    return out;
}

static void mark_append(struct drawing *d, const struct trace_event *e,
                        double x, double y)
{
    uint64_t term = e->entries[e->n_entries - 1].term;
    struct style style = {7, paint_text(term), paint_term(term), true};
    uint64_t last = e->index + e->n_entries - 1;
    if (last > e->index)
        timeline_label(d, x + 13, y + 4, 1, style, e, "+%" PRIu64 "..%" PRIu64,
                       e->index, last);
    else
        timeline_label(d, x + 13, y + 4, 1, style, e, "+%" PRIu64, e->index);
}

// What a server does stands beside its lane.
static void mark(struct drawing *d, const struct trace_event *e)
{
    double y = timeline_y(d, e), x = timeline_x(d, e->node);
    struct style ink = {8, PAINT_INK, NULL, true},
                 bad = {8, PAINT_FAULT, NULL, true},
                 quiet = {7, PAINT_QUIET, NULL, true};
    char command[32];
    switch (e->kind) {
    case TRACE_START:
        if (e->ok)
            timeline_label(d, x - 14, y, -1, ink, e, "▶ %s @%" PRIu64,
                           shorten(e->command, command), e->index);
        break;
    case TRACE_COMMIT:
        timeline_label(d, x - 14, y, -1, ink, e, "✓ commit %" PRIu64, e->to);
        break;
    case TRACE_APPEND:
        if (e->n_entries > 0)
            mark_append(d, e, x, y);
        break;
    case TRACE_TRUNCATE:
        timeline_label(d, x + 13, y, 1, bad, e, "−%" PRIu64 "..", e->index);
        break;
    case TRACE_COMPACT:
        timeline_label(d, x + 13, y, 1, quiet, e, "snap ≤ %" PRIu64, e->index);
        break;
    case TRACE_INSTALL:
        timeline_label(d, x + 13, y, 1, ink, e, "snapshot ≤ %" PRIu64,
                       e->index);
        break;
    default:
        break;
    }
}

static bool is_dot(const struct trace_event *e)
{
    return e->kind == TRACE_SEND || e->kind == TRACE_RECV ||
           e->kind == TRACE_REPLY || e->kind == TRACE_REPLY_RECV;
}

// Local events of a lane between two of its dots: their number.
struct local {
    const struct trace_event *first;
    size_t n;
};

static void end_local(struct drawing *d, struct local *local)
{
    struct style style = {7, PAINT_INK, "#E8E8E8", false};
    if (local->n > 0)
        timeline_label(d, timeline_x(d, local->first->node) + 13,
                       timeline_y(d, local->first) + 4, 1, style, local->first,
                       "%zu", local->n);
    local->n = 0;
}

void timeline_marks(struct drawing *d)
{
    const struct scene *scene = &d->scene;
    size_t n_servers = (size_t)scene->before.n_servers;
    struct local *local = must_calloc(n_servers, sizeof *local);
    memset(d->above, 0, sizeof d->above);
    d->in_order = true;
    for (size_t i = scene->begin; i < scene->end; i++) {
        const struct trace_event *e = &scene->trace->event[i];
        bool shown = e->node >= 0 && (size_t)e->node < n_servers &&
                     d->lane[e->node] >= 0 && d->row[i - scene->begin] &&
                     timeline_on_page(d, timeline_y(d, e)) &&
                     viz_shows(&d->window->filter, e);
        if (!shown)
            continue;
        struct local *mine = &local[e->node];
        if (timeline_counts(d, e)) {
            if (mine->n++ == 0)
                mine->first = e;
            continue;
        }
        if (is_dot(e))
            end_local(d, mine);
        mark(d, e);
    }
    for (size_t s = 0; s < n_servers; s++)
        end_local(d, &local[s]);
    d->in_order = false;
    free(local);
}

// ---------------------------------------------------------- in the margin

// "{S1,S3} | {S2}"
static void list_groups(const struct trace_event *e, char *out, size_t n)
{
    size_t at = 0;
    int last = -1;
    out[0] = '\0';
    for (size_t i = 0; i < e->n_groups; i++)
        last = e->groups[i] > last ? e->groups[i] : last;
    for (int group = 0; group <= last && group < TRACE_MAX_SERVERS; group++) {
        const char *before = at > 0 ? " | {" : "{";
        for (size_t i = 0; i < e->n_groups && at + 16 < n; i++) {
            if (e->groups[i] != group)
                continue;
            at += (size_t)snprintf(out + at, n - at, "%sS%zu", before, i + 1);
            before = ",";
        }
        if (before[0] == ',' && at + 2 < n)
            at += (size_t)snprintf(out + at, n - at, "}");
    }
}

static void narrate_fault(struct drawing *d, const struct trace_event *e)
{
    char groups[100];
    int s = e->node + 1;
    switch (e->kind) {
    case TRACE_CLOCK:
        if (say_clocks(d->scene.trace, (size_t)(e - d->scene.trace->event),
                       groups, sizeof groups))
            timeline_narrate(d, e, PAINT_FAULT, true, "%s", groups);
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
                         "link S%d to S%d %s", trace_endpoint(e->from) + 1,
                         trace_endpoint(e->to) + 1, e->ok ? "mended" : "cut");
        break;
    case TRACE_PARTITION:
        list_groups(e, groups, sizeof groups);
        timeline_narrate(d, e, PAINT_FAULT, true, "partition %s", groups);
        break;
    case TRACE_HEAL:
        timeline_narrate(d, e, PAINT_INK, true, "the partition heals");
        break;
    default:
        break;
    }
}

static void narrate(struct drawing *d, const struct trace_event *e)
{
    int s = e->node + 1;
    const char *text = e->text != NULL ? e->text : "";
    switch (e->kind) {
    case TRACE_TIMEOUT:
        timeline_narrate(d, e, PAINT_QUIET, false, "S%d times out", s);
        break;
    case TRACE_ROLE:
        if (e->to_role == TRACE_LEADER)
            timeline_narrate(d, e, PAINT_INK, true, "S%d wins term %" PRIu64, s,
                             e->term);
        break;
    case TRACE_NETWORK:
        timeline_narrate(d, e, PAINT_QUIET, false, "network: %.60s", text);
        break;
    case TRACE_NOTE:
        timeline_narrate(d, e, PAINT_QUIET, false, "%.12s%s%.60s",
                         e->what != NULL ? e->what : "",
                         e->what != NULL ? ": " : "", text);
        break;
    case TRACE_ACT:
        timeline_narrate(d, e, PAINT_INK, true, "— %s —", text);
        break;
    default:
        narrate_fault(d, e);
    }
}

// Servers that are new are plugged in, too: that is no news.
static bool is_news(bool cut[TRACE_MAX_SERVERS], const struct trace_event *e)
{
    if (e->node < 0 || e->node >= TRACE_MAX_SERVERS)
        return true;
    bool was_cut = cut[e->node];
    if (e->kind == TRACE_DISCONNECT)
        cut[e->node] = true;
    if (e->kind != TRACE_CONNECT)
        return true;
    cut[e->node] = false;
    return was_cut;
}

void timeline_narration(struct drawing *d)
{
    const struct scene *scene = &d->scene;
    bool cut[TRACE_MAX_SERVERS] = {false};
    for (int s = 0; s < scene->before.n_servers; s++)
        cut[s] = scene->before.server[s].booted &&
                 !scene->before.server[s].connected;
    for (size_t i = scene->begin; i < scene->end; i++) {
        const struct trace_event *e = &scene->trace->event[i];
        // The act that a picture begins with is its title.
        bool title = e->kind == TRACE_ACT && i == scene->begin;
        bool muted = d->muted != NULL && d->muted[i - scene->begin];
        if (is_news(cut, e) && !scene->folded[i - scene->begin] && !title &&
            !muted && viz_shows(&d->window->filter, e))
            narrate(d, e);
    }
}

// -------------------------------------------------------------- the finding

// What has no mark of its own gets words where a finding points at it.
static void label_shown(struct drawing *d, const struct trace_event *e)
{
    static const struct style bad = {8, PAINT_FAULT, NULL, true};
    char text[80];
    switch (e->kind) {
    case TRACE_VOTE:
    case TRACE_NEXT:
    case TRACE_MATCH:
    case TRACE_APPLY:
    case TRACE_REFUSE:
    case TRACE_PERSIST:
        say_event(e, NULL, text, sizeof text);
        timeline_label(d, timeline_x(d, e->node) - 14, timeline_y(d, e), -1,
                       bad, e, "%s", text);
        break;
    default:
        break;
    }
}

static void ring(struct drawing *d, const struct trace_event *e)
{
    if (e->node < 0 || e->node >= d->scene.before.n_servers ||
        d->lane[e->node] < 0 || !timeline_on_page(d, timeline_y(d, e)))
        return;
    fprintf(d->out,
            "r%d [shape=circle, fixedsize=shape, width=0.17, label=\"\","
            " color=\"" PAINT_FAULT "\", penwidth=1.6, pos=\"%.1f,%.1f\","
            " tooltip=\"event %" PRIu64 " shows it\"];\n",
            d->n_names++, timeline_x(d, e->node),
            timeline_dot_y(d, timeline_y(d, e)), e->n);
    label_shown(d, e);
}

void timeline_outcome_name(const struct trace_event *e, char *text, size_t n)
{
    const char *what =
        e->kind == TRACE_VERDICT ? "the run fails" : finding_headline(e->what);
    bool tagged = e->tag != NULL && e->tag[0] != '\0';
    snprintf(text, n, "%s%s%s%s", what != NULL ? what : "", tagged ? " [" : "",
             tagged ? e->tag : "", tagged ? "]" : "");
}

// A line across all lanes, the events that show it ringed.
static void draw_finding(struct drawing *d, const struct trace_event *e)
{
    const struct scene *scene = &d->scene;
    double y = timeline_y(d, e);
    char text[400];
    double left = d->left - 60, right = timeline_margin(d) - 6;
    if (timeline_on_page(d, y))
        timeline_take(d, (struct box){left, y - 2, right, y + 2});
    for (size_t i = 0; i < e->n_shown; i++) {
        size_t at = causes_position(scene->trace, e->events[i]);
        if (at >= scene->begin && at < scene->end &&
            scene->trace->event[at].n == e->events[i])
            ring(d, &scene->trace->event[at]);
    }
    if (!timeline_on_page(d, y))
        return;
    int name = d->n_names++;
    fprintf(d->out,
            "v%d [shape=point, style=invis, width=0.01, pos=\"%.1f,%.1f\"];"
            " w%d [shape=point, style=invis, width=0.01, pos=\"%.1f,%.1f\"];"
            " v%d -> w%d [id=\"%sfinding%" PRIu64 "\", arrowhead=none,"
            " penwidth=2, color=\"" PAINT_FAULT "\", edgetooltip=",
            name, left, timeline_dot_y(d, y), name, right, timeline_dot_y(d, y),
            name, name, d->prefix, e->n);
    // What follows the first line are lines of source files, which move.
    snprintf(text, sizeof text, "%s", e->text != NULL ? e->text : "");
    text[strcspn(text, "\n")] = '\0';
    paint_quoted(d->out, text);
    fputs("];\n", d->out);
    timeline_outcome_name(e, text, sizeof text);
    if (!d->window->look.brief)
        timeline_narrate(d, e, PAINT_FAULT, true, "%s", text);
}

void timeline_finding(struct drawing *d)
{
    for (size_t i = d->scene.begin; i < d->scene.end; i++)
        if (timeline_is_outcome(d, &d->scene.trace->event[i]))
            draw_finding(d, &d->scene.trace->event[i]);
}
