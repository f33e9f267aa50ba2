// schema.c -- glassraft schema: the format of a trace, for machines or people.
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "trace/trace.h"

static void usage(FILE *out)
{
    fputs("usage: glassraft schema [--page]\n"
          "Prints the JSON Schema (draft 2020-12) of a trace's lines, or with\n"
          "--page the tables of all kinds of events as Markdown.\n"
          "example: glassraft schema > trace.schema.json\n",
          out);
}

int cli_schema(int argc, char **argv)
{
    bool page = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return EXIT_GOOD;
        }
        if (strcmp(argv[i], "--page") != 0) {
            fprintf(stderr,
                    "glassraft schema: unknown \"%s\", expected --page\n",
                    argv[i]);
            return EXIT_USAGE;
        }
        page = true;
    }
    if (page)
        trace_print_page(stdout);
    else
        trace_print_schema(stdout);
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_BUG;
}
