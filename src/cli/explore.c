// explore.c -- glassraft explore: every list of actions within a bound.
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/findings.h"
#include "stepper/explore.h"
#include "build_raft.h"
#include "cli.h"
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
    "  --heartbeats H   rounds of heartbeats that a leader's timer starts\n"
    "                   (default 1); a new leader's first round is free\n"
    "  --crashes K      crashes, at rest or just before a save (default 0);\n"
    "                   a crashed server may restart\n"
    "  --losses L       lost messages (default 0)\n"
    "  --doubles D      requests that arrive a second time (default 0)\n"
    "  --snapshots S    snapshots that services take (default 0)\n\n"
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
    "  --raft PATH      explore this Raft (as in run); it runs without a\n"
    "                   sandbox, like any program of yours\n"
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
    bool help, bad, json;
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

static void count_of(FILE *out, unsigned n, const char *one, const char *many)
{
    if (n == 0)
        fprintf(out, "no %s", one);
    else
        fprintf(out, "%u %s", n, n == 1 ? one : many);
}

static void print_bound(FILE *out, const struct step_bound *bound)
{
    fprintf(out, "  bound   %d server%s, terms to %" PRIu64 ", log to %" PRIu64,
            bound->n_servers, bound->n_servers == 1 ? "" : "s", bound->terms,
            bound->log);
    fputs(", ", out);
    count_of(out, bound->commands, "command", "commands");
    fputs(", ", out);
    count_of(out, bound->heartbeats, "round of heartbeats",
             "rounds of heartbeats");
    fputs(",\n          ", out);
    count_of(out, bound->crashes, "crash", "crashes");
    fputs(", ", out);
    count_of(out, bound->losses, "loss", "losses");
    fputs(", ", out);
    count_of(out, bound->doubles, "double delivery", "double deliveries");
    fputs(", ", out);
    count_of(out, bound->snapshots, "snapshot", "snapshots");
    fputc('\n', out);
}

static void print_notion(FILE *out, const struct arguments *a,
                         const struct explore_report *report)
{
    if (report->by_history) {
        if (!a->plan.by_history)
            fputs("  note    this Raft has no trace calls: its states are"
                  " compared by history\n",
                  out);
        fputs("  states  equal when every server was given the same inputs in"
              " the same\n"
              "          order; servers must share no memory, which was"
              " checked\n",
              out);
    } else {
        fprintf(out,
                "  states  equal when trace, disks and messages show no"
                " difference%s;\n"
                "          what these do not show is not compared\n",
                a->plan.interchangeable ? ",\n          with servers under"
                                          " any names"
                                        : "");
    }
    fputs("  threads take turns in one order: each runs until it blocks\n",
          out);
}

static const char *head_of(const struct explore_report *report)
{
    switch (report->end) {
    case EXPLORE_COMPLETE:
        return "complete";
    case EXPLORE_FOUND:
        return "found";
    case EXPLORE_BUDGET:
        return "not complete, the time is up";
    case EXPLORE_ENOUGH:
        return "not complete, limited by --states";
    case EXPLORE_STOPPED:
        return "not complete, interrupted";
    case EXPLORE_FULL:
        return "not complete, the memory for states is full";
    default:
        return "given up";
    }
}

static void print_report(FILE *out, const struct arguments *a,
                         const struct explore_report *report)
{
    fprintf(out, "%s: %" PRIu64 " states, %" PRIu64 " transitions, depth %u\n",
            head_of(report), report->n_states, report->n_transitions,
            report->depth);
    print_bound(out, &a->plan.bound);
    print_notion(out, a, report);
    if (report->end != EXPLORE_COMPLETE && report->end != EXPLORE_FOUND)
        fprintf(out,
                "  covered all lists of fewer than %u actions; %" PRIu64
                " states are left to try\n",
                report->full ? 0 : report->depth + 1, report->n_frontier);
    if (report->n_walks > 0)
        fprintf(out,
                "  random  %" PRIu64
                " lists of up to 120 actions, drawn at random\n",
                report->n_walks);
    fprintf(out,
            "  took    %.1f s, %.0f transitions a core-second, %zu MiB,"
            " %zu KiB to go back\n",
            report->seconds,
            report->cpu_s > 0 ? (double)report->n_transitions / report->cpu_s
                              : 0,
            report->memory / MIB, report->image / 1024);
    if (report->text[0] != '\0')
        fprintf(out, "  why     %s\n", report->text);
}

static cJSON *as_json(const struct arguments *a,
                      const struct explore_report *report)
{
    const struct step_bound *bound = &a->plan.bound;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "end", head_of(report));
    cJSON_AddBoolToObject(object, "complete", report->end == EXPLORE_COMPLETE);
    cJSON_AddNumberToObject(object, "states", (double)report->n_states);
    cJSON_AddNumberToObject(object, "transitions",
                            (double)report->n_transitions);
    cJSON_AddNumberToObject(object, "depth", report->depth);
    cJSON_AddNumberToObject(object, "frontier", (double)report->n_frontier);
    cJSON_AddStringToObject(object, "state",
                            report->by_history ? "history" : "model");
    cJSON_AddBoolToObject(object, "interchangeable",
                          !report->by_history && a->plan.interchangeable);
    if (report->n_walks > 0)
        cJSON_AddNumberToObject(object, "walks", (double)report->n_walks);
    if (report->n_models > 0) {
        char text[24];
        snprintf(text, sizeof text, "%016" PRIx64, report->models);
        cJSON_AddNumberToObject(object, "models", (double)report->n_models);
        cJSON_AddStringToObject(object, "models_hash", text);
    }
    cJSON_AddNumberToObject(object, "seconds", report->seconds);
    cJSON_AddNumberToObject(object, "cpu_s", report->cpu_s);
    cJSON_AddNumberToObject(object, "image_bytes", (double)report->image);
    cJSON *in = cJSON_AddObjectToObject(object, "bound");
    cJSON_AddNumberToObject(in, "servers", bound->n_servers);
    cJSON_AddNumberToObject(in, "terms", (double)bound->terms);
    cJSON_AddNumberToObject(in, "log", (double)bound->log);
    cJSON_AddNumberToObject(in, "commands", bound->commands);
    cJSON_AddNumberToObject(in, "heartbeats", bound->heartbeats);
    cJSON_AddNumberToObject(in, "crashes", bound->crashes);
    cJSON_AddNumberToObject(in, "losses", bound->losses);
    cJSON_AddNumberToObject(in, "doubles", bound->doubles);
    cJSON_AddNumberToObject(in, "snapshots", bound->snapshots);
    if (report->text[0] != '\0')
        cJSON_AddStringToObject(object, "text", report->text);
    if (report->end != EXPLORE_FOUND)
        return object;
    cJSON_AddStringToObject(object, "property", report->result.property);
    cJSON_AddStringToObject(object, "headline",
                            finding_headline(report->result.property));
    cJSON_AddStringToObject(object, "tag", report->result.tag);
    cJSON_AddStringToObject(object, "finding", report->result.text);
    cJSON_AddBoolToObject(object, "by_chance", report->by_chance);
    cJSON *actions = cJSON_AddArrayToObject(object, "script");
    for (size_t i = 0; i < report->script.n; i++) {
        char line[STEP_LINE];
        step_format(&report->script.action[i], line);
        cJSON_AddItemToArray(actions, cJSON_CreateString(line));
    }
    return object;
}

static void print_script(const struct explore_report *report)
{
    char line[STEP_LINE];
    printf("  script  %zu actions, %s\n", report->script.n,
           report->by_chance
               ? "found at random and made short; a shorter list may exist"
           : report->by_history
               ? "and no shorter list within the bound breaks a rule"
               : "and no shorter list was found with these equal states");
    for (size_t i = 0; i < report->script.n; i++) {
        step_format(&report->script.action[i], line);
        printf("          %s\n", line);
    }
}

static int finish(const struct arguments *a, struct explore_report *report)
{
    if (a->json) {
        cJSON *object = as_json(a, report);
        char *text = cJSON_PrintUnformatted(object);
        printf("%s\n", text);
        cJSON_free(text);
        cJSON_Delete(object);
    } else {
        print_report(stdout, a, report);
        if (report->end == EXPLORE_FOUND)
            print_script(report);
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
    a.plan = (struct explore_plan){.bound = {.n_servers = 3,
                                             .terms = 1,
                                             .log = 3,
                                             .commands = 1,
                                             .heartbeats = 1},
                                   .interchangeable = true,
                                   .memory = (size_t)1024 * MIB,
                                   .run = {.seed = 1},
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
