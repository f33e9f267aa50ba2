// cage.c -- glassraft-cage: the program that a stranger's Raft runs in.
//
// The runner starts it (see src/harness/cage.h); it is of no use to anybody
// else.
#include <stdio.h>
#include <stdlib.h>

#include "labs/suites/suites.h"
#include "sim/arch/arch.h"
#include "stepper/script.h"
#include "harness/cage.h"
#include "cli.h"

static const struct lab_scenario *find(const char *name, const char *script)
{
    return script != NULL ? script_scenario(name, script) : suites_find(name);
}

// A run tells of a race itself. ThreadSanitizer would end the process with a
// status of its own, for what two servers do to their copies of a variable as
// well, which is no race.
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
    return "exitcode=0";
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "glassraft-cage: glassraft starts this program for a"
                        " run of a Raft that it was given\n");
        return EXIT_USAGE;
    }
    sim_steady_guard();
    cage_main((int)strtol(argv[1], NULL, 10), find);
}
