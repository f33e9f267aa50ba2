// bench_explore.c -- how fast all lists of actions are tried, and how fast a
// failing run is made short.
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/die.h"
#include "labs/suites/suites.h"
#include "stepper/convert.h"
#include "stepper/explore.h"
#include "stepper/shrink.h"

// Of tests/zoo: a scenario that each of them fails with seed 1.
static const struct bug {
    const char *name, *scenario;
} bugs[] = {{"C01", "persist-1"},
            {"C04", "persist-3"},
            {"E05", "fail-agree"},
            {"E18", "re-election"},
            {"P03", "persist-1"}};
enum { N_BUGS = sizeof bugs / sizeof bugs[0] };

static void explore_all(const struct bench_size *how)
{
    struct explore_plan plan = {.bound = {.n_servers = 3,
                                          .terms = 1,
                                          .log = 3,
                                          .commands = 1,
                                          .heartbeats = how->n_suites > 1},
                                .interchangeable = true,
                                .n_workers = 1,
                                .memory = 64 << 20,
                                .run = {.seed = 1}};
    struct explore_report report;
    explore(&plan, &report);
    if (report.end != EXPLORE_COMPLETE)
        die("bench: explore did not come to its end: %s", report.text);
    figure("explore_transitions_per_core_s",
           (double)report.n_transitions / report.cpu_s,
           "actions tried, going back included");
}

static void build(const struct bug *bug, const char *folder, char object[200])
{
    char command[1000];
    snprintf(object, 200, "%s/%s.so", folder, bug->name);
    snprintf(command, sizeof command,
             "cp -r src/raft %s/%s && patch -s -d %s/%s -p3 <tests/zoo/%s.patch"
             " && CC='gcc -DNDEBUG -w' labs/build-raft %s/%s %s >/dev/null",
             folder, bug->name, folder, bug->name, bug->name, folder, bug->name,
             object);
    if (system(command) != 0)
        die("bench: %s could not be built", bug->name);
}

static double shrink_one(const struct bug *bug, const char *folder)
{
    char object[200], path[200], error[300];
    struct lab_result result;
    struct trace_file trace;
    struct script script;
    struct shrink_report report;
    struct timespec begin, end;
    build(bug, folder, object);
    snprintf(path, sizeof path, "%s/%s.jsonl", folder, bug->name);
    struct lab_run run = {.scenario = suites_find(bug->scenario),
                          .seed = 1,
                          .raft = object,
                          .trace = path,
                          .quiet = true};
    lab_run_one(&run, &result);
    if (result.passed || !trace_load(&trace, path))
        die("bench: %s passes %s", bug->name, bug->scenario);
    run.trace = NULL;
    struct shrink_plan plan = {
        .run = run, .property = result.property, .tag = result.tag};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (!convert(&run, &trace, false, &script, error))
        die("bench: %s: %s", bug->name, error);
    shrink(&plan, &script, &report);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (!report.breaks)
        die("bench: %s: its actions break nothing", bug->name);
    script_free(&script);
    trace_unload(&trace);
    return (double)(end.tv_sec - begin.tv_sec) +
           (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void shrink_some(const struct bench_size *how)
{
    char folder[] = "/tmp/glassraft-bench-XXXXXX", command[100];
    double seconds[N_BUGS];
    int n = how->n_suites > 1 ? N_BUGS : 1;
    if (mkdtemp(folder) == NULL)
        die("bench: no folder");
    for (int i = 0; i < n; i++)
        seconds[i] = shrink_one(&bugs[i], folder);
    snprintf(command, sizeof command, "rm -r %s", folder);
    if (system(command) != 0)
        die("bench: %s stays", folder);
    qsort(seconds, (size_t)n, sizeof *seconds, by_value);
    figure("shrink_median_s", seconds[n / 2],
           "a failing run as a script, made short");
}

void bench_explore(const struct bench_size *how)
{
    explore_all(how);
    shrink_some(how);
}
