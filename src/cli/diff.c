// diff.c -- glassraft diff: where two runs part.
#include <stdio.h>
#include <stdlib.h>

#include "selectors.h"

static void usage(void)
{
    puts("usage: glassraft diff A B [OPTIONS]\n\n"
         "Compares two traces of one scenario, of two seeds, or of two Rafts:"
         " how many\nevents are equal, the first that differs, and both runs"
         " side by side from there.\nEvents are compared by time, kind, server"
         " and content, not by their numbers.\n\n"
         "  -o FILE          write .svg, .png or .dot (default: DOT to standard"
         " output)\n"
         "  --text           print text instead of a picture\n" SELECTORS_THEME
         "  --no-times       ignore differences in time\n"
         "  --last N         show N events of each side after the difference "
         "(40)\n"
         "  --servers S1,S3  compare only what these servers do\n"
         "  --types LIST     compare only these kinds: votes, appends,"
         " commits,\n"
         "                   client, faults, an event's or a message's name\n\n"
         "Exit code 0: equal, 1: different, 2: wrong usage or a damaged"
         " trace.\n\n"
         "example: glassraft diff seed-1.jsonl seed-2.jsonl --no-times"
         " --text");
}

static bool load(struct trace_file *trace, const char *path)
{
    if (trace_load(trace, path) && trace->error[0] == '\0')
        return true;
    fprintf(stderr, "glassraft diff: %s\n", trace->error);
    return false;
}

struct comparison {
    struct viz_diff asked;
    bool equal;
};

static void draw(void *context, struct viz_room room, FILE *out)
{
    struct comparison *c = context;
    c->asked.room = room;
    c->equal = viz_diff(&c->asked, out);
}

// The exit code; the text goes where the selectors say.
static int compare(const struct selectors *s, const char *const path[2],
                   const struct viz_diff *asked)
{
    struct trace_file trace[2] = {{.memory = NULL}, {.memory = NULL}};
    int status = EXIT_USAGE;
    if (load(&trace[0], path[0]) && load(&trace[1], path[1])) {
        struct comparison c = {.asked = *asked};
        size_t n;
        for (int i = 0; i < 2; i++) {
            c.asked.trace[i] = &trace[i];
            c.asked.name[i] = path[i];
        }
        char *text = viz_fitted(asked->text ? NULL : s->format, draw, &c, &n);
        status = selectors_save(s, text, n, !asked->text);
        if (status == EXIT_GOOD && !c.equal)
            status = EXIT_FINDING;
        free(text);
    }
    trace_unload(&trace[0]);
    trace_unload(&trace[1]);
    return status;
}

int cli_diff(int argc, char **argv)
{
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "diff");
    struct viz_diff asked = {.times = true};
    const char *path[2] = {NULL, NULL};
    int n = 0;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            usage();
            return EXIT_GOOD;
        }
        if (options_is(&o, "--text"))
            asked.text = true;
        else if (options_is(&o, "--no-times"))
            asked.times = false;
        else if (!selectors_read(&s, &o) && !selectors_theme(&s, &o) &&
                 options_rest(&o) && n++ < 2)
            path[n - 1] = arg;
    }
    if (o.failed)
        return EXIT_USAGE;
    if (n != 2) {
        fprintf(stderr, "glassraft diff: expected two traces; see `glassraft"
                        " diff --help`\n");
        return EXIT_USAGE;
    }
    asked.filter = s.asked.filter;
    asked.most = s.asked.last < 500 ? (int)s.asked.last : 500;
    return compare(&s, path, &asked);
}
