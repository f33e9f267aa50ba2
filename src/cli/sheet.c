// sheet.c -- glassraft sheet: a whole run on one page.
#include "selectors.h"

static void draw(const struct part *part, void *context, FILE *out)
{
    (void)context;
    viz_sheet(&part->trace, &part->window, out);
}

int cli_sheet(int argc, char **argv)
{
    const struct selectors_command command = {
        .about = "Draws a whole run on one page of 16:9: the strip, and the"
                 " logs of all servers at\nthe end of each era in which they"
                 " changed.",
        .example = "glassraft sheet out/demo/trace.jsonl -o sheet.svg",
        .draw = draw,
    };
    return selectors_command(argc, argv, &command);
}
