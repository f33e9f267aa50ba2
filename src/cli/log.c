// log.c -- glassraft log: the logs of all servers at a moment.
#include <stdio.h>

#include "selectors.h"

struct moment {
    bool timed;
    uint64_t us, event;
};

static void draw(const struct part *part, void *context, FILE *out)
{
    const struct moment *moment = context;
    uint64_t n = moment->event > 0 ? moment->event : part->window.last;
    for (size_t i = 0; moment->timed && i < part->trace.n_events; i++)
        if (part->trace.event[i].us <= moment->us)
            n = part->trace.event[i].n;
    viz_log(&part->trace, n, out);
}

static void usage(void)
{
    printf("usage: glassraft log TRACE [OPTIONS]\n\n"
           "Draws the logs of all servers at a moment, by default the last"
           " one of the part.\n\n"
           "  --at US          at this virtual microsecond\n"
           "  --event N        after this event\n%s\n"
           "example: glassraft log out/demo/trace.jsonl --act 6"
           " -o log.svg\n",
           selectors_help);
}

int cli_log(int argc, char **argv)
{
    struct moment moment = {false, 0, 0};
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "log");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            usage();
            return EXIT_GOOD;
        }
        if (options_is(&o, "--at")) {
            moment.us = options_number(&o);
            moment.timed = true;
        } else if (options_is(&o, "--event"))
            moment.event = options_number(&o);
        else if (!selectors_read(&s, &o) && options_rest(&o))
            s.trace = arg;
    }
    return selectors_draw(&s, &o, 0, true, draw, &moment);
}
