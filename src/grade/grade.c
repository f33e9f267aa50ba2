// grade.c -- see grade.h: the runs.
#define _GNU_SOURCE
#include "grade.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "check/findings.h"
#include "harness/runner.h"
#include "labs/suites/suites.h"
#include "base/die.h"
#include "base/text.h"

enum {
    ENOUGH_FAILED = 3, // of a scenario's seeds: then its next ones are left out
    ENOUGH_TIME = 5,   // runs that used up their time: then all are
    STALLED = 3,       // a run that stood still counts as so many of them
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

// Of each scenario a few runs are judged once more, of which nobody can know
// before which ones.
static bool is_audited(const struct grade *grade, int task, uint64_t i)
{
    const struct grade_task *t = &grade->task[task];
    for (int k = 0; k < GRADE_AUDITS; k++)
        if (t->audit[k] % t->n_seeds == i)
            return true;
    return false;
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
    run->story = true;
    if (is_audited(grade, r->task, r->seed - 1))
        run->audited = suites_milestones(run->scenario->name);
    run->secret = secret && !grade->reveal;
    if (run->secret)
        run->out = NULL;
    return true;
}

enum grade_kind grade_kind_of(const char *property, const char *tag)
{
    enum finding_cost cost = finding_cost(property, tag);
    return cost == FINDING_IS_FOUL                       ? GRADE_FOUL
           : cost == FINDING_IS_SAFETY && tag[0] != '\0' ? GRADE_SAFETY
                                                         : GRADE_OWN;
}

static void free_finding(struct grade_finding *finding)
{
    free(finding->text);
    free(finding->printed);
    *finding = (struct grade_finding){.seed = 0};
}

static void keep_finding(struct grade_task *task,
                         const struct lab_result *result, uint64_t seed,
                         bool secret)
{
    enum grade_kind kind = grade_kind_of(result->property, result->tag);
    if (task->n_failed > 0 && kind <= task->first.kind)
        return;
    free_finding(&task->first);
    char text[TEXT];
    text_clean(result->text, text, sizeof text / 2);
    if (result->shared[0] != '\0') {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s",
                 used > 0 && text[used - 1] == '\n' ? "" : "\n",
                 result->shared);
    }
    task->first =
        (struct grade_finding){.kind = kind, .seed = seed, .secret = secret};
    snprintf(task->first.property, sizeof task->first.property, "%s",
             result->property);
    snprintf(task->first.tag, sizeof task->first.tag, "%s", result->tag);
    task->first.text = must_copy(text, strlen(text) + 1);
    if (result->printed[0] != '\0')
        task->first.printed =
            text_cleaned(result->printed, sizeof result->printed + 8);
}

static void grade_in_trouble(struct grade *grade, const char *why)
{
    free(grade->trouble);
    grade->trouble = text_cleaned(why, TEXT);
    fprintf(stderr, "glassraft grade: the grader cannot work: %s\n",
            grade->trouble);
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
    if (finding_is(result->property, FINDING_INFRASTRUCTURE)) {
        grade_in_trouble(grade, result->text);
        return false;
    }
    // A run that was under way when its task had failed enough.
    if (task->state != GRADE_NOT_RUN)
        return true;
    bool secret = task->n_run++ >= n_open(grade->rubric, index);
    if (grade->shared[0] == '\0')
        text_clean(result->shared, grade->shared, sizeof grade->shared);
    task->n_not_set_up += result->not_set_up;
    if (!result->passed) {
        keep_finding(task, result, run->seed, secret);
        task->n_failed++;
        r->n_late += result->stalled                              ? STALLED
                     : finding_is(result->property, FINDING_TIME) ? 1
                                                                  : 0;
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
    *grade = (struct grade){.plan = plan,
                            .rubric = plan->rubric,
                            .secret = plan->secret,
                            .reveal = plan->reveal};
    grade->task =
        must_calloc((size_t)plan->rubric->n_tasks, sizeof grade->task[0]);
    for (int i = 0; i < plan->rubric->n_tasks; i++) {
        struct grade_task *task = &grade->task[i];
        task->n_seeds = n_open(plan->rubric, i) +
                        (plan->secret != NULL ? plan->secret->n : 0);
        if (getrandom(task->audit, sizeof task->audit, 0) !=
            (ssize_t)sizeof task->audit)
            die("getrandom: %s", strerror(errno));
    }
}

// The copy and its object. False when that cannot be told of: our trouble, or a
// folder that is none.
static bool prepare(struct run *r)
{
    struct grade *grade = r->grade;
    const struct grade_plan *plan = r->plan;
    struct submission *s = &grade->submission;
    bool good =
        submission_take(s, plan->folder, plan->rubric->lab, &plan->sandbox) &&
        plan->told(plan->context, grade);
    s->counts = plan->cover != NULL || plan->rubric->lines > 0;
    good = good && submission_build(s, &plan->sandbox);
    // What does not build here may fail for a reason that is ours.
    if (good && s->problem != NULL && !stopped(r) &&
        !grade_canary(&plan->sandbox)) {
        submission_trouble(s, "not even a known Raft can be built and run");
        good = false;
    }
    // A tool that was ended did not do its work; that is no trouble.
    if (s->trouble[0] != '\0' && !stopped(r))
        grade_in_trouble(grade, s->trouble);
    return good;
}

bool grade_run(struct grade *grade, const struct grade_plan *plan)
{
    struct run r = {.plan = plan, .grade = grade};
    begin(grade, plan);
    grade_forget_coverage(plan);
    bool good = prepare(&r);
    if (!good && grade->trouble != NULL)
        plan->told(plan->context, grade);
    if (!good || stopped(&r))
        return good && !r.failed;
    grade->built = grade->submission.problem == NULL;
    if (!plan->told(plan->context, grade))
        return false;
    if (grade->built)
        run_all(&r);
    if (grade->built && !stopped(&r) && grade->trouble == NULL)
        r.failed |= !grade_coverage(grade);
    if (grade->trouble != NULL)
        plan->told(plan->context, grade);
    if (r.failed || r.stopped || grade->trouble != NULL)
        return !r.failed && grade->trouble == NULL;
    grade->complete = true;
    return plan->told(plan->context, grade);
}

void grade_free(struct grade *grade)
{
    for (int i = 0; grade->task != NULL && i < grade->rubric->n_tasks; i++)
        free_finding(&grade->task[i].first);
    free(grade->task);
    free(grade->trouble);
    free(grade->coverage);
    submission_end(&grade->submission);
}
