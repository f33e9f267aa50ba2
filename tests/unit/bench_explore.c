// bench_explore.c -- how fast all lists of actions are tried.
#include "bench.h"

#include "base/die.h"
#include "stepper/explore.h"

void bench_explore(const struct bench_size *how)
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
