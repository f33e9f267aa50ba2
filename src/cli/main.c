// main.c -- the command line: finds the subcommand.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#ifdef GLASSRAFT_VIEWERS
#include "labs/suites/suites.h"
#include "harness/runner.h"

// No scenario is known here: every trace is somebody else's.
const struct lab_scenario *suites_find(const char *name)
{
    (void)name;
    return NULL;
}

// And none is drawn from a seed.
const struct lab_scenario *lab_scenario_of(const struct lab_run *run)
{
    return run->scenario;
}
#endif

static const struct command {
    const char *name, *about;
    int (*run)(int argc, char **argv);
} commands[] = {
#ifndef GLASSRAFT_VIEWERS // these need the simulator
    {"run", "run scenarios on a cluster, simulated or real", cli_run},
    {"explore", "try every list of actions within a bound", cli_explore},
    {"shrink", "turn a failing run into a short script", cli_shrink},
    {"list", "list the scenarios and what each guards", cli_list},
    {"grade", "grade a submission or a whole class", cli_grade},
    {"demo", "run a tour of a Raft, with pictures in out/demo/", cli_demo},
    {"rules", "count the rules of the paper that a trace exercises", cli_rules},
    {"play", "drive a cluster by hand, in the browser", cli_play},
    {"gdb", "run a scenario in the debugger and stop at an event", cli_gdb},
    {"doctor", "check this machine and say what is missing", cli_doctor},
#endif
    {"join", "traces of single servers as one", cli_join},
    {"import", "what other Rafts write, as a trace", cli_import},
    {"merge", "join the results of several sweeps", cli_merge},
    {"check", "judge traces by the paper's rules", cli_check},
    {"why", "explain what caused an event, in words or a graph", cli_why},
    {"timeline", "draw which server sent what to which, and when",
     cli_timeline},
    {"past", "draw what could have influenced an event", cli_past},
    {"history", "draw what clients asked and what they were told", cli_history},
    {"log", "draw the logs of all servers at a moment", cli_log},
    {"columns", "print a text column for each server", cli_columns},
    {"page", "write a page to explore a run in the browser", cli_page},
    {"sheet", "draw a whole run on one page: strip, logs, captions", cli_sheet},
    {"strip", "draw a whole run: roles by term, faults, commits", cli_strip},
    {"roles", "draw the roles of Figure 4 with counts", cli_roles},
    {"terms", "print a table of terms: votes, winner, entries, end", cli_terms},
    {"diff", "compare two runs and show where they diverge", cli_diff},
    {"export", "convert for ShiViz, Perfetto, Mermaid or TLA+", cli_export},
    {"schema", "print the trace format, for programs", cli_schema},
    {"version", "print the version", cli_version},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void usage(FILE *out)
{
    fprintf(out, "usage: glassraft COMMAND [OPTIONS]\n\n");
    for (int i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].about);
#ifndef GLASSRAFT_VIEWERS
    fprintf(out, "\nexample: glassraft run tour --seed 7 --trace t.jsonl\n"
                 "         glassraft timeline t.jsonl -o t.svg\n");
#else
    fprintf(out, "\nThis program looks at traces; it runs none.\n"
                 "example: glassraft timeline t.jsonl -o t.svg\n");
#endif
    fprintf(out, "For details: `glassraft COMMAND --help`.\n");
}

// What was lost on a full disk was not printed, whatever the outcome is.
static int told(const char *name, int code)
{
    bool printed = fflush(stdout) == 0 && !ferror(stdout);
    if (printed || code == EXIT_USAGE)
        return code;
    fprintf(stderr, "glassraft %s: standard output: %s\n", name,
            strerror(errno != 0 ? errno : EIO));
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "help") == 0) {
        usage(stdout);
        return told("--help", EXIT_GOOD);
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return told(name, commands[i].run(argc - 1, argv + 1));
    fprintf(stderr,
            "glassraft: %s: no such command; `glassraft --help` lists"
            " them\n",
            name);
    return EXIT_USAGE;
}
