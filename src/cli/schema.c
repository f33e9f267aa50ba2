// schema.c -- glassraft schema: the format of a trace, for machines or people.
#include "cli.h"

#include <stdio.h>

#include "trace/trace.h"

static const char help[] =
    "usage: glassraft schema [--page]\n\n"
    "Prints the JSON Schema (draft 2020-12) of a trace's lines.\n\n"
    "  --page           print tables of all kinds of events, in Markdown\n\n"
    "example: glassraft schema > trace.schema.json\n";

int cli_schema(int argc, char **argv)
{
    bool page = false;
    struct options o = options_begin(argc, argv, "schema");
    while (options_next(&o) != NULL) {
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--page"))
            page = true;
        else if (options_rest(&o)) {
            fprintf(stderr, "glassraft schema: %s: unexpected argument\n",
                    o.now);
            return EXIT_USAGE;
        }
    }
    if (o.failed)
        return EXIT_USAGE;
    if (page)
        trace_print_page(stdout);
    else
        trace_print_schema(stdout);
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_BUG;
}
