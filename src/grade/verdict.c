// verdict.c -- see grade.h: points, and what is said about them.
#include "grade.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/findings.h"
#include "harness/cage.h"
#include "sandbox/home.h"
#include "wire/message.h"
#include "base/version.h"
#include "base/text.h"

enum { PROGRAM_BYTES = 256 << 20 };

// What this program and the one that runs submissions are made of.
static uint64_t hash_of_build(void)
{
    static uint64_t hash;
    char path[4200];
    if (hash != 0)
        return hash;
    hash = 14695981039346656037u;
    for (int i = 0; i < 2; i++) {
        size_t n = 0;
        snprintf(path, sizeof path, "/proc/self/exe");
        if (i == 1 && !cage_program(path, sizeof path))
            break;
        char *bytes = text_read_file(path, PROGRAM_BYTES, &n);
        if (bytes != NULL)
            hash = message_hash(hash, bytes, n);
        free(bytes);
    }
    return hash;
}

void grade_key(const struct grade_plan *plan, uint64_t digest, char *out,
               size_t n)
{
    const struct secret_seeds *secret = plan->secret;
    snprintf(out, n,
             "lab%u rubric %016" PRIx64 " secret %04" PRIx64
             " files %016" PRIx64 " " GLASSRAFT_VERSION " %s %016" PRIx64
             " limit %u s %" PRIu64,
             plan->rubric->lab, rubric_hash(plan->rubric),
             // So short that nobody finds a seed by it.
             secret != NULL ? secret->hash & 0xffff : 0, digest, lab_config(),
             hash_of_build(), sandbox_cpu_s(&plan->sandbox),
             plan->sandbox.memory_bytes);
}

int grade_zeroed_by(const struct grade *grade, int part)
{
    for (int i = 0; i < grade->rubric->n_tasks; i++)
        if (grade->rubric->task[i].part == part &&
            grade->task[i].state == GRADE_FAILED &&
            grade->task[i].first.kind != GRADE_OWN)
            return i;
    return -1;
}

int grade_task_points(const struct grade *grade, int task)
{
    const struct rubric_task *asked = &grade->rubric->task[task];
    bool counts = grade->task[task].state == GRADE_PASSED &&
                  grade_zeroed_by(grade, asked->part) < 0;
    return counts ? asked->points : 0;
}

int grade_part_points(const struct grade *grade, int part)
{
    int points = 0;
    for (int i = 0; i < grade->rubric->n_tasks; i++)
        if (grade->rubric->task[i].part == part)
            points += grade_task_points(grade, i);
    return points;
}

int grade_coverage_points(const struct grade *grade)
{
    struct cover_share lines = grade->reached.lines;
    bool enough =
        grade->coverage != NULL && lines.n > 0 &&
        100 * lines.n_reached >= (size_t)grade->rubric->lines * lines.n;
    return enough ? grade->rubric->lines_points : 0;
}

int grade_points(const struct grade *grade)
{
    int points = grade_coverage_points(grade);
    for (int part = 0; part < grade->rubric->n_parts; part++)
        points += grade_part_points(grade, part);
    return points;
}

void grade_state_text(const struct grade *grade, int task, char *out, size_t n)
{
    const struct grade_task *t = &grade->task[task];
    if (t->state == GRADE_PASSED && t->n_not_set_up > 0)
        snprintf(out, n, "passed, %" PRIu64 " of %" PRIu64 " not set up",
                 t->n_not_set_up, t->n_seeds);
    else if (t->state == GRADE_PASSED)
        snprintf(out, n, "passed, %" PRIu64 " of %" PRIu64 " seeds", t->n_run,
                 t->n_seeds);
    else if (t->state == GRADE_FAILED)
        snprintf(out, n, "failed, %" PRIu64 " of %" PRIu64 " seeds",
                 t->n_failed, t->n_run);
    else if (grade->submission.problem != NULL)
        snprintf(out, n, "not run: it does not build");
    else
        snprintf(out, n, "not run%s",
                 grade->out_of_time ? ": out of time" : "");
}

static void name_seed(const struct grade *grade,
                      const struct grade_finding *finding, FILE *out)
{
    if (finding->secret && !grade->reveal)
        fprintf(out, "a secret seed");
    else
        fprintf(out, "seed 0x%" PRIx64, finding->seed);
}

void grade_replay(const struct grade *grade, int task, char *out, size_t n)
{
    const struct grade_finding *finding = &grade->task[task].first;
    unsigned lab = grade->rubric->lab;
    char only[24] = "";
    out[0] = '\0';
    if (lab > 0)
        snprintf(only, sizeof only, " --lab %u", lab);
    if (grade->task[task].state == GRADE_FAILED &&
        (!finding->secret || grade->reveal))
        snprintf(out, n, "glassraft run %s --seed 0x%" PRIx64 "%s%s",
                 grade->rubric->task[task].scenario->name, finding->seed, only,
                 submission_options(&grade->submission));
}

static void explain_failure(const struct grade *grade, int task, FILE *out)
{
    const struct grade_task *t = &grade->task[task];
    const struct grade_finding *finding = &t->first;
    char replay[300];
    fprintf(out, "%s", finding_headline(finding->property));
    if (finding->tag[0] != '\0')
        fprintf(out, " [%s]", finding->tag);
    fprintf(out, ", with ");
    name_seed(grade, finding, out);
    fprintf(out, " (%" PRIu64 " of %" PRIu64 " seeds failed", t->n_failed,
            t->n_run);
    if (t->n_run < t->n_seeds)
        fprintf(out, ", %" PRIu64 " were not run", t->n_seeds - t->n_run);
    fprintf(out, ")\n%s\n", finding->text);
    grade_replay(grade, task, replay, sizeof replay);
    if (replay[0] != '\0')
        fprintf(out, "replay: %s\n", replay);
    if (finding->printed != NULL)
        fprintf(out, "The program printed:\n%s\n", finding->printed);
}

void grade_why(const struct grade *grade, int task, FILE *out)
{
    const struct grade_task *t = &grade->task[task];
    const struct rubric_task *asked = &grade->rubric->task[task];
    int cause = grade_zeroed_by(grade, asked->part);
    if (t->state == GRADE_FAILED)
        explain_failure(grade, task, out);
    else if (t->state == GRADE_NOT_RUN && grade->submission.problem != NULL)
        fprintf(out, "Not run: the submission does not build.\n");
    else if (t->state == GRADE_NOT_RUN && grade->out_of_time)
        fprintf(out,
                "Not run: too many earlier runs exceeded their time limit.\n");
    else if (t->state == GRADE_NOT_RUN)
        fprintf(out, "Not run: the grader was stopped before that.\n");
    if (cause < 0)
        return;
    const char *culprit = grade->rubric->task[cause].scenario->name;
    if (grade->task[cause].first.kind == GRADE_FOUL)
        fprintf(out,
                "The part \"%s\" has no points: %s did something a"
                " submission may not do.\n",
                grade->rubric->part[asked->part], culprit);
    else
        fprintf(out,
                "The part \"%s\" has no points: %s broke a rule of"
                " safety.\n",
                grade->rubric->part[asked->part], culprit);
}

static void remark_coverage(const struct grade *grade, FILE *out)
{
    const struct rubric *rubric = grade->rubric;
    if (rubric->lines > 0)
        fprintf(out, "Coverage: %d of %d points for %d %% of the lines%s.\n",
                grade_coverage_points(grade), rubric->lines_points,
                rubric->lines,
                grade->coverage == NULL ? ", which were not counted" : "");
    if (grade->coverage != NULL)
        fprintf(out,
                "Coverage%s: what the first seeds of each scenario"
                " reach.\n%s",
                rubric->lines > 0 ? "" : ", which no points depend on",
                grade->coverage);
}

void grade_remarks(const struct grade *grade, FILE *out)
{
    const struct submission *s = &grade->submission;
    if (grade->trouble != NULL)
        fprintf(out,
                "infrastructure: the grader could not work, this is no grade:"
                " %s\n",
                grade->trouble);
    else if (s->problem != NULL)
        fprintf(out, "The submission does not build:\n%s\n", s->problem);
    for (int i = 0; i < s->n_notes; i++)
        fprintf(out, "%s\n", s->note[i]);
    if (s->n_more_notes > 0)
        fprintf(out, "and %d more file%s left out\n", s->n_more_notes,
                s->n_more_notes == 1 ? " was" : "s were");
    if (grade->shared[0] != '\0')
        fprintf(out, "%s\n", grade->shared);
    uint64_t n_runs = 0, n_never = 0;
    for (int i = 0; i < grade->rubric->n_tasks; i++) {
        n_runs += grade->task[i].n_run;
        n_never += grade->task[i].n_not_set_up;
    }
    if (n_runs > 0)
        fprintf(out, "%" PRIu64 " of %" PRIu64 " runs were not set up%s\n",
                n_never, n_runs,
                n_never == 0 ? "."
                             : ": the situation that they test never came"
                               " about with this Raft. They count as passed.");
    remark_coverage(grade, out);
    if (grade->out_of_time)
        fprintf(out, "Too many runs exceeded their time limit; the rest were"
                     " not run.\n");
    if (!grade->complete && s->problem == NULL)
        fprintf(out, "This report is not complete: what is missing counts as"
                     " not run.\n");
}
