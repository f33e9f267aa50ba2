// play.c -- glassraft play: becomes glassraft-play, which lies beside this
// program.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/home.h"
#include "cli.h"

int cli_play(int argc, char **argv)
{
    static char path[4096];
    (void)argc;
    if (!program_beside("glassraft-play", path, sizeof path)) {
        fprintf(stderr,
                "glassraft play: glassraft-play is not beside this program:"
                " it is built where libmicrohttpd is; `make deps` gets it\n");
        return EXIT_USAGE;
    }
    execv(path, argv);
    fprintf(stderr, "glassraft play: %s: %s\n", path, strerror(errno));
    return EXIT_BUG;
}
