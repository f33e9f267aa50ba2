// timeline_foot.c -- the foot: the legend, and what is not drawn.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "paint.h"
#include "timeline.h"

struct foot {
    struct drawing *d;
    int n_lines;
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
    double y = timeline_dot_y(d, d->bottom + 18 + 12 * foot->n_lines++);
    timeline_line(d, 16, y, 8, colour, false, text);
}

// "1,234,567"; four of these can be used at a time.
static const char *grouped(uint64_t n)
{
    static char texts[4][32];
    static int at;
    char plain[24], *text = texts[at++ % 4], *out = text;
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
    char folded[160] = "";
    int at = 0;
    size_t all = scene->n_messages - n[SCENE_FILTERED];
    if (n[SCENE_HEARTBEAT] > 0)
        at += snprintf(folded + at, sizeof folded - (size_t)at,
                       "; %s heartbeats folded", grouped(n[SCENE_HEARTBEAT]));
    if (n[SCENE_RETRY] > 0)
        at += snprintf(folded + at, sizeof folded - (size_t)at,
                       "; %s retries counted at the first",
                       grouped(n[SCENE_RETRY]));
    if (n[SCENE_ROUND] > 0)
        at += snprintf(folded + at, sizeof folded - (size_t)at,
                       "; %s in folded rounds", grouped(n[SCENE_ROUND]));
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

void timeline_foot(struct drawing *d)
{
    struct foot foot = {d, 0};
    const struct scene *scene = &d->scene;
    add(&foot, PAINT_QUIET,
        "lane: pale = follower, striped = candidate, solid = leader,"
        " dotted = down; colour = term");
    add(&foot, PAINT_QUIET,
        "solid = request, dashed = reply, bar = refused, ✕ = lost; thick ="
        " carries entries, grey = heartbeat%s%s",
        scene->n_fate[SCENE_HEARTBEAT] > 0 ? ", ‖ ×n = n of them without news"
                                           : "",
        scene->crowded ? "; a grey number = local events" : "");
    say_counts(&foot);
    if (d->window->look.note != NULL && d->window->look.note[0] != '\0')
        add(&foot, PAINT_QUIET, "%s", d->window->look.note);
    if (d->n_pages > 1)
        add(&foot, PAINT_QUIET, "page %d of %d%s", d->page, d->n_pages,
            d->page < d->n_pages ? "; arrows that are cut go on there" : "");
}
