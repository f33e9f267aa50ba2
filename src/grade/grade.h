// grade.h -- one submission, judged by a rubric.
//
// A scenario's points count when all of its seeds pass. Breaking a safety rule,
// or doing what a submission may not, costs all points of that part; something
// that is merely not done in time costs only that scenario's. The report is
// written again after every scenario, so that there is always a valid one.
//
// Nothing in a grade depends on the clock, on the number of runs at a time, or
// on where the files are: the same submission gets the same report, byte for
// byte.
#ifndef GLASSRAFT_GRADE_H
#define GLASSRAFT_GRADE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cover/cover.h"
#include "rubric.h"
#include "submission.h"

// Seeds that no child of the grader can see: its copy of them is empty.
struct secret_seeds {
    uint64_t *seed;
    size_t n;
    uint64_t hash;
};

// One per line, decimal or 0x...; # begins a comment. False with one line on
// stderr.
bool secret_seeds_read(struct secret_seeds *secret, const char *path);
void secret_seeds_free(struct secret_seeds *secret);

// By rising weight.
enum grade_kind {
    GRADE_OWN,    // costs the scenario's own points
    GRADE_SAFETY, // a broken safety rule: costs the part's
    GRADE_FOUL,   // what a submission may not do: costs the part's
};

// What a finding costs, by its id in check/findings.def and the tag of its rule
// ("" for none).
enum grade_kind grade_kind_of(const char *property, const char *tag);

struct grade_finding {
    enum grade_kind kind;
    uint64_t seed;
    bool secret;
    char property[48], tag[16];
    char *text;    // clean, without the seed if it is secret
    char *printed; // by the submission, clean; NULL = nothing
};

enum grade_state { GRADE_NOT_RUN, GRADE_PASSED, GRADE_FAILED };

enum { GRADE_AUDITS = 2 }; // runs of a scenario that are judged once more

struct grade_task {
    uint64_t audit[GRADE_AUDITS]; // random
    enum grade_state state;
    uint64_t n_seeds, n_run, n_failed; // asked for; told
    uint64_t n_not_set_up;             // of those that passed
    bool cut;                          // enough of it had failed
    struct grade_finding first; // the first of the weightiest; if it failed
};

struct grade_plan;

struct grade {
    const struct grade_plan *plan;
    const struct rubric *rubric;
    const struct secret_seeds *secret; // NULL = none
    bool reveal;                       // secret seeds may be told
    struct submission submission;
    struct grade_task *task; // as the rubric's
    bool built, complete;
    bool out_of_time; // too many runs used up their time
    // Why the grader could not work, NULL when it could. Such a grade is never
    // complete and says nothing about the submission.
    char *trouble;
    // Variables that servers share, as a run tells of them; "" = none.
    char shared[500];
    // What its runs reached, as information; NULL = it was not asked for, or
    // could not be counted.
    char *coverage;
    struct cover_totals reached;
};

struct grade_plan {
    const char *folder;
    const struct rubric *rubric;
    const struct secret_seeds *secret;
    struct sandbox sandbox;
    bool reveal;
    int n_jobs;
    const char *keep;  // folder for traces of failing runs; NULL = none
    const char *cover; // folder for reports of coverage; NULL = none
    // Called when there is news: built, and after each scenario.
    bool (*told)(void *context, const struct grade *grade);
    bool (*stopped)(void *context); // NULL: never
    void *context;
};

// Grades; false with a line on stderr when that could not be done, or told()
// said so. It was the grader's own trouble if grade->trouble says so. The grade
// is the caller's to free in either case.
bool grade_run(struct grade *grade, const struct grade_plan *plan);
// coverage.c: runs the first open seeds of each scenario once more, with an
// object that counts, writes the reports and fills in grade->coverage. No
// points depend on it. False with a line on stderr when the reports cannot be
// written.
bool grade_coverage(struct grade *grade);
// Removes the reports that another submission of this name may have left.
void grade_forget_coverage(const struct grade_plan *plan);
// canary.c: tries whether a Raft that is known can be built and run here. True,
// or false with a line on stderr.
bool grade_canary(const struct sandbox *sandbox);
void grade_free(struct grade *grade);

// All that a grade depends on, but the submission's name: lab, seeds, rubric,
// the digest of its files, this build and its limits. Equal keys, equal grades.
void grade_key(const struct grade_plan *plan, uint64_t digest, char *out,
               size_t n);

// What it comes to.
int grade_coverage_points(const struct grade *grade);
int grade_task_points(const struct grade *grade, int task);
int grade_part_points(const struct grade *grade, int part);
int grade_points(const struct grade *grade);
// The task that costs the whole part its points; -1 = none.
int grade_zeroed_by(const struct grade *grade, int part);

// Sentences: the state of a scenario in a few words, and why it has no points.
void grade_state_text(const struct grade *grade, int task, char *out, size_t n);
void grade_why(const struct grade *grade, int task, FILE *out);
// The command that repeats the first failure; "" when there is none to tell.
void grade_replay(const struct grade *grade, int task, char *out, size_t n);
// What stands above all scenarios: why it did not build, what was left out.
void grade_remarks(const struct grade *grade, FILE *out);

#endif
