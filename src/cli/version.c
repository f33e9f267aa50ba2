// version.c -- glassraft version.
#include <stdio.h>

#include "base/version.h"
#include "cli.h"

int cli_version(int argc, char **argv)
{
    struct options o = options_begin(argc, argv, "version");
    if (options_next(&o) == NULL) {
        printf("glassraft %s\n", GLASSRAFT_VERSION);
        return EXIT_GOOD;
    }
    if (options_is(&o, "--help")) {
        fputs("usage: glassraft version\n\n"
              "Prints the version.\n\n"
              "example: glassraft version\n",
              stdout);
        return EXIT_GOOD;
    }
    if (options_rest(&o))
        fprintf(stderr, "glassraft version: %s: unexpected argument\n", o.now);
    return EXIT_USAGE;
}
