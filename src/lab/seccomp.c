// seccomp.c -- filters on system calls, written by hand in classic BPF.
//
// A run gets a list of what it may call, everything else raises SIGSYS and is
// told by name. A tool is a compiler and calls much: it gets a list of what it
// may not, and is told EPERM.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "../trace/die.h"

enum { ROOM = 600 };
enum { ALLOW = SECCOMP_RET_ALLOW, TRAP = SECCOMP_RET_TRAP };
#define ANSWER(error) (SECCOMP_RET_ERRNO | (error))

struct program {
    struct sock_filter code[ROOM];
    unsigned short n;
};

static void add(struct program *p, unsigned code, uint32_t k, unsigned yes,
                unsigned no)
{
    if (p->n == ROOM)
        die("the filter is too long");
    p->code[p->n++] =
        (struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, k};
}

static void load(struct program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void end(struct program *p, uint32_t answer)
{
    add(p, BPF_RET | BPF_K, answer, 0, 0);
}

// Only our own architecture's calls have our numbers.
static void begin(struct program *p)
{
    p->n = 0;
    load(p, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    end(p, SECCOMP_RET_KILL_PROCESS);
}

static void always(struct program *p, long call, uint32_t answer)
{
    load(p, offsetof(struct seccomp_data, nr));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
    end(p, answer);
}

// The low half of an argument; arguments that matter here are ints.
static void argument(struct program *p, long call, int which)
{
    load(p, offsetof(struct seccomp_data, nr));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 3);
    load(p, offsetof(struct seccomp_data, args) +
                (size_t)which * sizeof(uint64_t));
}

static void equal(struct program *p, long call, int which, uint32_t value,
                  uint32_t answer)
{
    argument(p, call, which);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    end(p, answer);
}

// None of these bits is set.
static void without(struct program *p, long call, int which, uint32_t bits,
                    uint32_t answer)
{
    argument(p, call, which);
    add(p, BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0);
    end(p, answer);
}

static void install(struct program *p)
{
    struct sock_fprog program = {p->n, p->code};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        die("seccomp: %s", strerror(errno));
}

bool filter_possible(void)
{
#if defined(__x86_64__)
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
#else
    return false;
#endif
}

// Memory, time, signals among a run's own threads, and knowing itself.
static const long harmless[] = {SYS_read,
                                SYS_lseek,
                                SYS_fstat,
                                SYS_newfstatat,
                                SYS_munmap,
                                SYS_mremap,
                                SYS_madvise,
                                SYS_brk,
                                SYS_mmap,
                                SYS_mprotect,
                                SYS_rt_sigprocmask,
                                SYS_rt_sigreturn,
                                SYS_sigaltstack,
                                SYS_clock_gettime,
                                SYS_gettimeofday,
                                SYS_time,
                                SYS_times,
                                SYS_clock_getres,
                                SYS_futex,
                                SYS_exit,
                                SYS_exit_group,
                                SYS_getpid,
                                SYS_gettid,
                                SYS_getppid,
                                SYS_getuid,
                                SYS_geteuid,
                                SYS_getgid,
                                SYS_getegid,
                                SYS_getrandom,
                                SYS_getrusage,
                                SYS_getcpu,
                                SYS_sched_yield,
                                SYS_sched_getaffinity,
                                SYS_pause,
                                SYS_uname,
                                SYS_sysinfo,
                                SYS_readlink,
                                SYS_access,
                                SYS_pread64,
                                SYS_restart_syscall};

static void add_files(struct program *p, const struct sandbox_files *files)
{
    static const long writers[] = {SYS_write, SYS_writev};
    for (int i = 0; i < 2; i++) {
        equal(p, writers[i], 0, STDOUT_FILENO, ALLOW);
        equal(p, writers[i], 0, STDERR_FILENO, ALLOW);
        if (files->trace >= 0)
            equal(p, writers[i], 0, (uint32_t)files->trace, ALLOW);
    }
    // The result is one write of one size.
    load(p, offsetof(struct seccomp_data, nr));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 5);
    load(p, offsetof(struct seccomp_data, args[0]));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)files->result, 0, 3);
    load(p, offsetof(struct seccomp_data, args[2]));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)files->n_result, 0, 1);
    end(p, ALLOW);
    equal(p, SYS_close, 0, (uint32_t)files->result, TRAP);
    always(p, SYS_close, ALLOW);
    without(p, SYS_openat, 2,
            O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY), ALLOW);
    // Is it a terminal? No.
    always(p, SYS_ioctl, ANSWER(ENOTTY));
    equal(p, SYS_fcntl, 1, F_GETFD, ALLOW);
    equal(p, SYS_fcntl, 1, F_GETFL, ALLOW);
}

// Signals go to oneself alone, and SIGSYS stays ours.
static void add_signals(struct program *p)
{
    static const int handled[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                  SIGILL,  SIGABRT, SIGVTALRM};
    uint32_t self = (uint32_t)getpid();
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++)
        equal(p, SYS_rt_sigaction, 0, (uint32_t)handled[i], ALLOW);
    equal(p, SYS_kill, 0, self, ALLOW);
    equal(p, SYS_tgkill, 0, self, ALLOW);
    equal(p, SYS_setitimer, 0, ITIMER_VIRTUAL, ALLOW);
    equal(p, SYS_prlimit64, 0, 0, ALLOW);
}

void filter_run(const struct sandbox_files *files)
{
    static struct program p;
    begin(&p);
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        always(&p, harmless[i], ALLOW);
    add_files(&p, files);
    add_signals(&p);
    always(&p, SYS_seccomp, ALLOW); // for filter_seal(), which takes it away
    end(&p, TRAP);
    install(&p);
}

// Filters add up: the strictest answer counts.
void filter_seal(void)
{
    static struct program p;
    begin(&p);
    always(&p, SYS_seccomp, TRAP);
    without(&p, SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, ANSWER(EACCES));
    without(&p, SYS_mmap, 2, PROT_EXEC, ALLOW);
    without(&p, SYS_mprotect, 2, PROT_EXEC, ALLOW);
    always(&p, SYS_mmap, TRAP);
    always(&p, SYS_mprotect, TRAP);
    end(&p, ALLOW);
    install(&p);
}

void filter_tool(void)
{
    static const long refused[] = {SYS_socket,
                                   SYS_socketpair,
                                   SYS_connect,
                                   SYS_bind,
                                   SYS_listen,
                                   SYS_accept,
                                   SYS_accept4,
                                   SYS_sendto,
                                   SYS_sendmsg,
                                   SYS_ptrace,
                                   SYS_process_vm_readv,
                                   SYS_process_vm_writev,
                                   SYS_io_uring_setup,
                                   SYS_bpf,
                                   SYS_perf_event_open,
                                   SYS_userfaultfd,
                                   SYS_mount,
                                   SYS_umount2,
                                   SYS_unshare,
                                   SYS_setns,
                                   SYS_keyctl,
                                   SYS_add_key,
                                   SYS_pidfd_open,
                                   SYS_pidfd_getfd,
                                   SYS_setuid,
                                   SYS_setgid,
                                   SYS_chroot};
    static struct program p;
    begin(&p);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        always(&p, refused[i], ANSWER(EPERM));
    end(&p, ALLOW);
    install(&p);
}

// Calls that a submission may try, by the names that people know.
static const struct {
    long call;
    const char *name;
} names[] = {
    {SYS_socket, "socket()"},
    {SYS_socketpair, "socketpair()"},
    {SYS_connect, "connect()"},
    {SYS_fork, "fork()"},
    {SYS_vfork, "vfork()"},
    {SYS_clone, "fork() or clone()"},
    {SYS_clone3, "clone3()"},
    {SYS_execve, "exec()"},
    {SYS_execveat, "exec()"},
    {SYS_kill, "kill() for another process"},
    {SYS_tgkill, "tgkill() for another process"},
    {SYS_tkill, "tkill()"},
    {SYS_ptrace, "ptrace()"},
    {SYS_openat, "open() for writing"},
    {SYS_open, "open()"},
    {SYS_creat, "creat()"},
    {SYS_write, "write() to a descriptor of the harness"},
    {SYS_writev, "writev() to a descriptor of the harness"},
    {SYS_pwrite64, "pwrite()"},
    {SYS_sendto, "send()"},
    {SYS_sendfile, "sendfile()"},
    {SYS_close, "close() for a descriptor of the harness"},
    {SYS_close_range, "close_range()"},
    {SYS_dup, "dup()"},
    {SYS_dup2, "dup2()"},
    {SYS_dup3, "dup3()"},
    {SYS_fcntl, "fcntl()"},
    {SYS_pipe, "pipe()"},
    {SYS_pipe2, "pipe()"},
    {SYS_unlink, "unlink()"},
    {SYS_unlinkat, "unlink()"},
    {SYS_rename, "rename()"},
    {SYS_renameat2, "rename()"},
    {SYS_mkdir, "mkdir()"},
    {SYS_mkdirat, "mkdir()"},
    {SYS_rmdir, "rmdir()"},
    {SYS_link, "link()"},
    {SYS_symlink, "symlink()"},
    {SYS_chmod, "chmod()"},
    {SYS_fchmodat, "chmod()"},
    {SYS_truncate, "truncate()"},
    {SYS_ftruncate, "ftruncate()"},
    {SYS_chdir, "chdir()"},
    {SYS_getdents64, "readdir()"},
    {SYS_alarm, "alarm()"},
    {SYS_setitimer, "setitimer()"},
    {SYS_timer_create, "timer_create()"},
    {SYS_rt_sigaction, "sigaction()"},
    {SYS_prctl, "prctl()"},
    {SYS_seccomp, "seccomp()"},
    {SYS_prlimit64, "prlimit() for another process"},
    {SYS_setrlimit, "setrlimit()"},
    {SYS_setsid, "setsid()"},
    {SYS_wait4, "wait()"},
    {SYS_nanosleep, "nanosleep()"},
    {SYS_clock_nanosleep, "nanosleep()"},
    {SYS_mmap, "mmap() for code"},
    {SYS_mprotect, "mprotect() for code"},
    {SYS_memfd_create, "memfd_create()"},
    {SYS_io_uring_setup, "io_uring_setup()"},
    {SYS_bpf, "bpf()"},
    {SYS_mount, "mount()"},
    {SYS_process_vm_writev, "process_vm_writev()"},
};

const char *filter_name(int call)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].call == call)
            return names[i].name;
    return NULL;
}
