// demo.c -- glassraft demo: the tour, its trace and its pictures.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "labs/suites/suites.h"
#include "viz/draw/paint.h"
#include "viz/draw/viz.h"
#include "harness/runner.h"
#include "base/save.h"
#include "cli.h"

static bool save_one(const struct trace_file *trace, bool log,
                     const struct viz_window *window, const char *path)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    if (log)
        viz_log(trace, window->last, NULL, out);
    else
        viz_timeline(trace, window, out);
    fclose(out);
    bool good = paint_save(text, n, path);
    free(text);
    return good;
}

// A file name of a headline: lower case, words joined by '-'.
static void slug(const char *text, char *out, size_t n)
{
    size_t at = 0;
    for (; *text != '\0' && at + 1 < n; text++) {
        char c = *text;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (word)
            out[at++] = c;
        else if (at > 0 && out[at - 1] != '-')
            out[at++] = '-';
    }
    out[at] = '\0';
}

// The page of the whole run, which the browser opens.
static bool write_page(const char *trace, const char *folder)
{
    char path[100], error[400], *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    bool good = viz_page(out, trace, NULL, true, error, sizeof error);
    fclose(out);
    snprintf(path, sizeof path, "%s/index.html", folder);
    if (!good)
        fprintf(stderr, "glassraft: %s\n", error);
    else if (!(good = save_file(path, text, n)))
        fprintf(stderr, "glassraft: %s: %s\n", path, strerror(errno));
    else
        printf("  %-48s all of it: open it in a browser\n", path);
    free(text);
    return good;
}

static bool draw_acts(const struct trace_file *trace, const char *folder)
{
    struct viz_window window = {0};
    const char *headline;
    bool good = true;
    for (int act = 1; good && viz_act(trace, act, &window, &headline); act++) {
        char name[60], path[300];
        slug(headline, name, sizeof name);
        snprintf(path, sizeof path, "%s/%d-%s.svg", folder, act, name);
        good = save_one(trace, false, &window, path);
        printf("  %-48s %s\n", path, headline);
        snprintf(path, sizeof path, "%s/%d-%s-logs.svg", folder, act, name);
        good = good && save_one(trace, true, &window, path);
        window = (struct viz_window){0};
    }
    return good;
}

int cli_demo(int argc, char **argv)
{
    const char *folder = "out/demo";
    uint64_t seed = 1;
    struct options o = options_begin(argc, argv, "demo");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf("usage: glassraft demo [--seed N]\n\n"
                   "Runs the tour, and writes its page and a picture of each "
                   "of its"
                   " acts into\nout/demo/.\n\n"
                   "example: glassraft demo --seed 7\n");
            return EXIT_GOOD;
        }
        if (options_is(&o, "--seed"))
            seed = options_number(&o);
        else if (options_rest(&o)) {
            fprintf(stderr, "glassraft demo: %s: unexpected argument\n", arg);
            return EXIT_USAGE;
        }
    }
    if (o.failed)
        return EXIT_USAGE;
    if (!save_folder(folder)) {
        fprintf(stderr, "glassraft: %s: %s\n", folder, strerror(errno));
        return EXIT_USAGE;
    }
    char path[100];
    snprintf(path, sizeof path, "%s/trace.jsonl", folder);
    struct lab_run run = {
        .scenario = &tour_scenarios[0], .seed = seed, .trace = path};
    struct lab_result result;
    lab_run_one(&run, &result);
    if (!result.passed) {
        lab_print_failure(stdout, &run, &result);
        return EXIT_FINDING;
    }
    lab_print_pass(stdout, &run, &result);
    struct trace_file trace;
    if (!trace_load(&trace, path)) {
        fprintf(stderr, "glassraft: %s\n", trace.error);
        return EXIT_BUG;
    }
    bool good = write_page(path, folder);
    printf("  %-48s every event, one JSON line each\n", path);
    good = good && draw_acts(&trace, folder);
    trace_unload(&trace);
    return good ? EXIT_GOOD : EXIT_USAGE;
}
