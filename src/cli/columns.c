// columns.c -- glassraft columns: a text column for each server.
#include <stdio.h>

#include "selectors.h"

static void draw(const struct part *part, void *context, FILE *out)
{
    (void)context;
    viz_columns(&part->trace, &part->window, out);
}

int cli_columns(int argc, char **argv)
{
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "columns");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf("usage: glassraft columns TRACE [OPTIONS]\n\n"
                   "Writes a text column for each server.\n\n%s\n"
                   "example: glassraft columns out/demo/trace.jsonl --act 2\n",
                   selectors_help);
            return EXIT_GOOD;
        }
        if (!selectors_read(&s, &o) && options_rest(&o))
            s.trace = arg;
    }
    return selectors_draw(&s, &o, 0, false, draw, NULL);
}
