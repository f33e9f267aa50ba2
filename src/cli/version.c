// version.c -- glassraft version.
#include <stdio.h>

#include "base/version.h"
#include "cli.h"

int cli_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("glassraft %s\n", GLASSRAFT_VERSION);
    return EXIT_GOOD;
}
