// runner.c -- children side by side, their limits, their results in order.
#include "runner.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/die.h"
#include "base/thread.h"
#include "sim/sim.h"
#include "job.h"
#include "places.h"

enum { MAX_JOBS = 64 };

// What a sweep may leave: traces of a scenario, and bytes of all traces.
enum { MOST_KEPT = 10, MOST_SCENARIOS = 256, MOST_KEPT_MIB = 256 };

// Waits until a child has something to say, or is to be looked at.
static void wait_for_children(struct job *jobs, int n_jobs)
{
    struct pollfd fds[MAX_JOBS];
    nfds_t n = 0;
    uint64_t first_ms = UINT64_MAX, now = now_ms();
    for (int i = 0; i < n_jobs; i++) {
        const struct job *job = &jobs[i];
        if (!job->busy)
            continue;
        fds[n++] = (struct pollfd){.fd = job->fd, .events = POLLIN};
        uint64_t look_ms = job->run.sandbox != NULL
                               ? job->looked_ms + JOB_LOOK_MS
                               : job->end_ms;
        if (job->end == JOB_ENDS && look_ms < first_ms)
            first_ms = look_ms;
    }
    int left_ms = first_ms > now ? (int)(first_ms - now) : 0;
    poll(fds, n, first_ms == UINT64_MAX ? -1 : left_ms);
    for (int i = 0; i < n_jobs; i++)
        if (jobs[i].busy)
            job_look(&jobs[i]);
}

// Has it something to say, or said all that it will?
static bool is_due(const struct job *job)
{
    struct pollfd one = {.fd = job->fd, .events = POLLIN};
    return job->end != JOB_ENDS || poll(&one, 1, 0) > 0;
}

// What a submission left behind, and what it could not look up itself.
static void tidy(const struct job *jobs, int n_jobs, struct job *job)
{
    pid_t pids[MAX_JOBS];
    int n = 0;
    if (job->run.sandbox == NULL)
        return;
    for (int i = 0; i < n_jobs; i++)
        if (jobs[i].busy)
            pids[n++] = jobs[i].pid;
    sandbox_end_orphans(pids, n);
    sandbox_name_calls(job->result.text, sizeof job->result.text);
    places_resolve(&job->run, job->result.text, sizeof job->result.text);
    places_resolve(&job->run, job->result.stack, sizeof job->result.stack);
    places_name_shared(&job->run, &job->result);
    if (!job->result.passed && job->result.trace[0] != '\0')
        places_in_trace(&job->run, job->result.trace);
}

// Runs it next to others that are under way.
static void run_beside(struct job *jobs, int n_jobs, const struct lab_run *run,
                       struct lab_result *result)
{
    struct job job = {.run = *run};
    sim_reserve();
    job_start(&job);
    do
        wait_for_children(&job, 1);
    while (!is_due(&job) || !job_advance(&job));
    tidy(jobs, n_jobs, &job);
    struct job_met met;
    if (job_has_met(&job, &met))
        run->cover->take(run->cover->context, run, &job.result, met.met,
                         met.counters);
    job_forget(&met);
    *result = job.result;
}

void lab_run_one(const struct lab_run *run, struct lab_result *result)
{
    run_beside(NULL, 0, run, result);
}

// What waits for its turn to be told.
struct told {
    struct told *next;
    struct job_met met;
    uint64_t number;
    struct lab_run run;
    struct lab_result result;
};

struct many {
    const struct lab_sweep *sweep;
    struct job job[MAX_JOBS];
    int n_jobs, n_busy;
    bool exhausted, enough;
    uint64_t next_number, next_told;
    struct told *waiting;
    // What failed runs have left.
    struct {
        const struct lab_scenario *scenario;
        int n;
    } kept[MOST_SCENARIOS];
    int64_t kept_bytes;
    bool said; // that no more is kept
};

static int64_t size_of(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? (int64_t)about.st_size : 0;
}

// Is there room for another trace of this scenario? Counts it, and says once
// that there is none.
static bool may_keep(struct many *many, const struct lab_scenario *scenario)
{
    int i = 0;
    while (i < MOST_SCENARIOS - 1 && many->kept[i].scenario != NULL &&
           many->kept[i].scenario != scenario)
        i++;
    many->kept[i].scenario = scenario;
    if (many->kept[i].n < MOST_KEPT && many->kept_bytes < (int64_t)MOST_KEPT_MIB
                                                              << 20) {
        many->kept[i].n++;
        return true;
    }
    if (!many->said)
        fprintf(stderr,
                "glassraft: %s: traces are kept of %d failures of a scenario,"
                " and %d MiB in all; of others the replay makes one with"
                " --trace\n",
                scenario->name, MOST_KEPT, MOST_KEPT_MIB);
    many->said = true;
    return false;
}

// A failed run is made again to keep its trace: the same seed, the same run.
static void keep_failure(struct many *many, struct job *job)
{
    if (job->result.passed || job->run.out == NULL ||
        job->result.trace[0] != '\0' || !may_keep(many, job->run.scenario))
        return;
    char folder[160], path[200], sanitizer[200];
    struct lab_run again = job->run;
    if (!lab_run_folder(&again, folder, sizeof folder))
        return;
    snprintf(path, sizeof path, "%s/trace.jsonl", folder);
    again.trace = path;
    snprintf(sanitizer, sizeof sanitizer, "%s/sanitizer.txt", folder);
    again.sanitizer = sanitizer;
    again.quiet = true;
    again.cover = NULL;
    struct lab_result result;
    run_beside(many->job, many->n_jobs, &again, &result);
    if (!result.passed && result.trace[0] != '\0') {
        memcpy(result.printed, job->result.printed, sizeof result.printed);
        job->result = result;
    }
    many->kept_bytes += size_of(path) + size_of(sanitizer);
    if (size_of(sanitizer) > 0)
        snprintf(job->result.sanitizer, sizeof job->result.sanitizer, "%s",
                 sanitizer);
    else
        unlink(sanitizer);
    snprintf(job->result.folder, sizeof job->result.folder, "%s", folder);
}

static void start_more(struct many *many)
{
    for (int i = 0; i < many->n_jobs; i++) {
        struct job *job = &many->job[i];
        if (job->busy || many->exhausted || many->enough)
            continue;
        job->run = (struct lab_run){.scenario = NULL};
        many->exhausted = !many->sweep->next(many->sweep->context, &job->run);
        if (many->exhausted)
            return;
        job->number = many->next_number++;
        job_start(job);
        many->n_busy++;
    }
}

// When all runs are told there may be others.
static bool starts_again(struct many *many)
{
    const struct lab_sweep *sweep = many->sweep;
    if (many->n_busy > 0)
        return true;
    if (many->enough || sweep->more == NULL || !sweep->more(sweep->context))
        return false;
    many->exhausted = false;
    start_more(many);
    return many->n_busy > 0;
}

static void collect(struct many *many)
{
    for (int i = 0; i < many->n_jobs; i++) {
        struct job *job = &many->job[i];
        if (!job->busy || !is_due(job) || !job_advance(job))
            continue;
        many->n_busy--;
        tidy(many->job, many->n_jobs, job);
        keep_failure(many, job);
        struct told *told = must_malloc(sizeof *told);
        *told = (struct told){.next = many->waiting,
                              .number = job->number,
                              .run = job->run,
                              .result = job->result};
        job_has_met(job, &told->met);
        many->waiting = told;
    }
}

static void tell_one(struct many *many, const struct told *told)
{
    const struct lab_cover *cover = told->run.cover;
    if (told->met.met != NULL)
        cover->take(cover->context, &told->run, &told->result, told->met.met,
                    told->met.counters);
    many->enough =
        !many->sweep->done(many->sweep->context, &told->run, &told->result);
}

// Tells what is due, in order.
static void tell(struct many *many)
{
    for (struct told **at = &many->waiting; *at != NULL;) {
        struct told *told = *at;
        if (told->number != many->next_told) {
            at = &told->next;
            continue;
        }
        *at = told->next;
        many->next_told++;
        if (!many->enough)
            tell_one(many, told);
        job_forget(&told->met);
        free(told);
        at = &many->waiting;
    }
}

static void end_all(struct many *many)
{
    for (int i = 0; i < many->n_jobs; i++) {
        struct job *job = &many->job[i];
        if (job->busy)
            job_drop(job);
    }
    while (many->waiting != NULL) {
        struct told *told = many->waiting;
        many->waiting = told->next;
        job_forget(&told->met);
        free(told);
    }
}

void lab_run_many(const struct lab_sweep *sweep)
{
    struct many *many = must_calloc(1, sizeof *many);
    sim_reserve();
    many->sweep = sweep;
    many->n_jobs = sweep->n_jobs < 1          ? 1
                   : sweep->n_jobs > MAX_JOBS ? MAX_JOBS
                                              : sweep->n_jobs;
    for (start_more(many); starts_again(many); start_more(many)) {
        wait_for_children(many->job, many->n_jobs);
        if (sweep->stopped != NULL && sweep->stopped(sweep->context)) {
            end_all(many);
            break;
        }
        collect(many);
        tell(many);
    }
    free(many);
}
