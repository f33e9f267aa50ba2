// sandbox.c -- see sandbox.h: the walls around a run.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../trace/die.h"
#include "home.h"

enum {
    NOBODY = 65534,
    CPU_S = 20,
    FIRST_FD = 64, // where the result's descriptor may hide
    LAST_FD = 1000,
    MOST_FDS = 1024,
    FILE_BYTES = 1 << 20,        // of what is printed
    TRACE_BYTES = 256 * 1 << 20, // and of a trace
};

// Sanitizers and coverage need calls and memory that a run does not.
static bool instrumented(void)
{
    const char *config = lab_config();
    return strcmp(config, "opt") != 0 && strcmp(config, "debug") != 0;
}

// Asked once: inside, the question itself is forbidden.
struct sandbox_powers sandbox_powers(void)
{
    static struct sandbox_powers powers;
    static bool known;
    if (!known)
        powers = (struct sandbox_powers){
            .filter = filter_possible() && !instrumented(),
            .landlock = landlock_possible() && !instrumented(),
            .user = geteuid() == 0 && !instrumented(),
        };
    known = true;
    return powers;
}

unsigned sandbox_user(unsigned asked)
{
    return asked != 0 ? asked : NOBODY;
}

void sandbox_limit(int what, uint64_t most)
{
    struct rlimit now = {most, most}, before;
    if (getrlimit(what, &before) == 0 && before.rlim_max < most)
        now.rlim_cur = now.rlim_max = before.rlim_max;
    if (setrlimit(what, &now) != 0)
        die("setrlimit: %s", strerror(errno));
}

void sandbox_drop_rights(unsigned user)
{
    user = sandbox_user(user);
    if (sandbox_powers().user &&
        (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 ||
         setresuid(user, user, user) != 0))
        die("cannot become user %u: %s", user, strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        die("PR_SET_NO_NEW_PRIVS: %s", strerror(errno));
    prctl(PR_SET_DUMPABLE, 0);
}

// An empty environment, also where its bytes were.
static void forget_environment(void)
{
    for (char **text = environ; text != NULL && *text != NULL; text++)
        memset(*text, 0, strlen(*text));
    clearenv();
}

static void close_from(int first, int last)
{
    if (first <= last &&
        syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) != 0)
        for (int fd = first; fd <= last && fd < 65536; fd++)
            close(fd);
}

static int at_random_place(int fd)
{
    unsigned random = 0;
    if (syscall(SYS_getrandom, &random, sizeof random, 0) != sizeof random)
        die("getrandom: %s", strerror(errno));
    int place = fcntl(fd, F_DUPFD, FIRST_FD + (int)(random % LAST_FD));
    if (place < 0)
        die("descriptor: %s", strerror(errno));
    return place;
}

// Keeps 0, 1, 2, the result and the trace; the rest is closed.
static void arrange_files(struct sandbox_files *files)
{
    int nothing = open("/dev/null", O_RDONLY);
    sandbox_limit(RLIMIT_NOFILE, 4 * MOST_FDS);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(files->printed, STDOUT_FILENO) < 0 ||
        dup2(files->printed, STDERR_FILENO) < 0)
        die("descriptors: %s", strerror(errno));
    int result = at_random_place(files->result);
    int trace = files->trace >= 0 ? at_random_place(files->trace) : -1;
    int low = trace >= 0 && trace < result ? trace : result;
    int high = trace > result ? trace : result;
    close_from(3, low - 1);
    close_from(low + 1, high - 1);
    close_from(high + 1, 1 << 20);
    files->result = result;
    files->trace = trace;
    files->printed = -1;
}

static void set_limits(const struct sandbox *sandbox, bool trace)
{
    sandbox_limit(RLIMIT_CORE, 0);
    // First a signal that says why, a second later one that none survives.
    rlim_t cpu_s = sandbox->cpu_s > 0 ? sandbox->cpu_s : CPU_S;
    struct rlimit cpu = {cpu_s, cpu_s + 1};
    setrlimit(RLIMIT_CPU, &cpu);
    sandbox_limit(RLIMIT_FSIZE, trace ? TRACE_BYTES : FILE_BYTES);
    sandbox_limit(RLIMIT_MEMLOCK, 0);
    if (instrumented())
        return;
    sandbox_limit(RLIMIT_AS, sandbox->memory_bytes > 0 ? sandbox->memory_bytes
                                                       : (rlim_t)1 << 30);
    sandbox_limit(RLIMIT_NPROC, 0);
}

static void (*tell_forbidden)(const char *what);

static void on_forbidden(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    char what[100];
    const char *name = filter_name(info->si_syscall);
    if (name != NULL)
        snprintf(what, sizeof what, "called %s, which a submission may not",
                 name);
    else
        snprintf(what, sizeof what,
                 "made system call %d, which a submission may not",
                 info->si_syscall);
    tell_forbidden(what);
}

static void watch_forbidden(void (*forbidden)(const char *what))
{
    struct sigaction action = {.sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = on_forbidden;
    tell_forbidden = forbidden;
    sigaction(SIGSYS, &action, NULL);
    // Too much print is cut, no reason to end.
    signal(SIGXFSZ, SIG_IGN);
}

void sandbox_enter(const struct sandbox *sandbox, const char *object,
                   struct sandbox_files *files,
                   void (*forbidden)(const char *what))
{
    struct sandbox_powers powers = sandbox_powers();
    setsid();
    forget_environment();
    arrange_files(files);
    set_limits(sandbox, files->trace >= 0);
    sandbox_drop_rights(sandbox->user);
    // Nobody waits for it any more when its parent was killed.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    watch_forbidden(forbidden);
    if (powers.landlock)
        landlock_run(object);
    if (powers.filter)
        filter_run(files);
}

void sandbox_seal(void)
{
    if (sandbox_powers().filter)
        filter_seal();
}

static bool is_ours(pid_t pid, const pid_t *ours, int n)
{
    for (int i = 0; i < n; i++)
        if (ours[i] == pid)
            return true;
    return false;
}

// One round over the children of this process; how many were ended.
static int end_children(const pid_t *ours, int n)
{
    int n_ended = 0, pid;
    FILE *list = fopen("/proc/thread-self/children", "r");
    if (list == NULL)
        return 0;
    while (fscanf(list, "%d", &pid) == 1)
        if (!is_ours(pid, ours, n)) {
            kill(pid, SIGKILL);
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                continue;
            n_ended++;
        }
    fclose(list);
    return n_ended;
}

void sandbox_end_orphans(const pid_t *ours, int n)
{
    // Each round brings up the children of those that it ended.
    for (int round = 0; round < 1000 && end_children(ours, n) > 0; round++)
        continue;
}

static void never(const char *what)
{
    die("%s", what);
}

// One child enters and leaves. The unwinder is loaded by its first use, which
// must not be inside.
static bool walls_stand(const struct sandbox *sandbox)
{
    void *frame[2];
    backtrace(frame, 2);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct sandbox_files files = {STDOUT_FILENO, 1, STDERR_FILENO, -1};
        sandbox_enter(sandbox, NULL, &files, never);
        sandbox_seal();
        _exit(0);
    }
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void sandbox_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool sandbox_prepare(const struct sandbox *sandbox)
{
    struct sandbox_powers powers = sandbox_powers();
    sandbox_adopt_orphans();
    if (!powers.filter)
        fprintf(stderr,
                "glassraft: this %s has no seccomp: a submission's system"
                " calls are not filtered\n",
                instrumented() ? "build" : "kernel");
    else if (!powers.landlock && !powers.user)
        fprintf(stderr, "glassraft: without root and Landlock a submission"
                        " can read your files while it is loaded\n");
    return walls_stand(sandbox);
}
