// timeline.c -- the space-time diagram: lanes, messages, what servers do.
//
// Time runs downwards, a lane for each server. The colour is the term, always;
// the lane's width and pattern is the role. Rows are a monotone warp of time:
// close events get room, idle time becomes a band of fixed height.
#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/alt.h"
#include "viz/draw/paint.h"

// ------------------------------------------------------------------- a page

static void draw_title(struct drawing *d)
{
    char title[300];
    const struct trace_header *header = &d->scene.trace->header;
    const struct trace_event *first =
        d->scene.begin < d->scene.end ? &d->scene.trace->event[d->scene.begin]
                                      : NULL;
    int n = snprintf(title, sizeof title, "%s", header->scenario);
    if (first != NULL && first->kind == TRACE_ACT && first->text != NULL)
        n += snprintf(title + n, sizeof title - (size_t)n, ": %.80s",
                      first->text);
    n += snprintf(title + n, sizeof title - (size_t)n, ", seed %s",
                  header->seed);
    if (d->dims)
        snprintf(title + n, sizeof title - (size_t)n,
                 "; the causal past of event %" PRIu64, d->window->look.past);
    timeline_line(d, 16, -10, 12, PAINT_INK, true, title);
}

// Of the width of a plate, which keeps apart from its neighbours.
static double plate_half(const struct drawing *d)
{
    enum { HALF = 23 };
    return d->pitch < 2 * HALF + 2 ? d->pitch / 2 - 1 : HALF;
}

static struct box plate(const struct drawing *d, int server)
{
    double x = timeline_x(d, server), y = d->from - 30;
    double half = plate_half(d);
    return (struct box){x - half, y - 11, x + half, y + 11};
}

void timeline_plates(struct drawing *d)
{
    for (int s = 0; s < d->scene.before.n_servers; s++)
        if (d->lane[s] >= 0)
            fprintf(d->out,
                    "%ss%d [shape=box, style=\"filled,rounded\", penwidth=0,"
                    " fillcolor=\"" PAINT_INK "\", fontcolor=white,"
                    " fontsize=11, width=%.2f, height=0.28,"
                    " fixedsize=shape, pos=\"%.1f,%.1f\", " PAINT_BOLD
                    ", label=\"S%d\"];\n",
                    d->prefix, s,
                    plate_half(d) == 23 ? 0.62 : plate_half(d) / 36,
                    timeline_x(d, s), -(TIMELINE_TOP - 30), s + 1);
}

void timeline_say(struct drawing *d)
{
    timeline_forget(d);
    d->bottom = d->lowest = d->until;
    d->said = d->from - 20;
    d->n_unsaid = 0;
    for (int s = 0; s < d->scene.before.n_servers; s++)
        if (d->lane[s] >= 0)
            timeline_take(d, plate(d, s));
    timeline_narration(d);
}

void timeline_draw(struct drawing *d)
{
    timeline_sides(d, false);
    timeline_bands(d);
    timeline_losses(d);
    timeline_lanes(d);
    timeline_sides(d, true);
    timeline_finding(d);
    timeline_marks(d);
    timeline_messages(d);
}

static void draw_all(struct drawing *d)
{
    timeline_say(d);
    timeline_draw(d);
    timeline_heartbeats(d);
    timeline_times(d);
    if (!d->window->look.brief)
        draw_title(d);
    timeline_plates(d);
    timeline_foot(d);
}

static void draw_page(struct drawing *d, FILE *out)
{
    char *front = NULL;
    size_t n = 0;
    d->out = must_stream(&front, &n);
    d->back = out;
    d->depth = d->n_names = 0;
    alt_events(out, d->scene.trace, d->scene.begin, d->scene.end,
               d->dims ? "messages and what a causal past holds of them"
                       : "who said what to whom, when");
    fprintf(out, "digraph timeline {\n"
                 "graph [layout=nop2, splines=line, outputorder=edgesfirst,"
                 " pad=0.2];\n"
                 "node [fontname=\"Helvetica,Arial,sans-serif\", margin=0];\n"
                 "edge [arrowsize=0.55];\n");
    draw_all(d);
    fclose(d->out);
    for (; d->depth > 0; d->depth--)
        fputs("}", out);
    fputc('\n', out);
    fwrite(front, 1, n, out);
    fputs("}\n", out);
    free(front);
}

// ---------------------------------------------------------------- the whole

static double usual_pitch(int n_lanes, bool brief)
{
    if (brief && n_lanes > 3 && n_lanes <= 5)
        return 112;
    return n_lanes <= 5 ? 128 : n_lanes <= 9 ? 105 : 70;
}

// Where the lanes stand; a format has a width that all must fit into.
static void place_lanes(struct drawing *d)
{
    enum { LEFT = 150, TYPE = 8, SAID = 128, LEAST = 24 };
    const struct viz_room *room = &d->window->look.room;
    bool brief = d->window->look.brief;
    d->left = LEFT;
    d->margin = brief ? 62 : 84;
    d->pitch = usual_pitch(d->n_lanes, brief);
    if (room->format == NULL)
        return;
    double width = viz_room_width(room, TYPE);
    bool narrow = viz_room_is_narrow(room);
    d->left = narrow ? 76 : 124;
    d->margin = 40;
    double beside = narrow || brief ? 24 : d->margin + SAID;
    double pitch =
        (width - d->left - beside) / (d->n_lanes > 1 ? d->n_lanes - 1 : 1);
    d->pitch = pitch < LEAST ? LEAST : pitch < d->pitch ? pitch : d->pitch;
    d->silent = narrow;
    d->widest = width;
}

void timeline_open(struct drawing *d, const struct trace_file *trace,
                   const struct viz_window *window)
{
    *d = (struct drawing){
        .window = window, .page = 1, .n_pages = 1, .prefix = ""};
    scene_make(&d->scene, trace, window);
    for (int s = 0; s < TRACE_MAX_SERVERS; s++)
        d->lane[s] =
            s < trace->header.n_servers && viz_shows_server(&window->filter, s)
                ? d->n_lanes++
                : -1;
    place_lanes(d);
    d->dims = window->look.past > 0 &&
              causes_make(&d->causes, trace, window->look.past);
    d->named = must_calloc(d->scene.end - d->scene.begin + 1, sizeof *d->named);
}

static void begin(struct drawing *d, const struct trace_file *trace,
                  const struct viz_window *window)
{
    timeline_open(d, trace, window);
    timeline_rows(d);
    d->from = TIMELINE_TOP;
    d->until = d->end;
}

void timeline_close(struct drawing *d)
{
    d->from = d->until = 0;
    timeline_forget(d);
    free(d->taken);
    if (d->dims)
        causes_free(&d->causes);
    scene_free(&d->scene);
    free(d->y);
    free(d->row);
    free(d->band);
    free(d->named);
    free(d->muted);
}

// What the picture is about has to be in it: the finding, else the last leader
// that wins. What lies behind is left out, and of what led there the beginning.
static void find_decisive(const struct drawing *d,
                          const struct trace_file *trace,
                          struct viz_window *window)
{
    enum { BEHIND = 16 }; // events, in which its first heartbeats arrive
    size_t at = 0;
    for (size_t i = d->scene.begin; i < d->scene.end; i++) {
        const struct trace_event *event = &trace->event[i];
        if (timeline_is_outcome(d, event)) {
            window->ends = true;
            return;
        }
        if (event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER)
            at = i;
    }
    if (at == 0)
        return;
    window->ends = true;
    if (at + BEHIND < d->scene.end)
        window->last = trace->event[at + BEHIND].n;
}

// What happens beside messages may alone be too much: the window ends, or
// begins, where the height does.
static void cut_height(struct drawing *d, const struct trace_file *trace,
                       struct viz_window *window, double high)
{
    enum { TRIES = 8 };
    for (int i = 0; i < TRIES && d->end - TIMELINE_TOP > high; i++) {
        const struct scene *scene = &d->scene;
        double over = d->end - TIMELINE_TOP - high;
        size_t first = scene->begin, end = scene->end;
        while (window->ends && first + 1 < end &&
               d->y[first - scene->begin] - TIMELINE_TOP < over)
            first++;
        while (!window->ends && end > first + 1 &&
               d->end - d->y[end - 1 - scene->begin] < over)
            end--;
        if (end - first == scene->end - scene->begin || end <= first)
            return;
        window->first = trace->event[first].n;
        window->last = trace->event[end - 1].n;
        timeline_close(d);
        begin(d, trace, window);
    }
}

// Fewer messages, until the picture is as low as its format wants it. What led
// to a finding stays, else what comes first.
static void fit_height(struct drawing *d, const struct trace_file *trace,
                       struct viz_window *window)
{
    enum { TYPE = 8, MOST = 60, LEAST = 3, HEAD_AND_FOOT = 60 };
    double high = viz_room_height(&window->look.room, TYPE) - HEAD_AND_FOOT;
    size_t n_all = d->scene.n_asked - d->scene.n_fate[SCENE_FILTERED];
    size_t n_events = d->scene.end - d->scene.begin;
    find_decisive(d, trace, window);
    int most = window->most > 0 && window->most < MOST ? window->most : MOST;
    for (; most >= LEAST; most -= most > 12 ? 4 : 1) {
        window->most = most;
        if (window->fold_above == 0 || window->fold_above > most)
            window->fold_above = most;
        timeline_close(d);
        begin(d, trace, window);
        d->n_all = n_all;
        if (d->end - TIMELINE_TOP <= high - 40)
            return;
    }
    cut_height(d, trace, window, high - 40);
    d->n_all = n_all;
    d->n_all_events = n_events;
}

size_t viz_timeline(const struct trace_file *trace,
                    const struct viz_window *asked, FILE *out)
{
    struct drawing d;
    struct viz_window fitted = *asked, *window = &fitted;
    begin(&d, trace, window);
    if (window->look.room.format != NULL)
        fit_height(&d, trace, window);
    draw_page(&d, out);
    size_t n = d.scene.n_fate[SCENE_DRAWN];
    timeline_close(&d);
    return n;
}

bool viz_timeline_pages(const struct trace_file *trace,
                        const struct viz_window *window,
                        bool (*save)(void *context, int page, int n_pages,
                                     const char *dot, size_t n),
                        void *context)
{
    struct drawing d;
    bool good = true;
    begin(&d, trace, window);
    d.scene.crowded = false; // no page is
    d.n_pages = 0;
    for (double y = d.from; y < d.end; y = timeline_page_end(&d, y))
        d.n_pages++;
    for (d.page = 1; good && d.page <= d.n_pages; d.page++) {
        d.until = timeline_page_end(&d, d.from);
        char *text = NULL;
        size_t n = 0;
        FILE *out = must_stream(&text, &n);
        draw_page(&d, out);
        fclose(out);
        good = save(context, d.page, d.n_pages, text, n);
        free(text);
        d.from = d.until;
    }
    timeline_close(&d);
    return good;
}
