// doctor.c -- glassraft doctor: what is missing, what it costs, how to get it.
#include "doctor.h"

#include <stdio.h>
#include <unistd.h>

#include "cli.h"

static const char help[] =
    "usage: glassraft doctor [--json]\n\n"
    "Checks this machine: compiler, libraries, Graphviz, sanitizers, clock,\n"
    "cores, disk, and the means to confine submissions when grading. Says "
    "what\n"
    "is missing, what does not work without it, and how to get it.\n\n"
    "  --json           print one object, with packages of Debian, Fedora and\n"
    "                   Arch\n\n"
    "Exit code 0: all that the labs need is there, 1: something is missing.\n\n"
    "example: glassraft doctor\n";

int cli_doctor(int argc, char **argv)
{
    bool json = false;
    struct options o = options_begin(argc, argv, "doctor");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--json"))
            json = true;
        else if (options_rest(&o)) {
            fprintf(stderr, "glassraft doctor: %s: unexpected argument\n", arg);
            return EXIT_USAGE;
        }
    }
    if (o.failed)
        return EXIT_USAGE;
    struct diagnoses all = {.n_rows = 0};
    doctor_tools(&all);
    doctor_machine(&all);
    doctor_sandbox(&all);
    doctor_own_work(&all);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    bool good = true;
    for (int i = 0; i < all.n_rows; i++)
        good &= !(all.row[i].needed && all.row[i].health == HEALTH_MISSING);
    if (json)
        doctor_print_json(&all, good);
    else
        doctor_print_text(&all);
    return fflush(stdout) != 0 ? EXIT_BUG : good ? EXIT_GOOD : EXIT_FINDING;
}
