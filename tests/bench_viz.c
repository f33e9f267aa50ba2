// bench_viz.c -- what a picture of a long trace costs, reading and dot
// included.
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../src/trace/die.h"
#include "../viz/paint.h"
#include "../viz/viz.h"

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double bench_strip_s(const char *path)
{
    const struct trace_part part = {.kinds = viz_strip_kinds};
    const struct viz_window whole = {0};
    struct trace_file trace;
    char *dot, svg[80];
    size_t n;
    double begin = now_s();
    if (!trace_load_part(&trace, path, &part))
        die("%s", trace.error);
    FILE *out = open_memstream(&dot, &n);
    if (out == NULL)
        die("no memory for a picture");
    viz_strip(&trace, &whole, out);
    fclose(out);
    snprintf(svg, sizeof svg, "%.70s.svg", path);
    if (!paint_save(dot, n, svg))
        die("%s: not drawn", svg);
    double s = now_s() - begin;
    unlink(svg);
    free(dot);
    trace_unload(&trace);
    return s;
}
