// strip.c -- glassraft strip: a whole run at a glance.
#include "selectors.h"

static void draw(const struct part *part, void *context, FILE *out)
{
    (void)context;
    viz_strip(&part->trace, &part->window, out);
}

int cli_strip(int argc, char **argv)
{
    const struct selectors_command command = {
        .about = "Draws the roles by term of a whole run, of a second or a day:"
                 " elections, faults,\ntime without a leader, commits.",
        .example = "glassraft strip out/demo/trace.jsonl -o strip.svg",
        .replayed = true,
        .kinds = viz_strip_kinds,
        .draw = draw,
    };
    return selectors_command(argc, argv, &command);
}
