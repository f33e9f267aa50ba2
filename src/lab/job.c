// job.c -- see job.h.
#define _GNU_SOURCE
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../net/thread.h"
#include "../trace/die.h"

static void part_name(const struct job *job, char path[240])
{
    snprintf(path, 240, "%.230s.part", job->run.trace);
}

// What a child in a sandbox cannot open itself.
static void open_files(struct job *job, struct sandbox_files *files)
{
    files->printed = files->trace = job->printed = -1;
    if (job->run.sandbox == NULL)
        return;
    job->printed = files->printed = memfd_create("printed", MFD_CLOEXEC);
    if (job->printed < 0)
        die("memfd_create: %s", strerror(errno));
    if (job->run.trace == NULL)
        return;
    char path[240];
    part_name(job, path);
    files->trace = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (files->trace < 0) {
        fprintf(stderr, "glassraft: %s: %s\n", path, strerror(errno));
        job->run.trace = NULL;
    }
}

void job_start(struct job *job)
{
    int ends[2];
    struct lab_channel channel;
    fflush(NULL);
    if (pipe(ends) != 0 || getrandom(job->cookie, sizeof job->cookie, 0) !=
                               (ssize_t)sizeof job->cookie)
        die("pipe: %s", strerror(errno));
    memcpy(channel.cookie, job->cookie, sizeof channel.cookie);
    open_files(job, &channel.files);
    channel.files.result = ends[1];
    job->pid = fork();
    if (job->pid < 0)
        die("fork: %s", strerror(errno));
    if (job->pid == 0) {
        // A terminal's Ctrl-C is the parent's to handle.
        signal(SIGINT, SIG_IGN);
        close(ends[0]);
        memset(job->cookie, 0, sizeof job->cookie);
        lab_child(&job->run, &channel);
    }
    close(ends[1]);
    if (channel.files.trace >= 0)
        close(channel.files.trace);
    job->fd = ends[0];
    job->n_read = job->n_extra = 0;
    job->killed = false;
    job->busy = true;
    unsigned wall_s = job->run.wall_s > 0 ? job->run.wall_s : JOB_WALL_S;
    job->end_ms = now_ms() + wall_s * (uint64_t)1000;
}

static void set(struct lab_result *result, const char *property,
                const char *text)
{
    snprintf(result->property, sizeof result->property, "%s", property);
    snprintf(result->text, sizeof result->text, "%s", text);
}

static bool is_ours(const struct job *job)
{
    return job->n_read == sizeof job->message && job->n_extra == 0 &&
           memcmp(job->message.cookie, job->cookie, sizeof job->cookie) == 0;
}

// A child that ended without a word says by its status what happened.
static void explain(struct job *job, int status)
{
    char text[200];
    struct lab_result *result = &job->result;
    memset(result, 0, sizeof *result);
    if (job->killed) {
        snprintf(text, sizeof text,
                 "The run did not end within its %u seconds of real time.",
                 job->run.wall_s > 0 ? job->run.wall_s : JOB_WALL_S);
        set(result, "time", text);
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        set(result, "time", "The run used up its time on the processor.");
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        set(result, "forbidden call",
            "The submission made a system call that it may not make.");
    } else if (job->n_read + job->n_extra > 0 && !is_ours(job)) {
        set(result, "forged result",
            "The submission wrote to the harness's descriptor.");
    } else if (WIFSIGNALED(status)) {
        snprintf(text, sizeof text, "The process was ended by signal %d (%s).",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
        set(result, "crash", text);
    } else {
        snprintf(text, sizeof text,
                 "The process ended itself with exit status %d %s.",
                 WEXITSTATUS(status),
                 is_ours(job) ? "after its verdict"
                              : "before the scenario was over");
        set(result, "crash", text);
    }
}

// The message is the harness's, but its memory was the submission's, too.
static void take_result(struct job *job)
{
    struct lab_result *result = &job->message.result;
    unsigned char passed;
    memcpy(&passed, &result->passed, 1);
    result->passed = passed == 1;
    result->property[sizeof result->property - 1] = '\0';
    result->tag[sizeof result->tag - 1] = '\0';
    result->text[sizeof result->text - 1] = '\0';
    if (result->n_shown > 3)
        result->n_shown = 0;
    result->folder[0] = '\0';
    snprintf(result->trace, sizeof result->trace, "%s",
             result->trace[0] != '\0' && job->run.trace != NULL ? job->run.trace
                                                                : "");
    memset(&result->left, 0, sizeof result->left);
    memset(result->printed, 0, sizeof result->printed);
    job->result = *result;
}

// A pass counts only from a process that ended as it should.
static bool is_whole(const struct job *job, int status)
{
    unsigned char passed;
    memcpy(&passed, &job->message.result.passed, 1);
    return is_ours(job) && WIFEXITED(status) &&
           WEXITSTATUS(status) == (passed == 1 ? 0 : 1);
}

static void take_files(struct job *job)
{
    struct lab_result *result = &job->result;
    if (job->printed < 0)
        return;
    ssize_t n =
        pread(job->printed, result->printed, sizeof result->printed - 1, 0);
    result->printed[n > 0 ? n : 0] = '\0';
    close(job->printed);
    job->printed = -1;
    if (job->run.trace == NULL)
        return;
    char path[240];
    part_name(job, path);
    if (result->trace[0] == '\0' || rename(path, job->run.trace) != 0) {
        unlink(path);
        result->trace[0] = '\0';
    }
}

static int reap(const struct job *job)
{
    int status = 0;
    close(job->fd);
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

bool job_advance(struct job *job)
{
    char rest[256];
    char *at = (char *)&job->message + job->n_read;
    size_t room = sizeof job->message - job->n_read;
    if (!job->killed) {
        ssize_t n = room > 0 ? read(job->fd, at, room)
                             : read(job->fd, rest, sizeof rest);
        if (n != 0) {
            job->n_read += n > 0 && room > 0 ? (size_t)n : 0;
            job->n_extra += n > 0 && room == 0 ? (size_t)n : 0;
            return false;
        }
    }
    int status = reap(job);
    if (job->run.sandbox != NULL)
        kill(-job->pid, SIGKILL);
    if (is_whole(job, status))
        take_result(job);
    else
        explain(job, status);
    take_files(job);
    job->busy = false;
    return true;
}

void job_kill(struct job *job)
{
    job->killed = true;
    if (job->run.sandbox != NULL)
        kill(-job->pid, SIGKILL);
    kill(job->pid, SIGKILL);
}

void job_drop(struct job *job)
{
    job_kill(job);
    reap(job);
    if (job->printed >= 0)
        close(job->printed);
    job->busy = false;
}
