// list.c -- glassraft list: suites and scenarios.
#include <stdio.h>
#include <string.h>

#include "../../labs/suites.h"
#include "cli.h"

int cli_list(int argc, char **argv)
{
    struct options o = options_begin(argc, argv, "list");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf("usage: glassraft list\n\nLists suites and scenarios.\n\n"
                   "example: glassraft list\n");
            return EXIT_GOOD;
        }
        if (options_rest(&o)) {
            fprintf(stderr, "glassraft list: %s: expected nothing\n", arg);
            return EXIT_USAGE;
        }
    }
    if (o.failed)
        return EXIT_USAGE;
    for (const struct suite *suite = suites; suite->name != NULL; suite++) {
        printf("%s: %s\n", suite->name, suite->about);
        for (int t = 0; t < 8 && suite->tables[t] != NULL; t++)
            for (const struct lab_scenario *s = suite->tables[t];
                 s->name != NULL; s++)
                printf("  %-36s %d servers%s%s\n", s->name, s->n_servers,
                       s->unreliable ? ", unreliable network" : "",
                       s->simulated_only ? ", simulated only" : "");
    }
    return EXIT_GOOD;
}
