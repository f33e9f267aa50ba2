// runner.c -- children side by side, their limits, their results in order.
#include "runner.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../trace/die.h"

enum { WALL_S = 600, MAX_JOBS = 64 };

struct job {
    bool busy;
    pid_t pid;
    int fd;
    uint64_t number; // of the run, in order
    struct lab_run run;
    struct lab_result result;
    size_t n_read;
    int64_t end_ms; // when its time is up
    bool killed;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void start(struct job *job)
{
    int ends[2];
    fflush(NULL);
    if (pipe(ends) != 0)
        die("pipe: %s", strerror(errno));
    job->pid = fork();
    if (job->pid < 0)
        die("fork: %s", strerror(errno));
    if (job->pid == 0) {
        // A terminal's Ctrl-C is the parent's to handle.
        signal(SIGINT, SIG_IGN);
        close(ends[0]);
        lab_child(&job->run, ends[1]);
    }
    close(ends[1]);
    job->fd = ends[0];
    job->n_read = 0;
    job->killed = false;
    job->busy = true;
    unsigned wall_s = job->run.wall_s > 0 ? job->run.wall_s : WALL_S;
    job->end_ms = clock_ms() + (int64_t)wall_s * 1000;
}

// A child that ended without a word says by its status what happened.
static void explain(struct job *job, int status)
{
    struct lab_result *result = &job->result;
    memset(result, 0, sizeof *result);
    if (job->killed)
        snprintf(result->text, sizeof result->text,
                 "The run did not end within its %u seconds of real time.",
                 job->run.wall_s > 0 ? job->run.wall_s : WALL_S);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        snprintf(result->text, sizeof result->text,
                 "The run used up its time on the processor.");
    else if (WIFSIGNALED(status))
        snprintf(result->text, sizeof result->text,
                 "The process was ended by signal %d (%s).", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(result->text, sizeof result->text,
                 "The process ended itself with exit status %d before the"
                 " scenario was over.",
                 WEXITSTATUS(status));
    snprintf(result->property, sizeof result->property, "crash");
}

// Reads what is there; true when the child has ended and the result is whole.
static bool advance(struct job *job)
{
    char *at = (char *)&job->result + job->n_read;
    size_t room = sizeof job->result - job->n_read;
    char rest[64];
    ssize_t n =
        room > 0 ? read(job->fd, at, room) : read(job->fd, rest, sizeof rest);
    if (n < 0)
        return false;
    if (n > 0) {
        job->n_read += room > 0 ? (size_t)n : 0;
        return false;
    }
    int status = 0;
    close(job->fd);
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    // A pass counts only from a process that ended as it should.
    bool whole = job->n_read == sizeof job->result && WIFEXITED(status) &&
                 WEXITSTATUS(status) == (job->result.passed ? 0 : 1);
    if (!whole)
        explain(job, status);
    return true;
}

// Waits until a child has something to say or its time is up.
static void wait_for_children(struct job *jobs, int n_jobs)
{
    struct pollfd fds[MAX_JOBS];
    nfds_t n = 0;
    int64_t first_ms = INT64_MAX;
    for (int i = 0; i < n_jobs; i++)
        if (jobs[i].busy) {
            fds[n++] = (struct pollfd){.fd = jobs[i].fd, .events = POLLIN};
            if (!jobs[i].killed && jobs[i].end_ms < first_ms)
                first_ms = jobs[i].end_ms;
        }
    int64_t left_ms = first_ms - clock_ms();
    poll(fds, n, first_ms == INT64_MAX ? -1 : (int)(left_ms > 0 ? left_ms : 0));
    for (int i = 0; i < n_jobs; i++)
        if (jobs[i].busy && !jobs[i].killed && clock_ms() >= jobs[i].end_ms) {
            jobs[i].killed = true;
            kill(jobs[i].pid, SIGKILL);
        }
}

static bool readable(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, 0) > 0;
}

void lab_run_one(const struct lab_run *run, struct lab_result *result)
{
    struct job job = {.run = *run};
    start(&job);
    do
        wait_for_children(&job, 1);
    while (!readable(job.fd) || !advance(&job));
    *result = job.result;
}

bool lab_run_folder(const struct lab_run *run, char *folder, size_t n)
{
    const char *out = run->out != NULL ? run->out : "out";
    size_t used = (size_t)snprintf(folder, n, "%.90s/%.40s-%" PRIx64, out,
                                   run->scenario->name, run->seed);
    if (run->crash_at > 0 && used < n)
        snprintf(folder + used, n - used, "-%" PRIu64, run->crash_at);
    bool made = (mkdir(out, 0777) == 0 || errno == EEXIST) &&
                (mkdir(folder, 0777) == 0 || errno == EEXIST);
    if (!made)
        fprintf(stderr, "glassraft: %s: %s\n", folder, strerror(errno));
    return made;
}

// A failed run is made again to keep its trace: the same seed, the same run.
static void keep_failure(struct job *job)
{
    if (job->result.passed || job->run.out == NULL ||
        job->result.trace[0] != '\0')
        return;
    char folder[160], path[200];
    struct lab_run again = job->run;
    if (!lab_run_folder(&again, folder, sizeof folder))
        return;
    snprintf(path, sizeof path, "%s/trace.jsonl", folder);
    again.trace = path;
    struct lab_result result;
    lab_run_one(&again, &result);
    if (!result.passed && result.trace[0] != '\0')
        job->result = result;
    snprintf(job->result.folder, sizeof job->result.folder, "%s", folder);
}

// What waits for its turn to be told.
struct told {
    struct told *next;
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
};

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
        start(job);
        many->n_busy++;
    }
}

static void collect(struct many *many)
{
    for (int i = 0; i < many->n_jobs; i++) {
        struct job *job = &many->job[i];
        if (!job->busy || !readable(job->fd) || !advance(job))
            continue;
        job->busy = false;
        many->n_busy--;
        keep_failure(job);
        struct told *told = must_malloc(sizeof *told);
        *told =
            (struct told){many->waiting, job->number, job->run, job->result};
        many->waiting = told;
    }
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
            many->enough = !many->sweep->done(many->sweep->context, &told->run,
                                              &told->result);
        free(told);
        at = &many->waiting;
    }
}

static void end_all(struct many *many)
{
    for (int i = 0; i < many->n_jobs; i++) {
        struct job *job = &many->job[i];
        if (!job->busy)
            continue;
        kill(job->pid, SIGKILL);
        close(job->fd);
        while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    while (many->waiting != NULL) {
        struct told *told = many->waiting;
        many->waiting = told->next;
        free(told);
    }
}

void lab_run_many(const struct lab_sweep *sweep)
{
    struct many *many = must_calloc(1, sizeof *many);
    many->sweep = sweep;
    many->n_jobs = sweep->n_jobs < 1          ? 1
                   : sweep->n_jobs > MAX_JOBS ? MAX_JOBS
                                              : sweep->n_jobs;
    for (start_more(many); many->n_busy > 0; start_more(many)) {
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
