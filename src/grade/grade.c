// grade.c -- see grade.h: the runs.
#define _GNU_SOURCE
#include "grade.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/runner.h"
#include "../trace/die.h"
#include "text.h"

enum {
    ENOUGH_FAILED = 3, // of a scenario's seeds: then its next ones are left out
    ENOUGH_TIME = 5,   // runs that used up their time: then all are
    TEXT = 3000,
};

struct run {
    const struct grade_plan *plan;
    struct grade *grade;
    int task; // the next to be given out
    uint64_t seed;
    int n_late;
    bool failed; // told() said so
    bool stopped;
};

static void seeds_of(const struct rubric *rubric, int task, uint64_t *first,
                     uint64_t *last)
{
    const struct rubric_task *t = &rubric->task[task];
    *first = t->last > 0 ? t->first : rubric->first;
    *last = t->last > 0 ? t->last : rubric->last;
}

static uint64_t n_open(const struct rubric *rubric, int task)
{
    uint64_t first, last;
    seeds_of(rubric, task, &first, &last);
    return last - first + 1;
}

// The i-th seed of a task: the open ones, then the secret.
static uint64_t seed_of(const struct grade *grade, int task, uint64_t i,
                        bool *secret)
{
    uint64_t first, last, n = n_open(grade->rubric, task);
    seeds_of(grade->rubric, task, &first, &last);
    *secret = i >= n;
    return *secret ? grade->secret->seed[i - n] : first + i;
}

static bool next(void *context, struct lab_run *run)
{
    struct run *r = context;
    const struct grade *grade = r->grade;
    bool secret;
    while (
        r->task < grade->rubric->n_tasks &&
        (r->seed == grade->task[r->task].n_seeds || grade->task[r->task].cut)) {
        r->task++;
        r->seed = 0;
    }
    if (r->task == grade->rubric->n_tasks || grade->out_of_time)
        return false;
    *run = (struct lab_run){.scenario = grade->rubric->task[r->task].scenario,
                            .seed = seed_of(grade, r->task, r->seed++, &secret),
                            .raft = grade->submission.object,
                            .given = ".",
                            .lab = grade->rubric->lab,
                            .out = r->plan->keep,
                            .sandbox = &r->plan->sandbox};
    return true;
}

// Rules of the paper that say when something happens, not that it must never.
static bool is_progress(const char *property)
{
    static const char *const names[] = {
        "liveness",
        "calls without end",
        "no heartbeats",
        "majority without a commit",
        "election timer not set back",
        "election timer set back without a reason",
        "election without a timeout",
        "a leader times out",
        "stepped down without a newer term",
        "candidate against a leader",
        "vote refused without a reason",
        "refused although the entry matches"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(property, names[i]) == 0)
            return true;
    return false;
}

static enum grade_kind kind_of(const struct lab_result *result)
{
    if (strcmp(result->property, "forbidden call") == 0 ||
        strcmp(result->property, "forged result") == 0)
        return GRADE_FOUL;
    return result->tag[0] != '\0' && !is_progress(result->property)
               ? GRADE_SAFETY
               : GRADE_OWN;
}

static void free_finding(struct grade_finding *finding)
{
    free(finding->text);
    free(finding->printed);
    *finding = (struct grade_finding){.seed = 0};
}

// Whatever shows the seed is taken out of a text.
static void hide_seed(char *text, size_t n, uint64_t seed)
{
    char hex[32], decimal[32];
    snprintf(hex, sizeof hex, "0x%" PRIx64, seed);
    snprintf(decimal, sizeof decimal, "%" PRIu64, seed);
    text_replace(text, n, hex, "(secret)");
    if (seed > 99)
        text_replace(text, n, decimal, "(secret)");
}

static void keep_finding(struct grade_task *task, const struct grade *grade,
                         const struct lab_result *result, uint64_t seed,
                         bool secret)
{
    enum grade_kind kind = kind_of(result);
    if (task->n_failed > 0 && kind <= task->first.kind)
        return;
    free_finding(&task->first);
    char text[TEXT];
    bool hide = secret && !grade->reveal;
    text_clean(result->text, text, sizeof text);
    if (hide)
        hide_seed(text, sizeof text, seed);
    task->first =
        (struct grade_finding){.kind = kind, .seed = seed, .secret = secret};
    snprintf(task->first.property, sizeof task->first.property, "%s",
             result->property);
    snprintf(task->first.tag, sizeof task->first.tag, "%s", result->tag);
    task->first.text = must_copy(text, strlen(text) + 1);
    // A program that knows its seed could print it.
    if (result->printed[0] != '\0' && !hide)
        task->first.printed =
            text_cleaned(result->printed, sizeof result->printed + 8);
}

static void end_task(struct run *r, struct grade_task *task)
{
    task->state = task->n_failed > 0 ? GRADE_FAILED : GRADE_PASSED;
    if (!r->plan->told(r->plan->context, r->grade))
        r->failed = true;
}

static bool done(void *context, const struct lab_run *run,
                 const struct lab_result *result)
{
    struct run *r = context;
    struct grade *grade = r->grade;
    int index = 0;
    while (grade->rubric->task[index].scenario != run->scenario)
        index++;
    struct grade_task *task = &grade->task[index];
    // A run that was under way when its task had failed enough.
    if (task->state != GRADE_NOT_RUN)
        return true;
    bool secret = task->n_run++ >= n_open(grade->rubric, index);
    if (!result->passed) {
        keep_finding(task, grade, result, run->seed, secret);
        task->n_failed++;
        r->n_late += strcmp(result->property, "time") == 0;
    }
    task->cut = task->n_failed >= ENOUGH_FAILED && task->n_run < task->n_seeds;
    grade->out_of_time = r->n_late >= ENOUGH_TIME;
    if (task->cut || task->n_run == task->n_seeds || grade->out_of_time)
        end_task(r, task);
    return !r->failed && !grade->out_of_time;
}

static bool stopped(void *context)
{
    struct run *r = context;
    r->stopped = r->plan->stopped != NULL && r->plan->stopped(r->plan->context);
    return r->stopped || r->failed;
}

static void run_all(struct run *r)
{
    struct lab_sweep sweep = {.n_jobs = r->plan->n_jobs,
                              .next = next,
                              .done = done,
                              .stopped = stopped,
                              .context = r};
    lab_run_many(&sweep);
}

static void begin(struct grade *grade, const struct grade_plan *plan)
{
    *grade = (struct grade){
        .rubric = plan->rubric, .secret = plan->secret, .reveal = plan->reveal};
    grade->task =
        must_calloc((size_t)plan->rubric->n_tasks, sizeof grade->task[0]);
    for (int i = 0; i < plan->rubric->n_tasks; i++)
        grade->task[i].n_seeds = n_open(plan->rubric, i) +
                                 (plan->secret != NULL ? plan->secret->n : 0);
}

bool grade_run(struct grade *grade, const struct grade_plan *plan)
{
    struct run r = {.plan = plan, .grade = grade};
    begin(grade, plan);
    if (!submission_take(&grade->submission, plan->folder, plan->rubric->lab,
                         &plan->sandbox) ||
        !plan->told(plan->context, grade) ||
        !submission_build(&grade->submission, &plan->sandbox))
        return false;
    grade->built = grade->submission.problem == NULL;
    if (!plan->told(plan->context, grade))
        return false;
    if (grade->built)
        run_all(&r);
    if (r.failed || r.stopped)
        return !r.failed;
    grade->complete = true;
    return plan->told(plan->context, grade);
}

void grade_free(struct grade *grade)
{
    for (int i = 0; grade->task != NULL && i < grade->rubric->n_tasks; i++)
        free_finding(&grade->task[i].first);
    free(grade->task);
    submission_end(&grade->submission);
}
