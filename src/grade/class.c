// class.c -- see class.h: the workers.
#define _GNU_SOURCE
#include "class.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "base/save.h"
#include "base/text.h"

enum { MOST_JOBS = 64, RESULT_BYTES = 16 << 20 };

// A submission under way.
struct worker {
    pid_t pid; // 0 = free
    const char *name;
};

struct class {
    const struct class_plan *plan;
    struct worker worker[MOST_JOBS];
    int n_busy, n_done, n_kept, n_bad, n_trouble, n_all;
    sigset_t outside; // the signal mask that waits and workers have
};

enum { WORKED = 0, INCOMPLETE = 1, TROUBLE = 70 }; // a worker's exit status

static bool is_folder(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static void result_path(const struct class_plan *plan, const char *name,
                        const char *end, char *path, size_t n)
{
    snprintf(path, n, "%.3000s/%.250s.%s", plan->results, name, end);
}

// Each submission's files in a folder of its own.
static char *own_folder(const char *all, const char *name)
{
    char folder[4400];
    if (all == NULL)
        return NULL;
    (void)mkdir(all, 0777);
    snprintf(folder, sizeof folder, "%.4000s/%.300s", all, name);
    return must_copy(folder, strlen(folder) + 1);
}

// Are its coverage reports, where they are asked for, those of this result?
static bool has_cover(const struct class_plan *plan, const char *name,
                      const cJSON *result)
{
    char path[4400];
    size_t n = 0;
    if (plan->each.cover == NULL)
        return true;
    snprintf(path, sizeof path, "%.4000s/%.300s/cover.json", plan->each.cover,
             name);
    char *text = text_read_file(path, RESULT_BYTES, &n);
    cJSON *report = text != NULL ? cJSON_Parse(text) : NULL;
    const cJSON *totals = cJSON_GetObjectItemCaseSensitive(report, "totals");
    bool same =
        totals != NULL &&
        cJSON_Compare(
            totals, cJSON_GetObjectItemCaseSensitive(result, "coverage"), true);
    cJSON_Delete(report);
    free(text);
    return same;
}

// Is there a complete result for just these files?
static bool is_done(const struct class_plan *plan, const char *name)
{
    char path[4400], key[300];
    uint64_t digest;
    size_t n = 0;
    snprintf(path, sizeof path, "%.4000s/%s", plan->folder, name);
    if (!submission_digest(path, plan->each.rubric->lab, &digest))
        return false;
    grade_key(&plan->each, digest, key, sizeof key);
    result_path(plan, name, "json", path, sizeof path);
    char *text = text_read_file(path, RESULT_BYTES, &n);
    cJSON *whole = text != NULL ? cJSON_Parse(text) : NULL;
    const cJSON *old = cJSON_GetObjectItemCaseSensitive(whole, "key");
    bool same =
        cJSON_IsString(old) && strcmp(old->valuestring, key) == 0 &&
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(whole, "complete")) &&
        has_cover(plan, name, whole);
    cJSON_Delete(whole);
    free(text);
    return same;
}

// ------------------------------------------------------------ in the worker

struct reporter {
    const struct class_plan *plan;
    const char *name;
};

static bool told(void *context, const struct grade *grade)
{
    static const char *const ends[] = {"txt", "gradescope.json", "xml",
                                       "tap", "full.json",       "csv"};
    struct reporter *r = context;
    char path[4400];
    bool good = true;
    if (r->plan->extra) {
        // The table of all has the name that this one would have.
        bool taken =
            r->plan->format == REPORT_CSV && strcmp(r->name, "summary") == 0;
        result_path(r->plan, r->name,
                    taken ? "report.csv" : ends[r->plan->format], path,
                    sizeof path);
        good = report_write(r->plan->format, grade, path);
    }
    result_path(r->plan, r->name, "json", path, sizeof path);
    return good && report_write(REPORT_JSON, grade, path);
}

static bool stopped(void *context)
{
    struct reporter *r = context;
    return *r->plan->interrupted != 0;
}

_Noreturn static void work(const struct class *class, const char *name)
{
    const struct class_plan *plan = class->plan;
    char folder[4400];
    struct grade grade;
    struct reporter reporter = {plan, name};
    struct grade_plan each = plan->each;
    snprintf(folder, sizeof folder, "%.4000s/%s", plan->folder, name);
    each.folder = folder;
    char *keep = own_folder(plan->each.keep, name);
    char *cover = own_folder(plan->each.cover, name);
    each.keep = keep;
    each.cover = cover;
    each.n_jobs = 1;
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &class->outside, NULL);
    each.told = told;
    each.stopped = stopped;
    each.context = &reporter;
    sandbox_adopt_orphans();
    bool good = grade_run(&grade, &each) && grade.complete;
    int code = grade.trouble != NULL ? TROUBLE : good ? WORKED : INCOMPLETE;
    grade_free(&grade);
    free(keep);
    free(cover);
    fflush(NULL);
    _exit(code);
}

// --------------------------------------------------------------- the parent

static void show_progress(const struct class *class, const char *name)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr,
                "\r%d of %d submissions, %d from before, now %.40s\033[K",
                class->n_done, class->n_all, class->n_kept, name);
}

static void start(struct class *class, const char *name)
{
    struct worker *worker = class->worker;
    while (worker->pid != 0)
        worker++;
    show_progress(class, name);
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        fprintf(stderr, "glassraft grade: %s: fork: %s\n", name,
                strerror(errno));
        class->n_trouble++;
        return;
    }
    if (pid == 0)
        work(class, name);
    *worker = (struct worker){pid, name};
    class->n_busy++;
}

static void on_child(int signal)
{
    (void)signal;
}

// No signal comes between a look and a wait: outside of the wait all that
// matter are held back.
static void hold_signals(struct class *class)
{
    struct sigaction action = {.sa_handler = on_child};
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaction(SIGCHLD, &action, NULL);
    sigprocmask(SIG_BLOCK, &held, &class->outside);
}

static void end_worker(struct class *class, struct worker *worker, int status)
{
    bool ended = WIFEXITED(status);
    if (!ended || WEXITSTATUS(status) != WORKED) {
        fprintf(stderr, "glassraft grade: %s: no complete result\n",
                worker->name);
        class->n_bad++;
        class->n_trouble += ended && WEXITSTATUS(status) == TROUBLE;
    }
    worker->pid = 0;
    class->n_busy--;
    class->n_done++;
}

static void await_one(struct class *class)
{
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) == 0) {
        ppoll(NULL, 0, NULL, &class->outside);
        for (int i = 0; i < MOST_JOBS && *class->plan->interrupted; i++)
            if (class->worker[i].pid != 0)
                kill(class->worker[i].pid, SIGTERM);
    }
    if (pid < 0 && errno != EINTR)
        die("waitpid: %s", strerror(errno));
    for (int i = 0; i < MOST_JOBS && pid > 0; i++)
        if (class->worker[i].pid == pid)
            end_worker(class, &class->worker[i], status);
}

static void grade_names(struct class *class, char **names, int n)
{
    const struct class_plan *plan = class->plan;
    for (int i = 0; i < n && !*plan->interrupted; i++) {
        if ((uint64_t)i % plan->n_shards != plan->shard - 1)
            continue;
        if (is_done(plan, names[i])) {
            class->n_done++;
            class->n_kept++;
            continue;
        }
        while (class->n_busy >= plan->n_jobs)
            await_one(class);
        start(class, names[i]);
    }
    while (class->n_busy > 0)
        await_one(class);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

enum class_end class_grade(const struct class_plan *plan)
{
    struct class class = {.plan = plan};
    char **names = NULL;
    if (!save_folder(plan->results)) {
        fprintf(stderr, "glassraft grade: %s: %s\n", plan->results,
                strerror(errno));
        return CLASS_INCOMPLETE;
    }
    int n = class_list(plan->folder, is_folder, &names);
    if (n == 0)
        fprintf(stderr, "glassraft grade: %s: there is no folder in it\n",
                plan->folder);
    for (int i = 0; i < n; i++)
        class.n_all += (uint64_t)i % plan->n_shards == plan->shard - 1;
    bool able = n <= 0 || grade_canary(&plan->each.sandbox);
    if (n > 0 && able) {
        hold_signals(&class);
        grade_names(&class, names, n);
        sigprocmask(SIG_SETMASK, &class.outside, NULL);
    }
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    if (class.n_kept > 0)
        fprintf(stderr,
                "glassraft grade: %d of %d had a result already and were not"
                " graded again\n",
                class.n_kept, class.n_all);
    bool good = n > 0 && class.n_bad == 0 && !*plan->interrupted;
    if (!able || class.n_trouble > 0)
        return CLASS_TROUBLE;
    // Of few submissions some shards get none, and are done.
    good = good && (class.n_all == 0 || class_summary(plan->results, stdout));
    return good ? CLASS_GRADED : CLASS_INCOMPLETE;
}
