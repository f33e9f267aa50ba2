// seccomp.c -- filters on system calls, written with libseccomp.
//
// A run gets a list of what it may call; everything else raises SIGSYS and is
// told by name, with what to use instead. A tool is a compiler and calls much:
// it gets a list of what it may not, and is told EPERM. Calls go by name, so
// that the lists hold on each processor that libseccomp knows; one that this
// processor does not have is passed over.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/die.h"

static void check(int answer, const char *what)
{
    if (answer != 0)
        die("libseccomp: %s: %s", what, strerror(-answer));
}

static scmp_filter_ctx begin(uint32_t otherwise)
{
    scmp_filter_ctx filter = seccomp_init(otherwise);
    if (filter == NULL)
        die("libseccomp: no filter");
    // Ours is done already, and later filters could not do it.
    check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0), "no_new_privs");
    return filter;
}

static void install(scmp_filter_ctx filter)
{
    check(seccomp_load(filter), "load");
    seccomp_release(filter);
}

// The call is answered so when all comparisons hold.
static void rule(scmp_filter_ctx filter, uint32_t answer, const char *name,
                 unsigned n, const struct scmp_arg_cmp *compare)
{
    int call = seccomp_syscall_resolve_name(name);
    if (call != __NR_SCMP_ERROR && call >= 0)
        check(seccomp_rule_add_array(filter, answer, call, n, compare), name);
}

static void always(scmp_filter_ctx filter, uint32_t answer, const char *name)
{
    rule(filter, answer, name, 0, NULL);
}

static void when(scmp_filter_ctx filter, uint32_t answer, const char *name,
                 struct scmp_arg_cmp compare)
{
    rule(filter, answer, name, 1, &compare);
}

static void all(scmp_filter_ctx filter, uint32_t answer,
                const char *const *names)
{
    for (; *names != NULL; names++)
        always(filter, answer, *names);
}

#define EQUAL(argument, value)                                                 \
    SCMP_CMP(argument, SCMP_CMP_EQ, (scmp_datum_t)(value), 0)
#define WITHOUT(argument, bits)                                                \
    SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), 0)
// An int; what stands in the register's other half means nothing.
#define INT(argument, value)                                                   \
    SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, (uint32_t)(value))

bool filter_possible(void)
{
    uint32_t action = SCMP_ACT_TRAP;
    return syscall(SYS_seccomp, 2 /* SECCOMP_GET_ACTION_AVAIL */, 0, &action) ==
           0;
}

// Memory, time, signals among a run's own threads, and knowing itself.
static const char *const harmless[] = {
    "read",        "lseek",          "_llseek",
    "fstat",       "munmap",         "madvise",
    "brk",         "rt_sigprocmask", "rt_sigreturn",
    "sigaltstack", "clock_gettime",  "gettimeofday",
    "time",        "times",          "clock_getres",
    "futex",       "exit",           "exit_group",
    "getpid",      "gettid",         "getppid",
    "getuid",      "geteuid",        "getgid",
    "getegid",     "getrandom",      "getrusage",
    "getcpu",      "sched_yield",    "sched_getaffinity",
    "pause",       "uname",          "sysinfo",
    "pread64",     "ppoll",          "restart_syscall",
    NULL};

// What asks for files by their names.
static const char *const looks[] = {
    "newfstatat", "fstatat64", "stat",      "lstat",      "statx", "readlink",
    "readlinkat", "access",    "faccessat", "faccessat2", NULL};

// What the sanitizers' own work needs besides.
static const char *const instrumented[] = {"clock_nanosleep", "nanosleep",
                                           "set_robust_list", "membarrier",
                                           "mincore",         NULL};

static void add_files(scmp_filter_ctx filter, const struct sandbox_files *files,
                      bool sanitized)
{
    static const char *const writers[] = {"write", "writev"};
    for (int i = 0; i < 2; i++) {
        when(filter, SCMP_ACT_ALLOW, writers[i], INT(0, STDOUT_FILENO));
        when(filter, SCMP_ACT_ALLOW, writers[i], INT(0, STDERR_FILENO));
        if (files->trace >= 0)
            when(filter, SCMP_ACT_ALLOW, writers[i], INT(0, files->trace));
    }
    // The result is one write of one size.
    const struct scmp_arg_cmp result[] = {INT(0, files->result),
                                          EQUAL(2, files->n_result)};
    rule(filter, SCMP_ACT_ALLOW, "write", 2, result);
    when(filter, SCMP_ACT_ALLOW, "close",
         SCMP_CMP(0, SCMP_CMP_NE, (scmp_datum_t)files->result, 0));
    // Nothing is opened; to try and read is no crime. A sanitizer opens what
    // Landlock leaves in sight.
    int writing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
    uint32_t answer = sanitized && landlock_possible() ? SCMP_ACT_ALLOW
                                                       : SCMP_ACT_ERRNO(EACCES);
    all(filter, answer, looks);
    when(filter, answer, "openat", WITHOUT(2, writing));
    when(filter, answer, "open", WITHOUT(1, writing));
    // Is it a terminal? No.
    always(filter, SCMP_ACT_ERRNO(ENOTTY), "ioctl");
    when(filter, SCMP_ACT_ALLOW, "fcntl", INT(1, F_GETFD));
    when(filter, SCMP_ACT_ALLOW, "fcntl", INT(1, F_GETFL));
}

// Signals go to oneself alone, and SIGSYS stays ours.
static void add_signals(scmp_filter_ctx filter)
{
    static const int handled[] = {SIGSEGV, SIGBUS,  SIGFPE,   SIGILL,
                                  SIGTRAP, SIGABRT, SIGVTALRM};
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++)
        when(filter, SCMP_ACT_ALLOW, "rt_sigaction", INT(0, handled[i]));
    when(filter, SCMP_ACT_ALLOW, "kill", INT(0, getpid()));
    when(filter, SCMP_ACT_ALLOW, "tgkill", INT(0, getpid()));
    when(filter, SCMP_ACT_ALLOW, "setitimer", INT(0, ITIMER_VIRTUAL));
    // Limits may be asked for. To set one would tell all servers of it.
    const struct scmp_arg_cmp asked[] = {INT(0, 0), EQUAL(2, 0)};
    rule(filter, SCMP_ACT_ALLOW, "prlimit64", 2, asked);
}

// Nothing is executed that was not when the filter came.
static void add_memory(scmp_filter_ctx filter, bool sanitized)
{
    const struct scmp_arg_cmp own[] = {WITHOUT(2, PROT_EXEC),
                                       WITHOUT(3, MAP_SHARED | MAP_FIXED)};
    const struct scmp_arg_cmp placed[] = {own[0], WITHOUT(3, MAP_SHARED)};
    // The sanitizers' allocators map at places of their own choice. Nobody maps
    // the file of events, in which nothing is to be taken back.
    rule(filter, SCMP_ACT_ALLOW, "mmap", 2, sanitized ? placed : own);
    rule(filter, SCMP_ACT_ALLOW, "mmap2", 2, sanitized ? placed : own);
    when(filter, SCMP_ACT_ALLOW, "mremap", WITHOUT(3, MREMAP_FIXED));
    when(filter, SCMP_ACT_ALLOW, "mprotect", WITHOUT(2, PROT_EXEC));
}

// The harness's code and constants lie below `first` or above `last`: nobody
// moves, unmaps or protects anything there.
static void keep_off(const struct sandbox_ground *ground)
{
    static const char *const movers[] = {"munmap", "mremap", "mprotect",
                                         "madvise", NULL};
    scmp_filter_ctx filter = begin(SCMP_ACT_ALLOW);
    for (const char *const *name = movers; *name != NULL; name++) {
        when(filter, SCMP_ACT_TRAP, *name,
             SCMP_CMP(0, SCMP_CMP_LT, ground->first, 0));
        when(filter, SCMP_ACT_TRAP, *name,
             SCMP_CMP(0, SCMP_CMP_GE, ground->last, 0));
        when(filter, SCMP_ACT_TRAP, *name,
             SCMP_CMP(1, SCMP_CMP_GE, ground->gap, 0));
    }
    when(filter, SCMP_ACT_TRAP, "mremap",
         SCMP_CMP(2, SCMP_CMP_GE, ground->gap, 0));
    install(filter);
}

// Input and what is printed stay open for all servers: closing them succeeds,
// and does nothing.
static void keep_open(void)
{
    scmp_filter_ctx filter = begin(SCMP_ACT_ALLOW);
    when(filter, SCMP_ACT_ERRNO(0), "close",
         SCMP_CMP(0, SCMP_CMP_LE, STDERR_FILENO, 0));
    install(filter);
}

// Names of threads and of memory, and who may look at it.
static void add_names(scmp_filter_ctx filter)
{
    static const int asked[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE,
                                PR_SET_DUMPABLE, PR_SET_PTRACER};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        when(filter, SCMP_ACT_ALLOW, "prctl", INT(0, asked[i]));
}

// LeakSanitizer stops the process from a helper that shares its memory.
static void add_leaks(scmp_filter_ctx filter)
{
    static const char *const used[] = {"ptrace",     "wait4",        "getdents",
                                       "getdents64", "rt_sigaction", NULL};
    when(filter, SCMP_ACT_ALLOW, "clone",
         EQUAL(0, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED));
    // It dies with the process; without leave to say so it died at once, and
    // the process waited for it.
    when(filter, SCMP_ACT_ALLOW, "prctl", INT(0, PR_SET_PDEATHSIG));
    all(filter, SCMP_ACT_ALLOW, used);
}

void filter_run(const struct sandbox_files *files,
                const struct sandbox_ground *ground, bool own)
{
    bool sanitized = ground->first == 0;
    if (!sanitized)
        keep_off(ground);
    keep_open();
    scmp_filter_ctx filter = begin(SCMP_ACT_TRAP);
    all(filter, SCMP_ACT_ALLOW, harmless);
    if (sanitized)
        all(filter, SCMP_ACT_ALLOW, instrumented);
    if (sanitized)
        add_names(filter);
    if (sanitized && own)
        add_leaks(filter);
    add_files(filter, files, sanitized);
    add_signals(filter);
    add_memory(filter, sanitized);
    install(filter);
}

void filter_tool(void)
{
    static const char *const refused[] = {"socket",
                                          "socketpair",
                                          "connect",
                                          "bind",
                                          "listen",
                                          "accept",
                                          "accept4",
                                          "sendto",
                                          "sendmsg",
                                          "sendmmsg",
                                          "ptrace",
                                          "process_vm_readv",
                                          "process_vm_writev",
                                          "io_uring_setup",
                                          "io_uring_enter",
                                          "bpf",
                                          "perf_event_open",
                                          "userfaultfd",
                                          "mount",
                                          "umount2",
                                          "move_mount",
                                          "open_tree",
                                          "fsopen",
                                          "unshare",
                                          "setns",
                                          "keyctl",
                                          "add_key",
                                          "request_key",
                                          "pidfd_open",
                                          "pidfd_getfd",
                                          "pidfd_send_signal",
                                          "setuid",
                                          "setgid",
                                          "setreuid",
                                          "setregid",
                                          "setresuid",
                                          "setresgid",
                                          "setgroups",
                                          "chroot",
                                          "pivot_root",
                                          "mknod",
                                          "mknodat",
                                          "setsid",
                                          "shmget",
                                          "msgget",
                                          "semget",
                                          "mq_open",
                                          NULL};
    scmp_filter_ctx filter = begin(SCMP_ACT_ALLOW);
    all(filter, SCMP_ACT_ERRNO(EPERM), refused);
    install(filter);
}

#define SEND   "messages go through raft_config's call()"
#define THREAD "a server's work is done by pthreads"
#define PRINT  "printf() shows, raft_config's save() keeps"
#define SLEEP  "usleep() and pthread_cond_timedwait() wait"
#define MEMORY "malloc() gives memory"

// Calls that a submission may try, by the names that people know, and what it
// may use instead.
static const struct {
    const char *call, *name, *instead;
} names[] = {
    {"socket", "socket()", SEND},
    {"socketpair", "socketpair()", SEND},
    {"connect", "connect()", SEND},
    {"sendto", "send()", SEND},
    {"fork", "fork()", THREAD},
    {"vfork", "vfork()", THREAD},
    {"clone", "fork() or clone()", THREAD},
    {"clone3", "clone3()", THREAD},
    {"execve", "exec()", THREAD},
    {"execveat", "exec()", THREAD},
    {"wait4", "wait()", THREAD},
    {"kill", "kill() for another process", NULL},
    {"tgkill", "tgkill() for another process", NULL},
    {"tkill", "tkill()", NULL},
    {"ptrace", "ptrace()", NULL},
    {"openat", "open() for writing", PRINT},
    {"open", "open() for writing", PRINT},
    {"creat", "creat()", PRINT},
    {"write", "write() to a descriptor of the harness", PRINT},
    {"writev", "writev() to a descriptor of the harness", PRINT},
    {"pwrite64", "pwrite()", PRINT},
    {"sendfile", "sendfile()", PRINT},
    {"close", "close() for a descriptor of the harness", NULL},
    {"close_range", "close_range()", NULL},
    {"dup", "dup()", NULL},
    {"dup2", "dup2()", NULL},
    {"dup3", "dup3()", NULL},
    {"fcntl", "fcntl()", NULL},
    {"pipe", "pipe()", "condition variables wake threads"},
    {"pipe2", "pipe()", "condition variables wake threads"},
    {"eventfd2", "eventfd()", "condition variables wake threads"},
    {"unlink", "unlink()", PRINT},
    {"unlinkat", "unlink()", PRINT},
    {"rename", "rename()", PRINT},
    {"renameat", "rename()", PRINT},
    {"renameat2", "rename()", PRINT},
    {"mkdir", "mkdir()", PRINT},
    {"mkdirat", "mkdir()", PRINT},
    {"rmdir", "rmdir()", PRINT},
    {"link", "link()", PRINT},
    {"symlink", "symlink()", PRINT},
    {"chmod", "chmod()", PRINT},
    {"fchmodat", "chmod()", PRINT},
    {"truncate", "truncate()", PRINT},
    {"ftruncate", "ftruncate()", PRINT},
    {"chdir", "chdir()", NULL},
    {"getdents64", "readdir()", NULL},
    {"alarm", "alarm()", SLEEP},
    {"setitimer", "setitimer()", SLEEP},
    {"timer_create", "timer_create()", SLEEP},
    {"timerfd_create", "timerfd_create()", SLEEP},
    {"nanosleep", "nanosleep()", SLEEP},
    {"clock_nanosleep", "nanosleep()", SLEEP},
    {"epoll_create1", "epoll_create()", SLEEP},
    {"rt_sigaction", "sigaction()", NULL},
    {"prctl", "prctl()", "pthread_setname_np() names threads"},
    {"seccomp", "seccomp()", NULL},
    {"prlimit64", "setrlimit() or prlimit()", NULL},
    {"setrlimit", "setrlimit()", NULL},
    {"setsid", "setsid()", NULL},
    {"mmap", "mmap() for code, shared, or at a fixed place", MEMORY},
    {"mprotect", "mprotect() for code or for memory of the harness", MEMORY},
    {"munmap", "munmap() for memory of the harness", MEMORY},
    {"mremap", "mremap() for memory of the harness", MEMORY},
    {"madvise", "madvise() for memory of the harness", MEMORY},
    {"memfd_create", "memfd_create()", MEMORY},
    {"shmget", "shmget()", MEMORY},
    {"io_uring_setup", "io_uring_setup()", NULL},
    {"bpf", "bpf()", NULL},
    {"mount", "mount()", NULL},
    {"process_vm_writev", "process_vm_writev()", NULL},
};

enum { N_NAMES = sizeof names / sizeof names[0] };
static int number[N_NAMES]; // of the call, on this processor

void filter_learn_names(void)
{
    for (int i = 0; i < N_NAMES; i++)
        number[i] = seccomp_syscall_resolve_name(names[i].call);
}

const char *filter_name(int call, const char **instead)
{
    for (int i = 0; i < N_NAMES; i++)
        if (number[i] == call) {
            *instead = names[i].instead;
            return names[i].name;
        }
    *instead = NULL;
    return NULL;
}

void sandbox_name_calls(char *text, size_t n)
{
    char *at = strstr(text, SANDBOX_CALL), *end = at, named[80];
    if (at == NULL)
        return;
    long call = strtol(at + strlen(SANDBOX_CALL), &end, 10);
    char *name =
        *end == ',' && call >= 0 && call < 0x10000
            ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)call)
            : NULL;
    if (name == NULL)
        return;
    size_t length =
        (size_t)snprintf(named, sizeof named, "called %.60s()", name);
    size_t rest = strlen(end) + 1, room = n - (size_t)(at - text);
    if (length + rest <= room) {
        memmove(at + length, end, rest);
        memcpy(at, named, length);
    }
    free(name);
}
