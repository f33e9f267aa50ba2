// timeline.c -- glassraft timeline: who said what to whom, when.
#include <stdio.h>

#include "selectors.h"

static void usage(void)
{
    printf("usage: glassraft timeline TRACE [OPTIONS]\n\n"
           "Draws who said what to whom, when.\n\n%s"
           "  --budget N           messages drawn at most, by default 300\n\n"
           "example: glassraft timeline out/demo/trace.jsonl --act 2"
           " -o election.svg\n",
           selectors_help);
}

static void draw(const struct part *part, void *context, FILE *out)
{
    (void)context;
    viz_timeline(&part->trace, &part->window, out);
}

int cli_timeline(int argc, char **argv)
{
    struct selectors s = selectors_begin(PART_READABLE);
    struct options o = options_begin(argc, argv, "timeline");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            usage();
            return EXIT_GOOD;
        }
        if (!selectors_read(&s, &o) && options_rest(&o))
            s.trace = arg;
    }
    return selectors_draw(&s, &o, 0, true, draw, NULL);
}
