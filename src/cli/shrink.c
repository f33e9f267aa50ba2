// shrink.c -- glassraft shrink: a failing run as a short script.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "labs/suites/suites.h"
#include "build_raft.h"
#include "cli.h"
#include "shorten.h"

static const char help[] =
    "usage: glassraft shrink SCENARIO --seed N [OPTIONS]\n"
    "       glassraft shrink TRACE [OPTIONS]\n\n"
    "Turns a run that breaks a rule of safety into a script, and takes out of\n"
    "it every action, server and command that the same finding does not need.\n"
    "\n"
    "  --raft PATH    run this Raft (as in run). It runs without the "
    "sandbox,\n"
    "                 which would forbid to share memory with this command; "
    "time\n"
    "                 and memory have limits\n"
    "  --seed N       seed of the run (default 1)\n"
    "  --lab N        require only what labs 1 to N teach\n"
    "  --mute         act as if the Raft had no trace calls\n"
    "  --budget TIME  stop after this time and keep the shortest script so "
    "far\n"
    "                 (default 60s)\n"
    "  --out FOLDER   write script, story and pictures to FOLDER (default "
    "out)\n"
    "\n"
    "Some findings have no script: those that need time to pass (no leader, "
    "no\n"
    "agreement), and those that need another order of threads (a data race, a\n"
    "deadlock). The command then says so in one line.\n\n"
    "Exit code 1: a finding, with its script or the reason why there is none;\n"
    "0: the run passes, 2: wrong usage.\n\n"
    "example: glassraft shrink figure-8 --seed 7 --raft labs/student\n";

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static bool stopped(void *context)
{
    (void)context;
    return interrupted != 0;
}

struct arguments {
    const char *what, *raft, *out;
    uint64_t seed, budget_s;
    unsigned lab;
    bool help, bad, mute;
    struct lab_run run;
};

static void take_lab(struct options *o, struct arguments *a)
{
    enum { LABS = 5 };
    uint64_t lab = options_number(o);
    if (!o->failed && (lab < 1 || lab > LABS)) {
        fprintf(stderr,
                "glassraft shrink: --lab %" PRIu64 ": expected 1 to %d\n", lab,
                LABS);
        a->bad = true;
    }
    a->lab = (unsigned)lab;
}

static void take_argument(struct options *o, struct arguments *a)
{
    if (options_is(o, "--help"))
        a->help = true;
    else if (options_is(o, "--seed"))
        a->seed = options_number(o);
    else if (options_is(o, "--raft"))
        a->raft = options_value(o);
    else if (options_is(o, "--mute"))
        a->mute = true;
    else if (options_is(o, "--lab"))
        take_lab(o, a);
    else if (options_is(o, "--budget"))
        a->budget_s = options_time(o);
    else if (options_is(o, "--out"))
        a->out = options_value(o);
    else if (options_rest(o)) {
        if (a->what != NULL)
            fprintf(stderr, "glassraft shrink: %s: give one run only\n",
                    o->now);
        a->bad |= a->what != NULL;
        a->what = o->now;
    }
}

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

// Runs the scenario and leaves its trace; 0 = go on, else the exit code.
static int make_trace(struct arguments *a, char path[200])
{
    static char folder[160];
    struct lab_result result;
    a->run.scenario = suites_find(a->what);
    struct stat about;
    if (a->run.scenario == NULL) {
        fprintf(stderr,
                stat(a->what, &about) == 0
                    ? "glassraft shrink: %s: no file, expected a trace\n"
                    : "glassraft shrink: %s: no such file and no such"
                      " scenario\n",
                a->what);
        return EXIT_USAGE;
    }
    if (a->run.scenario->rpcs != NULL) {
        fprintf(stderr, "glassraft shrink: %s: this scenario runs no Raft\n",
                a->what);
        return EXIT_USAGE;
    }
    if (!lab_run_folder(&a->run, folder, sizeof folder))
        return EXIT_USAGE;
    snprintf(path, 200, "%s/trace.jsonl", folder);
    a->run.trace = path;
    a->run.quiet = true;
    lab_run_one(&a->run, &result);
    a->run.trace = NULL;
    if (!result.passed)
        return -1;
    printf("%s with seed 0x%" PRIx64 " passes: there is nothing to shrink\n",
           a->what, a->seed);
    return EXIT_GOOD;
}

int cli_shrink(int argc, char **argv)
{
    static char object[4096];
    static struct arguments a;
    struct trace_file trace;
    char path[200];
    a = (struct arguments){.out = "out", .seed = 1, .budget_s = 60};
    struct options o = options_begin(argc, argv, "shrink");
    while (!a.help && !a.bad && options_next(&o) != NULL)
        take_argument(&o, &a);
    if (a.help)
        fputs(help, stdout);
    if (a.help || a.bad || o.failed)
        return a.help ? EXIT_GOOD : EXIT_USAGE;
    if (a.what == NULL) {
        fprintf(stderr, "glassraft shrink: no scenario or trace given\n");
        return EXIT_USAGE;
    }
    const char *raft = a.raft != NULL ? a.raft : student_default(false);
    a.run = (struct lab_run){.seed = a.seed,
                             .out = a.out,
                             .mute = a.mute,
                             .lab = a.lab,
                             .memory_bytes = LAB_MEMORY};
    if (raft != NULL) {
        if (!student_raft(raft, object, sizeof object))
            return EXIT_USAGE;
        a.run.given = a.raft;
        a.run.raft = object;
    }
    struct sigaction action = {.sa_handler = on_interrupt}, before;
    sigaction(SIGINT, &action, &before);
    int code = is_file(a.what) ? -1 : make_trace(&a, path);
    if (code >= 0)
        return code;
    if (!trace_load(&trace, is_file(a.what) ? a.what : path)) {
        fprintf(stderr, "glassraft shrink: %s\n", trace.error);
        return EXIT_USAGE;
    }
    // Whose settings the script needs; NULL: a script's trace, for instance.
    a.run.scenario = suites_find(trace.header.scenario);
    struct shorten how = {.run = a.run,
                          .out = a.out,
                          .most_s = (double)a.budget_s,
                          .stopped = stopped};
    code = shorten_trace(&how, &trace);
    trace_unload(&trace);
    sigaction(SIGINT, &before, NULL);
    return code;
}
