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
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/thread.h"
#include "check/met.h"
#include "base/die.h"
#include "cage.h"
#include "outcome.h"
#include "printed.h"
#include "story.h"

static void set(struct lab_result *result, enum finding finding,
                const char *text)
{
    snprintf(result->property, sizeof result->property, "%s",
             finding_id(finding));
    snprintf(result->text, sizeof result->text, "%s", text);
}

// What a child in a sandbox cannot open itself.
static void open_files(struct job *job, struct sandbox_files *files)
{
    files->printed = files->trace = files->object = job->printed = -1;
    files->counters = -1;
    job->saves = false;
    // What a run did before it was drawn anew, it did.
    const struct lab_cover *cover = job->run.cover;
    if (cover != NULL && job->run.draw == 0) {
        counters_open(&job->met, sizeof(struct met));
        if (cover->n > 0)
            counters_open(&job->counters, cover->n * sizeof(uint64_t));
    }
    files->met = cover != NULL ? job->met.fd : -1;
    if (cover != NULL && cover->n > 0)
        files->counters = job->counters.fd;
    if (job->run.sandbox == NULL)
        return;
    if (printed_is_kept(&job->run)) {
        job->printed = files->printed = memfd_create("printed", MFD_CLOEXEC);
        if (job->printed < 0)
            die("memfd_create: %s", strerror(errno));
    }
    if (job->run.secret)
        job->run.trace = NULL;
    if (job->run.trace == NULL && job->run.story) {
        job->story = files->trace = story_file();
        if (job->story < 0)
            die("memfd_create: %s", strerror(errno));
    }
    if (job->run.trace == NULL)
        return;
    job->saves = save_begin(&job->trace, job->run.trace);
    if (job->saves) {
        files->trace = fileno(job->trace.out);
    } else {
        fprintf(stderr, "glassraft: %s: %s\n", job->run.trace, strerror(errno));
        save_end(&job->trace, false);
        job->run.trace = NULL;
    }
}

// In the child.
_Noreturn static void begin_run(struct job *job, struct cage *cage,
                                struct lab_channel *channel)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGTERM, SIG_DFL);
    // A terminal's Ctrl-C is the parent's to handle.
    signal(SIGINT, SIG_IGN);
    sigprocmask(SIG_SETMASK, &none, NULL);
    memset(job->cookie, 0, sizeof job->cookie);
    if (job->run.sandbox != NULL)
        cage_become(cage, &job->run, channel);
    lab_child(&job->run, channel);
}

static bool open_cage(struct job *job, struct cage *cage)
{
    char error[300];
    bool ours = false;
    *cage = (struct cage){-1, -1};
    if (job->run.sandbox == NULL || cage_open(cage, &job->run, error, &ours))
        return true;
    memset(&job->result, 0, sizeof job->result);
    set(&job->result, ours ? FINDING_INFRASTRUCTURE : FINDING_LOAD, error);
    job->end = JOB_BROKEN;
    return false;
}

// A run that could not begin is told like one that has ended.
static void begin_nothing(struct job *job, const int *ends)
{
    close(ends[1]);
    job->fd = ends[0];
    job->pid = -1;
}

void job_start(struct job *job)
{
    int ends[2];
    struct lab_channel channel;
    struct cage cage;
    fflush(NULL);
    if (pipe(ends) != 0 || getrandom(job->cookie, sizeof job->cookie, 0) !=
                               (ssize_t)sizeof job->cookie)
        die("pipe: %s", strerror(errno));
    memcpy(channel.cookie, job->cookie, sizeof channel.cookie);
    job->end = JOB_ENDS;
    job->busy = true;
    job->n_read = job->n_extra = 0;
    job->cpu_ms = job->idle_ms = 0;
    job->looked_ms = now_ms();
    job->end_ms = job->looked_ms + JOB_WALL_S * (uint64_t)1000;
    job->printed = job->story = -1;
    job->saves = false;
    if (!open_cage(job, &cage)) {
        begin_nothing(job, ends);
        return;
    }
    open_files(job, &channel.files);
    channel.files.result = ends[1];
    job->pid = fork();
    if (job->pid == 0) {
        close(ends[0]);
        begin_run(job, &cage, &channel);
    }
    cage_close(&cage);
    if (job->pid < 0) {
        char text[100];
        snprintf(text, sizeof text, "fork: %s", strerror(errno));
        memset(&job->result, 0, sizeof job->result);
        set(&job->result, FINDING_INFRASTRUCTURE, text);
        job->end = JOB_BROKEN;
        begin_nothing(job, ends);
        return;
    }
    close(ends[1]);
    job->fd = ends[0];
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
    if (job->end == JOB_BROKEN)
        return;
    memset(result, 0, sizeof *result);
    if (job->end == JOB_LATE) {
        snprintf(text, sizeof text,
                 "The run did not end within its %d seconds of real time.",
                 JOB_WALL_S);
        set(result, FINDING_TIME, text);
    } else if (job->end == JOB_STALLED) {
        snprintf(
            text, sizeof text,
            "The run made no progress for %u seconds: it waited outside of the"
            " simulation.",
            sandbox_cpu_s(job->run.sandbox));
        set(result, FINDING_TIME, text);
        result->stalled = true;
    } else if (job->end == JOB_LARGE) {
        set(result, FINDING_MEMORY, "The run exceeded its memory limit.");
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        set(result, FINDING_TIME, "The run exceeded its CPU time limit.");
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        set(result, FINDING_FORBIDDEN_CALL,
            "The submission made a system call that it may not make.");
    } else if (job->n_read + job->n_extra > 0 && !is_ours(job)) {
        set(result, FINDING_FORGED_RESULT,
            "The submission wrote to the harness's descriptor.");
    } else if (WIFSIGNALED(status)) {
        snprintf(text, sizeof text, "The process was ended by signal %d (%s).",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
        set(result, FINDING_CRASH, text);
    } else {
        snprintf(text, sizeof text,
                 "The process ended itself with exit status %d %s.",
                 WEXITSTATUS(status),
                 is_ours(job) ? "after its verdict"
                              : "before the scenario was over");
        set(result, FINDING_CRASH, text);
    }
}

// The message is the harness's, but its memory was the submission's, too.
static void take_result(struct job *job)
{
    struct lab_result *result = &job->message.result;
    unsigned char passed;
    memcpy(&passed, &result->passed, 1);
    result->passed = passed == 1;
    memcpy(&passed, &result->figure2, 1);
    result->figure2 = passed == 1;
    memcpy(&passed, &result->not_set_up, 1);
    result->not_set_up = passed == 1 && result->passed;
    result->property[sizeof result->property - 1] = '\0';
    result->tag[sizeof result->tag - 1] = '\0';
    result->text[sizeof result->text - 1] = '\0';
    if (result->n_shown > CHECK_SHOWN)
        result->n_shown = 0;
    if (result->n_written > sizeof result->written / sizeof result->written[0])
        result->n_written = 0;
    result->shared[0] = '\0';
    result->folder[0] = result->sanitizer[0] = '\0';
    snprintf(result->trace, sizeof result->trace, "%s",
             result->trace[0] != '\0' && job->run.trace != NULL ? job->run.trace
                                                                : "");
    result->stalled = false;
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
    if (job->printed >= 0) {
        printed_take(job->printed, &job->run, result);
        close(job->printed);
        job->printed = -1;
    }
    if (job->saves && !save_end(&job->trace, result->trace[0] != '\0'))
        result->trace[0] = '\0';
    job->saves = false;
}

static int reap(const struct job *job)
{
    int status = 0;
    struct rusage used = {.ru_nswap = 0};
    close(job->fd);
    while (job->pid > 0 && wait4(job->pid, &status, 0, &used) < 0 &&
           errno == EINTR)
        continue;
    // One that holds back the signal which tells it of its limit is killed by
    // the next.
    if (job->run.sandbox != NULL && WIFSIGNALED(status) &&
        WTERMSIG(status) == SIGKILL &&
        used.ru_utime.tv_sec + used.ru_stime.tv_sec >=
            (time_t)sandbox_cpu_s(job->run.sandbox))
        status = SIGXCPU;
    return status;
}

// A pass that is looked at once more.
static void audit(struct job *job)
{
    const struct lab_result *result = &job->result;
    if (job->story >= 0 && job->run.audited != NULL && result->passed &&
        !result->not_set_up)
        story_audit(&job->run, job->story, &job->result);
    if (job->story >= 0)
        close(job->story);
    job->story = -1;
}

bool job_advance(struct job *job)
{
    char rest[256];
    char *at = (char *)&job->message + job->n_read;
    size_t room = sizeof job->message - job->n_read;
    if (job->end == JOB_ENDS) {
        ssize_t n = room > 0 ? read(job->fd, at, room)
                             : read(job->fd, rest, sizeof rest);
        if (n != 0) {
            job->n_read += n > 0 && room > 0 ? (size_t)n : 0;
            job->n_extra += n > 0 && room == 0 ? (size_t)n : 0;
            return false;
        }
    }
    int status = reap(job);
    if (job->run.sandbox != NULL && job->pid > 0)
        kill(-job->pid, SIGKILL);
    if (job->end == JOB_ENDS && is_whole(job, status))
        take_result(job);
    else
        explain(job, status);
    audit(job);
    take_files(job);
    if (job->run.secret)
        outcome_forget(&job->result);
    job->busy = false;
    if (job->result.not_set_up && job->run.draw + 1 < JOB_DRAWS) {
        job->run.draw++;
        job_start(job);
        return false;
    }
    job->result.n_drawn_again = job->run.draw;
    return true;
}

static void end(struct job *job, enum job_end how)
{
    if (job->pid <= 0)
        return;
    job->end = how;
    if (job->run.sandbox != NULL)
        kill(-job->pid, SIGKILL);
    kill(job->pid, SIGKILL);
}

// Processor time that the child has had, and whether it wants more now.
static bool ask(const struct job *job, uint64_t *cpu_ms, bool *wants)
{
    char path[40], state = 'R';
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)job->pid);
    FILE *about = fopen(path, "r");
    bool known = about != NULL &&
                 fscanf(about,
                        "%*d (%*[^)]) %c %*d %*d %*d %*d %*d %*u %*u %*u %*u"
                        " %*u %lu %lu",
                        &state, &user, &system) == 3;
    if (about != NULL)
        fclose(about);
    *wants = state == 'R' || state == 'Z' || state == 'X';
    *cpu_ms = (user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
    return known;
}

// A simulated run never waits for the system, and a stopped one for nobody
// here: both would keep others waiting for nothing.
static void look_for_stall(struct job *job, uint64_t now)
{
    uint64_t cpu_ms, passed_ms = now - job->looked_ms;
    bool wants;
    if (passed_ms < JOB_LOOK_MS || !ask(job, &cpu_ms, &wants))
        return;
    if (!wants && cpu_ms - job->cpu_ms < passed_ms / 10)
        job->idle_ms += passed_ms;
    job->looked_ms = now;
    job->cpu_ms = cpu_ms;
    if (job->idle_ms >= sandbox_cpu_s(job->run.sandbox) * (uint64_t)1000)
        end(job, JOB_STALLED);
    else if (sandbox_is_over(job->run.sandbox, job->pid))
        end(job, JOB_LARGE);
}

void job_look(struct job *job)
{
    uint64_t now = now_ms();
    if (job->end != JOB_ENDS || job->pid <= 0)
        return;
    if (now >= job->end_ms)
        end(job, JOB_LATE);
    else if (job->run.sandbox != NULL && !job->run.real)
        look_for_stall(job, now);
}

bool job_has_met(struct job *job, struct job_met *out)
{
    out->met = counters_take(&job->met);
    out->counters = counters_take(&job->counters);
    return out->met != NULL;
}

void job_forget(struct job_met *met)
{
    free(met->met);
    free(met->counters);
}

void job_drop(struct job *job)
{
    struct job_met met;
    job_has_met(job, &met);
    job_forget(&met);
    end(job, JOB_LATE);
    reap(job);
    if (job->printed >= 0)
        close(job->printed);
    if (job->saves)
        save_end(&job->trace, false);
    if (job->story >= 0)
        close(job->story);
    job->story = -1;
    job->saves = job->busy = false;
}
