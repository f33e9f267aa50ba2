// grade.c -- glassraft grade: a submission, or a class of them, by a rubric.
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grade/class.h"
#include "cli.h"

enum { MOST_JOBS = 64 };

static const char help[] =
    "usage: glassraft grade FOLDER --lab N [OPTIONS]\n"
    "       glassraft grade --all SUBMISSIONS --lab N --results FOLDER"
    " [OPTIONS]\n"
    "       glassraft grade --summary FOLDER\n"
    "       glassraft grade --print-rubric --lab N\n\n"
    "Builds a student's folder and runs the lab's scenarios on it, in a\n"
    "sandbox. Points count when all seeds of a scenario pass; a broken rule\n"
    "of safety costs the points of its whole part.\n\n"
    "  --lab N               grade for lab N, 0 to 5\n"
    "  --rubric FILE         take parts, scenarios and points from FILE\n"
    "  --seeds A..B          use these seeds instead of the rubric's\n"
    "  --secret-seeds FILE   also use these, in secret (unless --reveal)\n"
    "  --report FORMAT       write gradescope, junit, tap, json, csv or text\n"
    "  --out FILE            write the report there after each scenario\n"
    "  -j N                  do N runs (with --all: submissions) at a time\n"
    "  --keep FOLDER         write traces of failing runs there\n"
    "  --cover FOLDER        report there which lines the runs reach, with a\n"
    "                        table in the report (with --all: in\n"
    "                        FOLDER/NAME); no points depend on it\n"
    "  --all SUBMISSIONS     grade each folder in SUBMISSIONS\n"
    "  --results FOLDER      write one NAME.json each, and summary.csv; a\n"
    "                        complete result is not graded again\n"
    "  --shard I/N           grade only part I of N equal parts\n"
    "  --limit SECONDS       allow a run this much CPU time (default 20)\n"
    "  --user UID            as root, run them as this user (default "
    "nobody)\n\n"
    "Exit code 0: full marks (with --all: all are graded), 1: points were\n"
    "lost, 2: wrong usage or input, 70: the grader cannot work here (the next\n"
    "run grades what is left), 130: Ctrl-C.\n\n"
    "example: glassraft grade alice --lab 1 --report gradescope --out"
    " results.json\n";

static volatile int interrupted;

static void on_interrupt(int signal)
{
    interrupted = signal;
    sandbox_stop_tools();
}

struct arguments {
    const char *folder, *all, *results, *summary, *rubric, *secret, *out;
    const char *keep, *cover;
    enum report_format format;
    bool has_format, help, print_rubric, reveal, bad;
    uint64_t lab, jobs, user, limit, first, last, shard, n_shards;
};

static void complain(struct arguments *a, const char *what)
{
    fprintf(stderr, "glassraft grade: %s\n", what);
    a->bad = true;
}

static void take_format(struct options *o, struct arguments *a)
{
    const char *name = options_value(o);
    a->has_format = true;
    if (!o->failed && !report_format(name, &a->format)) {
        fprintf(stderr,
                "glassraft grade: --report %s: expected gradescope, junit,"
                " tap, json, csv or text\n",
                name);
        a->bad = true;
    }
}

static void take_argument(struct options *o, struct arguments *a)
{
    static const struct {
        const char *name;
        size_t at;
    } texts[] = {{"--all", offsetof(struct arguments, all)},
                 {"--results", offsetof(struct arguments, results)},
                 {"--summary", offsetof(struct arguments, summary)},
                 {"--rubric", offsetof(struct arguments, rubric)},
                 {"--secret-seeds", offsetof(struct arguments, secret)},
                 {"--out", offsetof(struct arguments, out)},
                 {"--keep", offsetof(struct arguments, keep)},
                 {"--cover", offsetof(struct arguments, cover)}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (options_is(o, texts[i].name)) {
            *(const char **)((char *)a + texts[i].at) = options_value(o);
            return;
        }
    if (options_is(o, "--help"))
        a->help = true;
    else if (options_is(o, "--print-rubric"))
        a->print_rubric = true;
    else if (options_is(o, "--reveal"))
        a->reveal = true;
    else if (options_is(o, "--lab"))
        a->lab = options_number(o);
    else if (options_is(o, "--user"))
        a->user = options_number(o);
    else if (options_is(o, "--limit"))
        a->limit = options_number(o);
    else if (options_is(o, "-j"))
        a->jobs = options_number(o);
    else if (options_is(o, "--seeds"))
        options_range(o, &a->first, &a->last);
    else if (options_is(o, "--shard"))
        options_shard(o, &a->shard, &a->n_shards);
    else if (options_is(o, "--report"))
        take_format(o, a);
    else if (options_rest(o) && a->folder == NULL)
        a->folder = o->now;
    else if (!o->failed)
        complain(a, "expected one folder, or --all");
}

// What no single option can know.
static void check(struct arguments *a)
{
    if (a->jobs < 1 || a->jobs > MOST_JOBS)
        complain(a, "-j: expected 1 to 64");
    else if (a->lab == RUBRIC_ANY_LAB && a->rubric == NULL)
        complain(a, "no lab given; add --lab N");
    else if (a->print_rubric)
        return;
    else if ((a->folder == NULL) == (a->all == NULL))
        complain(a, "no submission given: a folder, or --all SUBMISSIONS");
    else if (a->all != NULL && a->results == NULL)
        complain(a, "--all needs --results FOLDER");
    else if (a->all == NULL && (a->results != NULL || a->n_shards > 1))
        complain(a, "--results and --shard go with --all");
    else if (a->all != NULL && a->out != NULL)
        complain(a, "--out goes with one folder; --all has --results");
    else if (a->limit > 3600)
        complain(a, "--limit: expected at most 3600 seconds");
    else if (a->last - a->first >= RUBRIC_MOST_SEEDS)
        complain(a, "--seeds: too many");
}

static bool get_rubric(const struct arguments *a, struct rubric *rubric)
{
    char error[300];
    bool good = a->rubric != NULL
                    ? rubric_read(rubric, a->rubric, (unsigned)a->lab, error)
                    : rubric_default(rubric, (unsigned)a->lab, error);
    if (!good)
        fprintf(stderr, "glassraft grade: %s\n", error);
    if (good && a->last > 0) {
        rubric->first = a->first;
        rubric->last = a->last;
        for (int i = 0; i < rubric->n_tasks; i++)
            rubric->task[i].first = rubric->task[i].last = 0;
    }
    return good;
}

static bool told(void *context, const struct grade *grade)
{
    const struct arguments *a = context;
    int n = 0;
    for (int i = 0; i < grade->rubric->n_tasks; i++)
        n += grade->task[i].state != GRADE_NOT_RUN;
    if (isatty(STDERR_FILENO) && !grade->complete)
        fprintf(stderr, "\r%d of %d scenarios, %d points\033[K", n,
                grade->rubric->n_tasks, grade_points(grade));
    return a->out == NULL || report_write(a->format, grade, a->out);
}

static bool stopped(void *context)
{
    (void)context;
    return interrupted != 0;
}

static int grade_one(struct arguments *a, struct grade_plan *plan)
{
    struct grade grade;
    if (!grade_canary(&plan->sandbox))
        return interrupted ? 128 + interrupted : EXIT_BUG;
    plan->folder = a->folder;
    plan->n_jobs = (int)a->jobs;
    plan->told = told;
    plan->stopped = stopped;
    plan->context = a;
    bool good = grade_run(&grade, plan);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (good)
        report_print(a->out == NULL && a->has_format ? a->format : REPORT_TEXT,
                     &grade, stdout);
    bool full = grade_points(&grade) == rubric_points(plan->rubric);
    bool trouble = grade.trouble != NULL;
    grade_free(&grade);
    return trouble       ? EXIT_BUG
           : interrupted ? 128 + interrupted
           : !good       ? EXIT_USAGE
           : full        ? EXIT_GOOD
                         : EXIT_FINDING;
}

static int grade_all(const struct arguments *a, const struct grade_plan *each)
{
    struct class_plan plan = {.each = *each,
                              .folder = a->all,
                              .results = a->results,
                              .n_jobs = (int)a->jobs,
                              .shard = a->shard,
                              .n_shards = a->n_shards,
                              .extra = a->has_format,
                              .format = a->format,
                              .interrupted = &interrupted};
    enum class_end end = class_grade(&plan);
    return interrupted            ? 128 + interrupted
           : end == CLASS_GRADED  ? EXIT_GOOD
           : end == CLASS_TROUBLE ? EXIT_BUG
                                  : EXIT_USAGE;
}

static int grade(struct arguments *a)
{
    struct rubric rubric;
    struct secret_seeds secret = {.n = 0};
    struct grade_plan plan = {
        .rubric = &rubric,
        .sandbox = {.user = (unsigned)a->user, .cpu_s = (unsigned)a->limit},
        .reveal = a->reveal,
        .keep = a->keep,
        .cover = a->cover};
    if (!get_rubric(a, &rubric))
        return EXIT_USAGE;
    int code = EXIT_USAGE;
    if (a->print_rubric) {
        rubric_print(&rubric, stdout);
        code = EXIT_GOOD;
    } else if (!sandbox_prepare(&plan.sandbox)) {
        code = EXIT_BUG;
    } else if (a->secret == NULL || secret_seeds_read(&secret, a->secret)) {
        struct sigaction action = {.sa_handler = on_interrupt};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        plan.secret = a->secret != NULL ? &secret : NULL;
        code = a->all != NULL ? grade_all(a, &plan) : grade_one(a, &plan);
    }
    secret_seeds_free(&secret);
    rubric_free(&rubric);
    return code;
}

int cli_grade(int argc, char **argv)
{
    struct arguments a = {
        .lab = RUBRIC_ANY_LAB, .jobs = 1, .shard = 1, .n_shards = 1};
    struct options o = options_begin(argc, argv, "grade");
    while (!a.help && !a.bad && options_next(&o) != NULL)
        take_argument(&o, &a);
    if (a.help)
        fputs(help, stdout);
    if (a.help || a.bad || o.failed)
        return a.help ? EXIT_GOOD : EXIT_USAGE;
    if (a.summary != NULL)
        return class_summary(a.summary, stdout) ? EXIT_GOOD : EXIT_USAGE;
    check(&a);
    if (a.bad)
        return EXIT_USAGE;
    return grade(&a);
}
