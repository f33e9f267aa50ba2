// bench_suite.c -- how long whole scenarios take.
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "labs/suites/suites.h"
#include "harness/runner.h"
#include "base/die.h"
#include "bench.h"

// The plan of a measurement, and how far it is.
struct plan {
    const struct lab_scenario *const *tables; // NULL ends them
    const struct lab_scenario *now;
    uint64_t seed, last;
    bool checked;
    char trace[64];
};

static bool next(void *context, struct lab_run *run)
{
    struct plan *plan = context;
    if (plan->now == NULL || plan->now->name == NULL) {
        plan->now = *plan->tables;
        if (plan->now == NULL)
            return false;
        plan->tables++;
    }
    *run = (struct lab_run){.scenario = plan->now,
                            .seed = plan->seed,
                            .unchecked = !plan->checked,
                            .trace = plan->trace[0] ? plan->trace : NULL};
    if (plan->seed < plan->last)
        plan->seed++;
    else
        plan->now++;
    return true;
}

static bool done(void *context, const struct lab_run *run,
                 const struct lab_result *result)
{
    (void)context;
    if (!result->passed)
        die("%s failed: %s", run->scenario->name, result->text);
    return true;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_s(void)
{
    struct rusage children, self;
    getrusage(RUSAGE_CHILDREN, &children);
    getrusage(RUSAGE_SELF, &self);
    return seconds(children.ru_utime) + seconds(children.ru_stime) +
           seconds(self.ru_utime) + seconds(self.ru_stime);
}

static double run(struct plan plan)
{
    struct lab_sweep sweep = {
        .n_jobs = 1, .next = next, .done = done, .context = &plan};
    double begin = cpu_s();
    lab_run_many(&sweep);
    return cpu_s() - begin;
}

struct bench_suite bench_suite(const struct bench_size *size)
{
    // The tour alone: its table has one line.
    const struct lab_scenario *const tour[] = {tour_scenarios, NULL};
    const struct lab_scenario *const known[] = {election_scenarios,
                                                replication_scenarios,
                                                replication_failures_scenarios,
                                                persistence_scenarios,
                                                persistence_churn_scenarios,
                                                persistence_figure8_scenarios,
                                                snapshots_scenarios,
                                                NULL};
    struct bench_suite figures;
    figures.tour_seeds_per_core_s =
        (double)size->n_tours /
        run((struct plan){tour, NULL, 1, size->n_tours, true, ""});
    figures.suite28_cpu_s = figures.suite28_checked_cpu_s = 0;
    struct plan checked = {known, NULL, 1, 1, true, ""};
    snprintf(checked.trace, sizeof checked.trace, "/tmp/glassraft-bench-%d",
             (int)getpid());
    for (uint64_t seed = 1; seed <= size->n_suites; seed++) {
        struct plan bare = {known, NULL, seed, seed, false, ""};
        checked.seed = checked.last = seed;
        figures.suite28_cpu_s += run(bare) / (double)size->n_suites;
        figures.suite28_checked_cpu_s += run(checked) / (double)size->n_suites;
    }
    unlink(checked.trace);
    return figures;
}
