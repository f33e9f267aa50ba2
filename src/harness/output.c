// output.c -- where a child's prints go, and what sanitizers say.
#define _GNU_SOURCE
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/sim.h"

static bool wants_raw(void)
{
    const char *how = getenv("GLASSRAFT_SANITIZER");
    return how != NULL && strcmp(how, "raw") == 0;
}

// What sanitizers print is for a file: our report has the gist of it. What a
// run prints that is made again is known.
bool lab_send_output_away(const struct lab_run *run)
{
    int nowhere = run->quiet && run->sandbox == NULL
                      ? open("/dev/null", O_WRONLY | O_CLOEXEC)
                      : -1;
    if (nowhere >= 0) {
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        close(nowhere);
    }
    // A sandbox has its output where it can be written.
    if (wants_raw() || run->sandbox != NULL || !sim_is_sanitized())
        return wants_raw();
    int fd =
        run->sanitizer != NULL
            ? open(run->sanitizer, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
            : memfd_create("sanitizer", MFD_CLOEXEC);
    if (fd >= 0)
        sim_sanitizers_write_to(fd);
    return false;
}
