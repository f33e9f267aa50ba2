// coverage.c -- see grade.h: what a submission's runs reach, as information.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/save.h"
#include "base/text.h"
#include "grade.h"
#include "harness/runner.h"

enum { COVER_SEEDS = 3 }; // of each scenario

struct counted {
    const struct grade *grade;
    struct cover *cover;
    struct lab_cover taker;
    int task;
    uint64_t seed; // of it, 0 first
};

// The c->seed-th seed of a task; false when it has fewer.
static bool seed_of(const struct counted *c, uint64_t *seed)
{
    const struct rubric *rubric = c->grade->rubric;
    const struct rubric_task *task = &rubric->task[c->task];
    uint64_t last = task->last > 0 ? task->last : rubric->last;
    *seed = (task->last > 0 ? task->first : rubric->first) + c->seed;
    return *seed <= last;
}

static bool next(void *context, struct lab_run *run)
{
    struct counted *c = context;
    const struct grade *grade = c->grade;
    const struct rubric *rubric = grade->rubric;
    uint64_t seed = 0;
    for (; c->seed < COVER_SEEDS; c->seed++, c->task = 0) {
        while (c->task < rubric->n_tasks && !seed_of(c, &seed))
            c->task++;
        if (c->task < rubric->n_tasks)
            break;
    }
    if (c->seed == COVER_SEEDS)
        return false;
    *run = (struct lab_run){.scenario = rubric->task[c->task++].scenario,
                            .seed = seed,
                            .raft = grade->submission.cover,
                            .given = ".",
                            .lab = rubric->lab,
                            .cover = &c->taker,
                            .sandbox = &grade->plan->sandbox};
    return true;
}

static bool done(void *context, const struct lab_run *run,
                 const struct lab_result *result)
{
    (void)context;
    (void)run;
    (void)result;
    return true;
}

static bool stopped(void *context)
{
    const struct counted *c = context;
    const struct grade_plan *plan = c->grade->plan;
    return plan->stopped != NULL && plan->stopped(plan->context);
}

static void take(void *context, const struct lab_run *run,
                 const struct lab_result *result, const struct met *met,
                 const uint64_t *counters)
{
    struct counted *c = context;
    struct cover_stop stop;
    (void)met;
    const struct cover_run here = {.scenario = run->scenario->name,
                                   .seed = run->seed};
    cover_add(c->cover, &here, counters,
              cover_find_stop(result->property, result->text, &stop) ? &stop
                                                                     : NULL);
}

static void text(const struct cover *cover, const struct cover_about *about,
                 FILE *out)
{
    (void)about;
    cover_text(cover, out);
}

static bool write_one(const struct counted *c, const char *name,
                      void (*report)(const struct cover *cover,
                                     const struct cover_about *about,
                                     FILE *out))
{
    const struct cover_about about = {c->grade->submission.name,
                                      submission_options(&c->grade->submission),
                                      false};
    char path[4096], *bytes = NULL;
    size_t n = 0;
    FILE *out = must_stream(&bytes, &n);
    report(c->cover, &about, out);
    fclose(out);
    snprintf(path, sizeof path, "%.3900s/%s", c->grade->plan->cover, name);
    bool good = text_write_file(path, bytes, n);
    free(bytes);
    return good;
}

void grade_forget_coverage(const struct grade_plan *plan)
{
    const char *folder = plan->cover;
    static const char *const names[] = {"index.html", "cover.json",
                                        "summary.txt", "summary.md"};
    char path[4096];
    for (size_t i = 0; folder != NULL && i < sizeof names / sizeof names[0];
         i++) {
        snprintf(path, sizeof path, "%.3900s/%s", folder, names[i]);
        (void)unlink(path);
    }
}

static bool write_all(const struct counted *c)
{
    const char *folder = c->grade->plan->cover;
    if (!save_folder(folder)) {
        fprintf(stderr, "glassraft grade: --cover %s: %s\n", folder,
                strerror(errno));
        return false;
    }
    return write_one(c, "index.html", cover_html) &&
           write_one(c, "cover.json", cover_json) &&
           write_one(c, "summary.txt", text) &&
           write_one(c, "summary.md", cover_markdown);
}

bool grade_coverage(struct grade *grade)
{
    char error[300];
    struct counted c = {.grade = grade};
    if (grade->plan->cover == NULL && grade->rubric->lines == 0)
        return true;
    if (grade->submission.cover[0] != '\0')
        c.cover = cover_open(grade->submission.cover, error);
    if (c.cover == NULL) {
        fprintf(stderr,
                "glassraft grade: coverage was not counted: %s does"
                " not build for it\n",
                grade->submission.name);
        return true;
    }
    c.taker = (struct lab_cover){c.cover->n_counters, take, &c};
    struct lab_sweep sweep = {.n_jobs = grade->plan->n_jobs,
                              .next = next,
                              .done = done,
                              .stopped = stopped,
                              .context = &c};
    lab_run_many(&sweep);
    cover_finish(c.cover);
    grade->reached = cover_totals(c.cover);
    size_t n = 0;
    FILE *out = must_stream(&grade->coverage, &n);
    cover_text(c.cover, out);
    fclose(out);
    bool good = grade->plan->cover == NULL || write_all(&c);
    cover_free(c.cover);
    return good;
}
