// bench_viz.c -- what a picture of a long trace costs, reading and dot
// included.
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/die.h"
#include "viz/draw/paint.h"
#include "viz/draw/window.h"

enum { MESSAGES = 300, RADIUS = 4000, PAGE = 120000 };

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Writes DOT as SVG beside the trace, and forgets it.
static void paint(const char *path, char *dot, size_t n)
{
    char svg[80];
    snprintf(svg, sizeof svg, "%.70s.svg", path);
    if (!paint_save(dot, n, svg))
        die("%s: not drawn", svg);
    unlink(svg);
    free(dot);
}

static FILE *open_text(char **text, size_t *n)
{
    FILE *out = must_stream(text, n);
    return out;
}

static double strip(const char *path)
{
    const struct trace_part part = {.kinds = viz_strip_kinds};
    const struct viz_window whole = {0};
    struct trace_file trace;
    char *dot;
    size_t n;
    double begin = now_s();
    if (!trace_load_part(&trace, path, &part))
        die("%s", trace.error);
    FILE *out = open_text(&dot, &n);
    viz_strip(&trace, &whole, out);
    fclose(out);
    paint(path, dot, n);
    trace_unload(&trace);
    return now_s() - begin;
}

static double timeline(const char *path, uint64_t n_events)
{
    const struct part_asked asked = {.around = n_events / 2,
                                     .radius = RADIUS,
                                     .heartbeats = true,
                                     .budget = MESSAGES};
    struct part part;
    char *dot;
    size_t n;
    double begin = now_s();
    if (!part_load(&part, path, &asked, PART_WHOLE, 0))
        die("%s", part.error);
    FILE *out = open_text(&dot, &n);
    size_t n_drawn = viz_timeline(&part.trace, &part.window, out);
    fclose(out);
    if (n_drawn < MESSAGES / 2)
        die("%s: %zu messages are too few", path, n_drawn);
    paint(path, dot, n);
    part_unload(&part);
    return now_s() - begin;
}

static double page(const char *path, uint64_t n_events)
{
    struct viz_window window = {0};
    char error[300], *html;
    size_t n;
    if (n_events > PAGE)
        window.first = n_events - PAGE + 1;
    double begin = now_s();
    FILE *out = open_text(&html, &n);
    if (!viz_page(out, path, &window, false, error, sizeof error))
        die("%s", error);
    fclose(out);
    free(html);
    return now_s() - begin;
}

static double perfetto(const char *path)
{
    const struct viz_window whole = {0};
    struct trace_file trace;
    char *text;
    size_t n;
    double begin = now_s();
    if (!trace_load(&trace, path))
        die("%s", trace.error);
    FILE *out = open_text(&text, &n);
    viz_perfetto(&trace, &whole, out);
    fclose(out);
    free(text);
    trace_unload(&trace);
    return now_s() - begin;
}

struct bench_viz bench_viz(const char *path, uint64_t n)
{
    return (struct bench_viz){.strip_s = strip(path),
                              .timeline_s = timeline(path, n),
                              .page_s = page(path, n),
                              .perfetto_s = perfetto(path)};
}
