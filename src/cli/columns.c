// columns.c -- glassraft columns: a text column for each server.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "selectors.h"

static void draw(const struct part *part, void *context, FILE *out)
{
    viz_columns(&part->trace, &part->window, context, out);
}

static void usage(void)
{
    printf(
        "usage: glassraft columns TRACE [OPTIONS]\n\n"
        "Writes a text column for each server: its role and term in every"
        " line, and what\nhappens. Heartbeats are folded into counts.\n\n"
        "  --width N        characters per line (default: $COLUMNS, or the"
        " terminal's)\n"
        "  --color WHEN     always, never, or auto (only on a terminal)\n%s\n"
        "example: glassraft columns out/demo/trace.jsonl --act 2\n",
        selectors_help);
}

// Of $COLUMNS, else of the terminal, else 0.
static int find_width(bool to_terminal)
{
    struct winsize size;
    uint64_t width = 0;
    const char *columns = getenv("COLUMNS");
    if (columns != NULL && options_parse(columns, &width) && width > 0)
        return width < 10000 ? (int)width : 0;
    if (to_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

int cli_columns(int argc, char **argv)
{
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "columns");
    const char *when = "auto";
    uint64_t width = 0;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            usage();
            return EXIT_GOOD;
        }
        if (options_is(&o, "--width"))
            width = options_number(&o);
        else if (options_is(&o, "--color"))
            when = options_value(&o);
        else if (strncmp(arg, "--color=", 8) == 0)
            when = arg + 8;
        else if (!selectors_read(&s, &o) && options_rest(&o))
            selectors_trace(&s, &o, arg);
    }
    bool always = strcmp(when, "always") == 0;
    if (!o.failed && !always && strcmp(when, "never") != 0 &&
        strcmp(when, "auto") != 0) {
        fprintf(stderr,
                "glassraft columns: --color %s: expected always, never or"
                " auto\n",
                when);
        return EXIT_USAGE;
    }
    bool to_terminal = s.output == NULL && isatty(STDOUT_FILENO);
    struct viz_terminal terminal = {
        .width =
            width > 0 && width < 10000 ? (int)width : find_width(to_terminal),
        .coloured = always || (when[0] == 'a' && to_terminal &&
                               getenv("NO_COLOR") == NULL)};
    return selectors_draw(&s, &o, 0, false, draw, &terminal);
}
