// explore.c -- glassraft explore: every list of actions within a bound.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stepper/explore.h"
#include "build_raft.h"
#include "cli.h"
#include "explore_report.h"
#include "leave_script.h"

enum { EXIT_INTERRUPTED = 130, MIB = 1 << 20 };

static const char help[] =
    "usage: glassraft explore [OPTIONS]\n\n"
    "Time stands still; the cluster goes on by actions: a message arrives, a\n"
    "timer runs out, a server crashes. This command tries every list of\n"
    "actions within a bound, the short lists first, and stops at the first\n"
    "list that breaks a rule.\n\n"
    "The bound. All numbers count over a whole list:\n"
    "  --servers N      servers in the cluster, 1 to 5 (default 3)\n"
    "  --terms T        highest term for which a server starts an election\n"
    "                   (default 1)\n"
    "  --log L          highest index that a log may reach (default 3)\n"
    "  --commands C     commands given to leaders (default 1)\n"
    "  --entries N      entries that a message holds at most (default: the\n"
    "                   Raft's own, which is more than these logs have)\n"
    "  --heartbeats H   rounds of heartbeats that a leader's timer starts\n"
    "                   (default 1); a new leader's first round is free\n"
    "  --crashes K      crashes, at rest or just before a save (default 0);\n"
    "                   a crashed server may restart\n"
    "  --losses L       lost messages (default 0)\n"
    "  --doubles D      requests that arrive a second time (default 0)\n"
    "  --snapshots S    snapshots that services take (default 0)\n"
    "  --preempt P      threads that stall before a lock while the rest goes\n"
    "                   on (default 0: each thread runs until it blocks)\n\n"
    "The search:\n"
    "  --state KIND     treat states as equal by model (default) or history\n"
    "  --distinct       do not treat servers as interchangeable\n"
    "  --budget TIME    stop after this time (60, 60s, 10m, 2h). With a\n"
    "                   budget, part of the time goes to long lists drawn\n"
    "                   at random\n"
    "  --states N       stop after trying N states\n"
    "  --walks N        then try N long lists drawn at random\n"
    "  --memory MIB     memory for known states (default 1024)\n"
    "  -j N             worker processes (default: one for each processor)\n\n"
    "  --lab N          require only what labs 1 to N teach, with the bound "
    "and\n"
    "                   the limits that `make labN` uses; options that follow\n"
    "                   change them\n"
    "  --raft PATH      explore this Raft (as in run). It runs without the\n"
    "                   sandbox, which would forbid to copy its memory back\n"
    "                   to an earlier state; time and memory have limits\n"
    "  --mute           act as if the Raft had no trace calls\n"
    "  --seed N         seed of the election timeouts (default 1)\n"
    "  --out FOLDER     write what a finding leaves to FOLDER (default out)\n"
    "  --json           print the result as a JSON object\n\n"
    "labs/EXPLORING.md explains bounds, and what completion proves.\n\n"
    "Exit code 0: no rule was broken, 1: a finding, 2: wrong usage, 130:\n"
    "Ctrl-C.\n\n"
    "example: glassraft explore --terms 2 --crashes 1 --budget 60s\n";

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

struct arguments {
    struct explore_plan plan;
    const char *raft, *out;
    unsigned lab; // 0: none
    bool help, bad, json;
};

// What a lab ends with: two seconds of work, limited by number.
enum { N_LABS = 5, LAB_STATES = 3000, LAB_WALKS = 300 };
static const struct step_bound lab_bounds[N_LABS - 1] = {
    {.n_servers = 3, .terms = 2, .heartbeats = 1, .losses = 1},
    {.n_servers = 3,
     .terms = 2,
     .log = 2,
     .commands = 2,
     .heartbeats = 2,
     .losses = 1},
    {.n_servers = 3,
     .terms = 3,
     .log = 2,
     .commands = 2,
     .heartbeats = 2,
     .losses = 1,
     .crashes = 1},
    {.n_servers = 3,
     .terms = 3,
     .log = 3,
     .commands = 3,
     .heartbeats = 2,
     .losses = 1,
     .crashes = 1,
     .snapshots = 1},
};

static unsigned small(struct options *o, struct arguments *a, uint64_t least,
                      uint64_t most)
{
    const char *name = o->now;
    uint64_t number = options_number(o);
    if (!o->failed && (number < least || number > most)) {
        fprintf(stderr,
                "glassraft explore: %s %" PRIu64 ": expected %" PRIu64
                " to %" PRIu64 "\n",
                name, number, least, most);
        a->bad = true;
    }
    return (unsigned)number;
}

static void take_state(struct options *o, struct arguments *a)
{
    const char *kind = options_value(o);
    a->plan.by_history = strcmp(kind, "history") == 0;
    if (o->failed || a->plan.by_history || strcmp(kind, "model") == 0)
        return;
    fprintf(stderr,
            "glassraft explore: --state %s: expected model or history\n", kind);
    a->bad = true;
}

static void take_lab(struct options *o, struct arguments *a)
{
    a->lab = small(o, a, 1, N_LABS - 1);
    if (o->failed || a->bad)
        return;
    a->plan.run.lab = a->lab;
    a->plan.bound = lab_bounds[a->lab - 1];
    a->plan.most_states = LAB_STATES;
    a->plan.most_walks = LAB_WALKS;
}

static bool take_bound(struct options *o, struct arguments *a)
{
    struct step_bound *bound = &a->plan.bound;
    if (options_is(o, "--servers"))
        bound->n_servers = (int)small(o, a, 1, 5);
    else if (options_is(o, "--terms"))
        bound->terms = small(o, a, 1, 100);
    else if (options_is(o, "--log"))
        bound->log = small(o, a, 0, 100);
    else if (options_is(o, "--commands"))
        bound->commands = small(o, a, 0, 100);
    else if (options_is(o, "--entries"))
        bound->entries = small(o, a, 1, 1000);
    else if (options_is(o, "--heartbeats"))
        bound->heartbeats = small(o, a, 0, 100);
    else if (options_is(o, "--crashes"))
        bound->crashes = small(o, a, 0, 100);
    else if (options_is(o, "--losses"))
        bound->losses = small(o, a, 0, 100);
    else if (options_is(o, "--doubles"))
        bound->doubles = small(o, a, 0, 100);
    else if (options_is(o, "--snapshots"))
        bound->snapshots = small(o, a, 0, 100);
    else if (options_is(o, "--preempt"))
        bound->preempts = small(o, a, 0, 100);
    else
        return false;
    return true;
}

static void take_argument(struct options *o, struct arguments *a)
{
    struct explore_plan *plan = &a->plan;
    if (options_is(o, "--help"))
        a->help = true;
    else if (options_is(o, "--state"))
        take_state(o, a);
    else if (options_is(o, "--distinct"))
        plan->interchangeable = false;
    else if (options_is(o, "--raft"))
        a->raft = options_value(o);
    else if (options_is(o, "--mute"))
        plan->run.mute = true;
    else if (options_is(o, "--seed"))
        plan->run.seed = options_number(o);
    else if (options_is(o, "--budget"))
        plan->budget_s = options_time(o);
    else if (options_is(o, "--lab"))
        take_lab(o, a);
    else if (options_is(o, "--states"))
        plan->most_states = options_number(o);
    else if (options_is(o, "--walks"))
        plan->most_walks = options_number(o);
    else if (options_is(o, "--memory"))
        plan->memory = (size_t)small(o, a, 1, 1 << 20) * MIB;
    else if (options_is(o, "-j"))
        plan->n_workers = (int)small(o, a, 1, 64);
    else if (options_is(o, "--out"))
        a->out = options_value(o);
    else if (options_is(o, "--json"))
        a->json = true;
    else if (!take_bound(o, a) && options_rest(o)) {
        fprintf(stderr, "glassraft explore: %s: expected options only\n",
                o->now);
        a->bad = true;
    }
}

// ------------------------------------------------------------ telling

static void tell(void *context, const struct explore_report *report)
{
    (void)context;
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr,
            "\r%" PRIu64 " states, %" PRIu64 " transitions, %.0f a second,"
            " depth %u, frontier %" PRIu64 ", %zu MiB\033[K",
            report->n_states, report->n_transitions,
            report->seconds > 0
                ? (double)report->n_transitions / report->seconds
                : 0,
            report->depth, report->n_frontier, report->memory / MIB);
}

static bool stopped(void *context)
{
    (void)context;
    return interrupted != 0;
}

static int finish(const struct arguments *a, struct explore_report *report)
{
    if (a->json) {
        cJSON *object = explore_json(&a->plan, report);
        char *text = cJSON_PrintUnformatted(object);
        printf("%s\n", text);
        cJSON_free(text);
        cJSON_Delete(object);
    } else {
        explore_print(stdout, &a->plan, report, a->lab == 0);
        if (report->end == EXPLORE_FOUND)
            explore_print_script(report);
    }
    bool left = report->end != EXPLORE_FOUND || a->json ||
                leave_script(&a->plan.run, &report->script, "explore", a->out);
    script_free(&report->script);
    if (!left)
        return EXIT_USAGE;
    if (report->end == EXPLORE_STOPPED)
        return EXIT_INTERRUPTED;
    return report->end == EXPLORE_FOUND || report->end == EXPLORE_BROKEN
               ? EXIT_FINDING
               : EXIT_GOOD;
}

int cli_explore(int argc, char **argv)
{
    static char object[4096];
    static struct arguments a;
    static struct explore_report report;
    a.plan =
        (struct explore_plan){.bound = {.n_servers = 3,
                                        .terms = 1,
                                        .log = 3,
                                        .commands = 1,
                                        .heartbeats = 1},
                              .interchangeable = true,
                              .memory = (size_t)1024 * MIB,
                              .run = {.seed = 1, .memory_bytes = LAB_MEMORY},
                              .told = tell,
                              .stopped = stopped};
    a.out = "out";
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    a.plan.n_workers = cores < 1 ? 1 : cores > 64 ? 64 : (int)cores;
    struct options o = options_begin(argc, argv, "explore");
    while (!a.help && !a.bad && options_next(&o) != NULL)
        take_argument(&o, &a);
    if (a.help)
        fputs(help, stdout);
    if (a.help || a.bad || o.failed)
        return a.help ? EXIT_GOOD : EXIT_USAGE;
    const char *path = a.raft != NULL ? a.raft : student_default(false);
    if (path != NULL) {
        if (!student_raft(path, object, sizeof object))
            return EXIT_USAGE;
        a.plan.run.given = a.raft;
        a.plan.run.raft = object;
    }
    struct sigaction action = {.sa_handler = on_interrupt}, before;
    sigaction(SIGINT, &action, &before);
    explore(&a.plan, &report);
    sigaction(SIGINT, &before, NULL);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return finish(&a, &report);
}
