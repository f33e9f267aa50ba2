// timeline_foot.c -- the foot: the legend, and what is not drawn.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "wire/figure2.h"
#include "viz/draw/paint.h"
#include "timeline.h"

struct foot {
    struct drawing *d;
    int n_lines;
    bool bold;
};

static void add(struct foot *foot, const char *colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(struct foot *foot, const char *colour, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct drawing *d = foot->d;
    double top = d->lowest > d->bottom ? d->lowest : d->bottom;
    double y = timeline_dot_y(d, top + 18 + 12 * foot->n_lines++);
    timeline_line(d, 16, y, 8, colour, foot->bold, text);
}

// "1,234,567"; six of these can be used at a time.
static const char *grouped(uint64_t n)
{
    static char texts[6][32];
    static int at;
    char plain[24], *text = texts[at++ % 6], *out = text;
    int length = snprintf(plain, sizeof plain, "%" PRIu64, n);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = plain[i];
    }
    *out = '\0';
    return text;
}

static void say_counts(struct foot *foot)
{
    const struct scene *scene = &foot->d->scene;
    const size_t *n = scene->n_fate;
    static const struct {
        enum scene_fate fate;
        const char *one, *many;
    } folds[] = {
        {SCENE_HEARTBEAT, "heartbeat folded", "heartbeats folded"},
        {SCENE_RETRY, "retry counted at the first",
         "retries counted at the first"},
        {SCENE_ROUND, "in folded rounds", "in folded rounds"},
    };
    char folded[200] = "";
    int at = 0;
    size_t all = scene->n_messages - n[SCENE_FILTERED];
    for (int i = 0; i < 3; i++) {
        size_t count = n[folds[i].fate];
        if (count > 0)
            at += snprintf(folded + at, sizeof folded - (size_t)at, "; %s %s",
                           grouped(count),
                           count == 1 ? folds[i].one : folds[i].many);
    }
    bool cut = scene->n_asked > all;
    if (cut)
        snprintf(folded + at, sizeof folded - (size_t)at,
                 "; %s %s the budget; use --from/--to, --budget or --pages",
                 grouped(scene->n_asked - all),
                 foot->d->window->ends ? "before" : "beyond");
    if (folded[0] != '\0')
        add(foot, cut ? PAINT_INK : PAINT_QUIET, "showing %s of %s messages%s",
            grouped(n[SCENE_DRAWN]), grouped(cut ? scene->n_asked : all),
            folded);
}

// How much of a text, ending with a word, is no wider than that.
static size_t fitting(char *text, double most)
{
    size_t n = strlen(text);
    for (;;) {
        char next = text[n];
        text[n] = '\0';
        const char *space = strrchr(text, ' ');
        bool fits = paint_width(text, 8, false) <= most || space == NULL;
        text[n] = next;
        if (fits)
            return n;
        n = (size_t)(space - text);
    }
}

// The first line of what a finding says, in lines of the picture's width.
static void say_finding(struct foot *foot, const struct trace_event *e)
{
    const struct drawing *d = foot->d;
    double most = d->widest > 0 ? d->widest - 20 : timeline_right(d) + 150;
    char text[400];
    timeline_outcome_name(e, text, sizeof text);
    foot->bold = true;
    if (d->window->look.brief || d->silent) // no room beside the lanes
        add(foot, PAINT_FAULT, "%s", text);
    foot->bold = false;
    snprintf(text, sizeof text, "%s", e->text != NULL ? e->text : "");
    text[strcspn(text, "\n")] = '\0';
    for (char *at = text; *at != '\0'; at += strspn(at, " ")) {
        size_t n = fitting(at, most);
        add(foot, PAINT_FAULT, "%.*s", (int)n, at);
        at += n;
    }
}

static void say_findings(struct foot *foot)
{
    const struct scene *scene = &foot->d->scene;
    for (size_t i = scene->begin; i < scene->end; i++) {
        const struct trace_event *e = &scene->trace->event[i];
        if (timeline_is_outcome(foot->d, e) &&
            timeline_on_page(foot->d, timeline_y(foot->d, e)))
            say_finding(foot, e);
    }
}

// Does the trace tell of a Raft, by what servers say or by its messages?
static bool tells_raft(const struct trace_file *trace)
{
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *e = &trace->event[i];
        if ((e->kind >= TRACE_BOOT && e->kind <= TRACE_REFUSE) ||
            (e->kind == TRACE_SEND && e->rpc != NULL &&
             message_find(figure2_rpcs, e->rpc) != NULL))
            return true;
    }
    return false;
}

// Of a picture of a certain size: what a reader must know to trust it.
static void say_in_brief(struct foot *foot)
{
    const struct scene *scene = &foot->d->scene;
    const size_t *n = scene->n_fate;
    size_t all = foot->d->n_all;
    if (all > n[SCENE_DRAWN])
        add(foot, PAINT_QUIET, "showing %s of %s messages",
            grouped(n[SCENE_DRAWN]), grouped(all));
    if (foot->d->n_all_events > scene->end - scene->begin)
        add(foot, PAINT_QUIET, "showing %s of %s events",
            grouped(scene->end - scene->begin), grouped(foot->d->n_all_events));
    add(foot, PAINT_QUIET, "colour = term; wide = leader; time is stretched");
    if (foot->d->n_unsaid > 0)
        add(foot, PAINT_QUIET, "%zu label%s had no room", foot->d->n_unsaid,
            foot->d->n_unsaid == 1 ? "" : "s");
}

void timeline_foot(struct drawing *d)
{
    struct foot foot = {d, 0, false};
    const struct scene *scene = &d->scene;
    say_findings(&foot);
    if (d->window->look.brief)
        return;
    bool raft = tells_raft(scene->trace);
    if (d->window->look.room.format != NULL) {
        say_in_brief(&foot);
        return;
    }
    if (raft)
        add(&foot, PAINT_QUIET,
            "lane: pale = follower, striped = candidate, solid = leader,"
            " dotted = down; colour = term");
    add(&foot, PAINT_QUIET,
        "solid = request, dashed = reply, bar = refused, ✕ = lost%s%s%s",
        raft ? "; thick = carries entries, grey = heartbeat" : "",
        scene->n_fate[SCENE_HEARTBEAT] > 0 ? ", ‖ ×n = n of them without news"
                                           : "",
        scene->crowded ? "; a grey number = local events" : "");
    say_counts(&foot);
    if (d->n_unsaid > 0)
        add(&foot, PAINT_QUIET,
            "%zu label%s had no room beside %s lane; hovering over the mark"
            " tells",
            d->n_unsaid, d->n_unsaid == 1 ? "" : "s",
            d->n_unsaid == 1 ? "its" : "their");
    if (scene->end > scene->begin) {
        const struct trace_event *first = &scene->trace->event[scene->begin],
                                 *last = &scene->trace->event[scene->end - 1];
        add(&foot, PAINT_QUIET, "events %s..%s, %.1f ms to %.1f ms",
            grouped(first->n), grouped(last->n), (double)first->us / 1000,
            (double)last->us / 1000);
    }
    if (d->window->look.note != NULL && d->window->look.note[0] != '\0')
        add(&foot, PAINT_QUIET, "%s", d->window->look.note);
    if (d->n_pages > 1)
        add(&foot, PAINT_QUIET, "page %d of %d%s", d->page, d->n_pages,
            d->page < d->n_pages ? "; arrows that are cut go on there" : "");
}
