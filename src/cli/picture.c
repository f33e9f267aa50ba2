// picture.c -- glassraft timeline, log and columns: a trace in, a picture out.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../viz/paint.h"
#include "../../viz/viz.h"
#include "cli.h"

struct request {
    const char *trace, *output;
    struct viz_window window;
    uint64_t from_ms, to_ms, act, at_us, event;
    bool timed, at;
};

static const char selectors[] =
    "  -o FILE          .svg, .png or .dot\n"
    "  --from MS        begin there (virtual milliseconds)\n"
    "  --to MS          end there\n"
    "  --act N          only the N-th act of the story\n"
    "  --around EVENT   the events near this one\n"
    "  --heartbeats     show heartbeats too\n";

// Fills the request; the exit code when the command is over, -1 to go on.
static int read_arguments(int argc, char **argv, struct request *r,
                          const char *usage)
{
    struct options o = options_begin(argc, argv, argv[0]);
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            fputs(usage, stdout);
            return EXIT_GOOD;
        }
        if (options_is(&o, "-o"))
            r->output = options_value(&o);
        else if (options_is(&o, "--from")) {
            r->from_ms = options_number(&o);
            r->timed = true;
        } else if (options_is(&o, "--to")) {
            r->to_ms = options_number(&o);
            r->timed = true;
        } else if (options_is(&o, "--act"))
            r->act = options_number(&o);
        else if (options_is(&o, "--around") || options_is(&o, "--event"))
            r->event = options_number(&o);
        else if (options_is(&o, "--at")) {
            r->at_us = options_number(&o);
            r->at = true;
        } else if (options_is(&o, "--heartbeats"))
            r->window.heartbeats = true;
        else if (options_rest(&o))
            r->trace = arg;
    }
    if (o.failed)
        return EXIT_USAGE;
    if (r->trace == NULL) {
        fprintf(stderr,
                "glassraft %s: which trace? See `glassraft %s --help`\n",
                argv[0], argv[0]);
        return EXIT_USAGE;
    }
    return -1;
}

// Turns times, acts and events into the numbers of the first and last event.
static bool choose_window(const struct trace_file *trace, struct request *r)
{
    enum { RADIUS = 150 };
    const char *text;
    if (r->act > 0 && !viz_act(trace, (int)r->act, &r->window, &text)) {
        fprintf(stderr, "glassraft: %s: has no act %" PRIu64 "\n", r->trace,
                r->act);
        return false;
    }
    if (r->event > 0) {
        r->window.first = r->event > RADIUS ? r->event - RADIUS : 1;
        r->window.last = r->event + RADIUS;
    }
    for (size_t i = 0; r->timed && i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->us < r->from_ms * 1000)
            r->window.first = event->n + 1;
        if (r->to_ms == 0 || event->us <= r->to_ms * 1000)
            r->window.last = event->n;
    }
    return true;
}

// Loads the trace; what stands before a bad line is drawn all the same.
static bool load(struct trace_file *trace, const char *path, int *status)
{
    *status = EXIT_GOOD;
    if (!trace_load(trace, path)) {
        fprintf(stderr, "glassraft: %s\n", trace->error);
        return false;
    }
    if (trace->error[0] != '\0') {
        fprintf(stderr, "glassraft: %s; the events before it are shown\n",
                trace->error);
        *status = EXIT_USAGE;
    }
    return true;
}

static bool save(char *text, size_t n, const char *path)
{
    if (path != NULL)
        return paint_save(text, n, path);
    return fwrite(text, 1, n, stdout) == n && fflush(stdout) == 0;
}

enum kind { TIMELINE, LOG, COLUMNS };

static int draw(struct request *r, enum kind kind)
{
    struct trace_file trace;
    int status;
    if (!load(&trace, r->trace, &status)) {
        trace_unload(&trace);
        return EXIT_USAGE;
    }
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    bool good = out != NULL && choose_window(&trace, r);
    if (good && kind == TIMELINE)
        viz_timeline(&trace, &r->window, out);
    if (good && kind == COLUMNS)
        viz_columns(&trace, &r->window, out);
    for (size_t i = 0; r->at && i < trace.n_events; i++)
        if (trace.event[i].us <= r->at_us)
            r->event = trace.event[i].n;
    if (r->act > 0)
        r->event = r->window.last;
    if (good && kind == LOG)
        viz_log(&trace, r->event, out);
    if (out != NULL)
        fclose(out);
    if (good && kind == COLUMNS && r->output != NULL) {
        FILE *file = fopen(r->output, "w");
        good = file != NULL && fwrite(text, 1, n, file) == n;
        if (file != NULL && fclose(file) != 0)
            good = false;
        if (!good)
            fprintf(stderr, "glassraft: %s: cannot be written\n", r->output);
    } else if (good)
        good = save(text, n, r->output);
    free(text);
    trace_unload(&trace);
    return good ? status : EXIT_USAGE;
}

static int picture(int argc, char **argv, enum kind kind, const char *usage)
{
    struct request r = {.trace = NULL};
    int over = read_arguments(argc, argv, &r, usage);
    return over >= 0 ? over : draw(&r, kind);
}

int cli_timeline(int argc, char **argv)
{
    char usage[1200];
    snprintf(usage, sizeof usage,
             "usage: glassraft timeline TRACE [OPTIONS]\n\n"
             "Draws who said what to whom, when.\n\n%s\n"
             "example: glassraft timeline out/demo/trace.jsonl --act 2"
             " -o election.svg\n",
             selectors);
    return picture(argc, argv, TIMELINE, usage);
}

int cli_log(int argc, char **argv)
{
    return picture(argc, argv, LOG,
                   "usage: glassraft log TRACE [OPTIONS]\n\n"
                   "Draws the logs of all servers at a moment.\n\n"
                   "  -o FILE          .svg, .png or .dot\n"
                   "  --at US          at this virtual microsecond\n"
                   "  --event N        after this event\n"
                   "  --act N          at the end of the N-th act\n\n"
                   "example: glassraft log out/demo/trace.jsonl --act 6"
                   " -o log.svg\n");
}

int cli_columns(int argc, char **argv)
{
    char usage[1200];
    snprintf(usage, sizeof usage,
             "usage: glassraft columns TRACE [OPTIONS]\n\n"
             "Writes a text column for each server.\n\n%s\n"
             "example: glassraft columns out/demo/trace.jsonl --act 2\n",
             selectors);
    return picture(argc, argv, COLUMNS, usage);
}
