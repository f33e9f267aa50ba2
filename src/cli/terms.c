// terms.c -- glassraft terms: a table of terms.
#include <stdio.h>

#include "selectors.h"

static void write_table(const struct part *part, void *context, FILE *out)
{
    const enum viz_table *form = context;
    viz_terms(&part->trace, &part->window, *form, out);
}

static void usage(void)
{
    printf(
        "usage: glassraft terms TRACE [OPTIONS]\n\n"
        "Prints a line for each term: when it began, the candidates and"
        " their votes, the\nwinner and how long that took, entries, why it"
        " ended.\n\n"
        "  --tsv            print TSV for spreadsheets, times in microseconds\n"
        "  --json           print the same as JSON for programs\n%s\n"
        "example: glassraft terms out/demo/trace.jsonl\n",
        selectors_help);
}

int cli_terms(int argc, char **argv)
{
    enum viz_table form = VIZ_TEXT;
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "terms");
    s.replayed = true;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            usage();
            return EXIT_GOOD;
        }
        if (options_is(&o, "--tsv"))
            form = VIZ_TSV;
        else if (options_is(&o, "--json"))
            form = VIZ_JSON;
        else if (!selectors_read(&s, &o) && options_rest(&o))
            selectors_trace(&s, &o, arg);
    }
    return selectors_draw(&s, &o, viz_terms_kinds, false, write_table, &form);
}
