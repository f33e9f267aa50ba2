// sandbox.c -- see sandbox.h: the walls around a run.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "home.h"

enum {
    NOBODY = 65534,
    CPU_S = 20,
    FIRST_FD = 64, // where the result's descriptor may hide
    N_FDS = 500,
    MOST_FDS = 1024,
    FILE_BYTES = 1 << 20,        // of what is printed
    TRACE_BYTES = 256 * 1 << 20, // and of a trace
};

// A sanitizer's shadow takes terabytes of addresses, and its work time.
static unsigned slowness(void)
{
    const char *config = lab_config();
    return strcmp(config, "tsan") == 0   ? 6
           : strcmp(config, "asan") == 0 ? 3
                                         : 1;
}

static bool sanitized(void)
{
    return slowness() > 1;
}

// Asked once: inside, the question itself is forbidden.
struct sandbox_powers sandbox_powers(void)
{
    static struct sandbox_powers powers;
    static bool known;
    if (!known)
        powers = (struct sandbox_powers){.filter = filter_possible(),
                                         .landlock = landlock_possible(),
                                         .user = geteuid() == 0};
    known = true;
    return powers;
}

unsigned sandbox_cpu_s(const struct sandbox *sandbox)
{
    return sandbox->cpu_s > 0 ? sandbox->cpu_s : CPU_S * slowness();
}

static uint64_t memory_of(const struct sandbox *sandbox)
{
    return sandbox->memory_bytes > 0 ? sandbox->memory_bytes
                                     : (uint64_t)1 << 30;
}

bool sandbox_is_over(const struct sandbox *sandbox, pid_t pid)
{
    char path[40];
    unsigned long long all = 0, resident = 0;
    if (!sanitized())
        return false;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *about = fopen(path, "r");
    bool known =
        about != NULL && fscanf(about, "%llu %llu", &all, &resident) == 2;
    if (about != NULL)
        fclose(about);
    // A sanitizer remembers two to three bytes for each.
    return known &&
           resident * (uint64_t)sysconf(_SC_PAGESIZE) > 3 * memory_of(sandbox);
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

void sandbox_limit_memory(uint64_t more)
{
    unsigned long pages;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return;
    struct rlimit limit;
    if (!sanitized() && fscanf(file, "%lu", &pages) == 1 &&
        getrlimit(RLIMIT_AS, &limit) == 0) {
        uint64_t most = pages * (uint64_t)sysconf(_SC_PAGESIZE) + more;
        limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
        setrlimit(RLIMIT_AS, &limit);
    }
    fclose(file);
}

static bool change_user(unsigned user)
{
    return setgroups(0, NULL) == 0 && setresgid(user, user, user) == 0 &&
           setresuid(user, user, user) == 0;
}

void sandbox_drop_rights(const struct sandbox *sandbox)
{
    unsigned user = sandbox_user(sandbox->user);
    if (sandbox_powers().user && !change_user(user) && !sandbox->own)
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

// The filters' memory comes out differently for another order, and a run's
// addresses with it.
static int at_random_place(int fd, int first)
{
    unsigned random = 0;
    if (syscall(SYS_getrandom, &random, sizeof random, 0) != sizeof random)
        die("getrandom: %s", strerror(errno));
    int place = fcntl(fd, F_DUPFD, first + (int)(random % N_FDS));
    if (place < 0)
        die("descriptor: %s", strerror(errno));
    return place;
}

// Closes all but these, which are in rising order.
static void close_others(const int *kept, int n)
{
    int first = STDERR_FILENO + 1;
    for (int i = 0; i < n; i++) {
        close_from(first, kept[i] - 1);
        first = kept[i] + 1;
    }
    close_from(first, 1 << 20);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// Keeps 0, 1, 2, the result, the trace, the object and its counters; the rest
// is closed.
static void arrange_files(struct sandbox_files *files)
{
    int nothing = open("/dev/null", O_RDONLY);
    sandbox_limit(RLIMIT_NOFILE, 4 * MOST_FDS);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        (files->printed >= 0 && (dup2(files->printed, STDOUT_FILENO) < 0 ||
                                 dup2(files->printed, STDERR_FILENO) < 0)))
        die("descriptors: %s", strerror(errno));
    files->result = at_random_place(files->result, FIRST_FD);
    files->printed = -1;
    if (files->trace >= 0)
        files->trace = at_random_place(files->trace, FIRST_FD + N_FDS);
    int kept[4] = {files->result}, n = 1;
    if (files->trace >= 0)
        kept[n++] = files->trace;
    if (files->object >= 0)
        kept[n++] = files->object;
    if (files->counters >= 0)
        kept[n++] = files->counters;
    qsort(kept, (size_t)n, sizeof kept[0], by_number);
    close_others(kept, n);
}

static void set_limits(const struct sandbox *sandbox, bool trace)
{
    sandbox_limit(RLIMIT_CORE, 0);
    // First a signal that says why, a second later one that none survives.
    rlim_t cpu_s = sandbox_cpu_s(sandbox);
    struct rlimit cpu = {cpu_s, cpu_s + 1};
    setrlimit(RLIMIT_CPU, &cpu);
    sandbox_limit(RLIMIT_FSIZE, trace ? TRACE_BYTES : FILE_BYTES);
    sandbox_limit(RLIMIT_MEMLOCK, 0);
    if (!sandbox->own)
        sandbox_limit(RLIMIT_NPROC, 0);
    if (!sanitized())
        sandbox_limit(RLIMIT_AS, memory_of(sandbox) + sandbox_ground()->gap);
}

static void (*tell_forbidden)(const char *what);

static void on_forbidden(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    char what[200];
    const char *instead, *name = filter_name(info->si_syscall, &instead);
    if (name != NULL)
        snprintf(what, sizeof what, "called %s, which a submission may not%s%s",
                 name, instead != NULL ? ": " : "",
                 instead != NULL ? instead : "");
    else
        snprintf(what, sizeof what,
                 SANDBOX_CALL "%d, which a submission may not",
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

void sandbox_enter(const struct sandbox *sandbox, struct sandbox_files *files,
                   void (*forbidden)(const char *what))
{
    struct sandbox_powers powers = sandbox_powers();
    setsid();
    forget_environment();
    arrange_files(files);
    set_limits(sandbox, files->trace >= 0);
    sandbox_drop_rights(sandbox);
    // Nobody waits for it any more when its parent was killed.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    filter_learn_names();
    watch_forbidden(forbidden);
    if (powers.landlock)
        landlock_run(sanitized());
}

// The sanitizers' look-up of names reads files, once.
void __sanitizer_symbolize_pc(void *pc, const char *format, char *out, size_t n)
    __attribute__((weak));

void sandbox_seal(const struct sandbox *sandbox, struct sandbox_files *files)
{
    char name[200];
    if (__sanitizer_symbolize_pc != NULL)
        __sanitizer_symbolize_pc(__builtin_return_address(0), "%f", name,
                                 sizeof name);
    if (files->object >= 0)
        close(files->object);
    files->object = -1;
    if (sandbox_powers().filter)
        filter_run(files, sandbox_ground(), sandbox->own);
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
        struct sandbox_files files = {
            STDOUT_FILENO, 1, STDERR_FILENO, -1, -1, -1, -1};
        sandbox_enter(sandbox, &files, never);
        sandbox_seal(sandbox, &files);
        _exit(0);
    }
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool sandbox_stands(const struct sandbox *sandbox)
{
    char program[PATH_MAX + 32];
    sandbox_adopt_orphans();
    return cage_program(program, sizeof program) && walls_stand(sandbox);
}

// Can root's child become the user that it should?
static bool has_user(const struct sandbox *sandbox)
{
    unsigned user = sandbox_user(sandbox->user);
    if (!sandbox_powers().user || sandbox->own)
        return true;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(change_user(user) ? 0 : errno & 127);
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr,
            "glassraft: this is root, and a submission must not be: no child"
            " can become user %u (%s); grade as an ordinary user, or choose"
            " one by --user\n",
            user, WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "fork");
    return false;
}

void sandbox_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool sandbox_prepare(const struct sandbox *sandbox)
{
    struct sandbox_powers powers = sandbox_powers();
    sandbox_adopt_orphans();
    if (!has_user(sandbox))
        return false;
    if (!powers.filter)
        fprintf(stderr,
                "glassraft: this kernel has no seccomp: a submission's system"
                " calls are not filtered\n");
    else if (!powers.landlock && !powers.user)
        fprintf(stderr, "glassraft: without root and Landlock a submission"
                        " can read your files while it is loaded\n");
    return walls_stand(sandbox);
}
