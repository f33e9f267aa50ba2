// list.c -- glassraft list: suites and scenarios.
#include <stdio.h>
#include <string.h>

#include "labs/suites/course.h"
#include "labs/suites/suites.h"
#include "cli.h"

// The parts of a lab, each with its scenarios' names.
static void list_lab(const struct course_lab *lab)
{
    printf("%s: %s\n", lab->name, lab->title);
    for (const struct course_part *part = lab->parts; part->name != NULL;
         part++) {
        int column = printf("  %s:", part->name);
        for (const struct course_task *task = part->tasks;
             task->scenario != NULL; task++) {
            if (column + 1 + (int)strlen(task->scenario) > 78)
                column = printf("\n   ") - 1;
            column += printf(" %s", task->scenario);
        }
        printf("\n");
    }
}

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
            fprintf(stderr, "glassraft list: %s: unexpected argument\n", arg);
            return EXIT_USAGE;
        }
    }
    if (o.failed)
        return EXIT_USAGE;
    for (const struct suite *suite = suites; suite->name != NULL; suite++) {
        printf("%s: %s\n", suite->name, suite->about);
        for (int t = 0; suite->tables[t] != NULL; t++)
            for (const struct lab_scenario *s = suite->tables[t];
                 s->name != NULL; s++)
                printf("  %-36s %d server%s%s%s\n", s->name, s->n_servers,
                       s->n_servers == 1 ? "" : "s",
                       s->unreliable ? ", unreliable network" : "",
                       s->simulated_only ? ", simulated only" : "");
    }
    for (const struct course_lab *lab = course; lab->name != NULL; lab++)
        list_lab(lab);
    return EXIT_GOOD;
}
