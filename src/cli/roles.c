// roles.c -- glassraft roles: the state machine of Figure 4, counted.
#include "selectors.h"

static void draw(const struct part *part, void *context, FILE *out)
{
    (void)context;
    viz_roles(&part->trace, &part->window, out);
}

int cli_roles(int argc, char **argv)
{
    const struct selectors_command command = {
        .about = "Draws the roles of Figure 4 of the paper: how often and why"
                 " the servers changed\nthem, how long they held them, and what"
                 " should not have happened.",
        .example = "glassraft roles out/demo/trace.jsonl -o roles.svg",
        .replayed = true,
        .kinds = viz_roles_kinds,
        .draw = draw,
    };
    return selectors_command(argc, argv, &command);
}
