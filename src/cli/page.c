// page.c -- glassraft page: a trace in, a page for the browser out.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "judge.h"
#include "selectors.h"

static void usage(void)
{
    printf("usage: glassraft page TRACE [OPTIONS]\n\n"
           "Writes one HTML file to explore the run in a browser: no network,"
           " no server,\nno other file. It opens at the first finding; ? in it"
           " lists the keys.\n\n%s\n"
           "example: glassraft page out/tour.jsonl -o index.html\n",
           selectors_help);
}

// What a part of the trace does not decide, the page's own switches do.
static bool asks_for_less(const struct selectors *s)
{
    const struct viz_filter *filter = &s->asked.filter;
    if (!filter->chosen && filter->kinds == 0 && filter->rpcs == 0)
        return false;
    fprintf(stderr, "glassraft page: --servers and --types are switches in"
                    " the page itself\n");
    return true;
}

static bool asks_for_all(const struct part_asked *asked)
{
    return !asked->since && !asked->until && !asked->finding &&
           asked->act == 0 && asked->term == 0 && asked->around == 0 &&
           asked->last == 0 && asked->filter.index == 0;
}

// Is the whole trace sound? A damaged one ends before the damage.
static bool read_through(const struct selectors *s, struct viz_window *window,
                         int *status)
{
    char error[256];
    struct trace_event event;
    struct trace_reader *reader = trace_open(s->trace, error, sizeof error);
    *window = (struct viz_window){.heartbeats = s->asked.heartbeats};
    *status = reader != NULL ? EXIT_GOOD : EXIT_USAGE;
    if (reader == NULL) {
        fprintf(stderr, "glassraft: %s\n", error);
        return false;
    }
    enum trace_status read;
    uint64_t last = 0;
    while ((read = trace_read(reader, &event)) == TRACE_OK)
        last = event.n;
    if (read == TRACE_BAD) {
        fprintf(stderr, "glassraft: %s; the events before it are shown\n",
                trace_reader_error(reader));
        window->last = last;
        *status = EXIT_USAGE;
    }
    trace_close(reader);
    return true;
}

// The part that is asked for, as a window; of a damaged trace what stands
// before the damage.
static bool choose_window(const struct selectors *s, const struct options *o,
                          struct viz_window *window, int *status)
{
    struct part part;
    if (s->trace != NULL && !o->failed && asks_for_all(&s->asked))
        return read_through(s, window, status);
    if (!selectors_load(s, o, 0, &part, status))
        return false;
    *window = part.window;
    const struct trace_file *trace = &part.trace;
    if (trace->error[0] != '\0' && trace->n_events > 0) {
        uint64_t last = trace->event[trace->n_events - 1].n;
        if (window->last == 0 || window->last > last)
            window->last = last;
    }
    part_unload(&part);
    return true;
}

static int write_page(const struct selectors *s,
                      const struct viz_window *window)
{
    char *text = NULL, error[400];
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    bool good = viz_page(out, s->trace, window, false, error, sizeof error);
    fclose(out);
    int status = EXIT_USAGE;
    if (good)
        status = selectors_save(s, text, n, false);
    else
        fprintf(stderr, "glassraft: %s\n", error);
    free(text);
    return status;
}

int cli_page(int argc, char **argv)
{
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "page");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            usage();
            return EXIT_GOOD;
        }
        if (!selectors_read(&s, &o) && options_rest(&o))
            selectors_trace(&s, &o, arg);
    }
    if (s.trace != NULL && strcmp(s.trace, "-") == 0) {
        fprintf(stderr, "glassraft page: a page is made of a file, not of"
                        " standard input\n");
        return EXIT_USAGE;
    }
    struct viz_window window;
    int status;
    if (!o.failed)
        judge_before_drawing("page", s.trace);
    if ((!o.failed && asks_for_less(&s)) ||
        !choose_window(&s, &o, &window, &status))
        return EXIT_USAGE;
    int written = write_page(&s, &window);
    return written != EXIT_GOOD ? written : status;
}
