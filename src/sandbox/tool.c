// tool.c -- see sandbox.h: a compiler at work on what strangers wrote.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/die.h"

enum {
    PAUSE_MS = 2,
    OUTPUT_BYTES = 64 << 20, // of a file that the tool writes
    PROCESSES = 256,
};

// The few variables that a compiler wants to know.
static void set_environment(const char *folder)
{
    static const char *const kept[] = {"PATH", "CC", "OBJCOPY"};
    char *value[3];
    for (int i = 0; i < 3; i++) {
        const char *now = getenv(kept[i]);
        value[i] = now != NULL ? must_copy(now, strlen(now) + 1) : NULL;
    }
    clearenv();
    for (int i = 0; i < 3; i++)
        if (value[i] != NULL)
            setenv(kept[i], value[i], 1);
    setenv("HOME", folder, 1);
    setenv("TMPDIR", folder, 1);
    setenv("LC_ALL", "C", 1);
}

_Noreturn static void become(const struct sandbox_tool *tool, int output)
{
    struct sandbox_powers powers = sandbox_powers();
    int nothing = open("/dev/null", O_RDONLY);
    setsid();
    set_environment(tool->folder);
    if (chdir(tool->folder) != 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
        die("%s: %s", tool->folder, strerror(errno));
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    sandbox_limit(RLIMIT_CORE, 0);
    sandbox_limit(RLIMIT_CPU, tool->cpu_s);
    sandbox_limit(RLIMIT_FSIZE, OUTPUT_BYTES);
    // The limit is one of all processes of a user: fair to nobody's alone.
    if (powers.user && !tool->sandbox->own)
        sandbox_limit(RLIMIT_NPROC, PROCESSES);
    // One's own compiler on one's own files needs no other user.
    if (tool->sandbox->own)
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    else
        sandbox_drop_rights(tool->sandbox);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (powers.landlock)
        landlock_tool(tool);
    if (powers.filter)
        filter_tool();
    // Last: a sanitizer in this process would have no room any more.
    sandbox_limit(RLIMIT_AS, (uint64_t)2 << 30);
    execvp(tool->argv[0], (char *const *)tool->argv);
    fprintf(stderr, "%s: %s\n", tool->argv[0], strerror(errno));
    _exit(127);
}

static volatile sig_atomic_t stop;

void sandbox_stop_tools(void)
{
    stop = 1;
}

bool sandbox_tools_stopped(void)
{
    return stop != 0;
}

// Waits; the status, or -1 when the time was up and the tool was ended.
static int await(pid_t pid, unsigned wall_s)
{
    uint64_t end_ms = now_ms() + wall_s * (uint64_t)1000;
    int status = 0;
    bool late = false;
    for (;;) {
        pid_t got = waitpid(pid, &status, late ? 0 : WNOHANG);
        if (got == pid)
            return late ? -1 : status;
        if (got < 0 && errno != EINTR)
            die("waitpid: %s", strerror(errno));
        late = now_ms() >= end_ms || stop;
        if (late)
            kill(pid, SIGKILL);
        else
            poll(NULL, 0, PAUSE_MS);
    }
}

int sandbox_run_tool(const struct sandbox_tool *tool, char *output, size_t n)
{
    int file = memfd_create("output", MFD_CLOEXEC);
    fflush(NULL);
    pid_t pid = file >= 0 ? fork() : -1;
    if (pid < 0) {
        snprintf(output, n, "%s: %s", tool->argv[0], strerror(errno));
        if (file >= 0)
            close(file);
        return SANDBOX_NO_TOOL;
    }
    if (pid == 0)
        become(tool, file);
    int status = await(pid, tool->wall_s);
    kill(-pid, SIGKILL);
    ssize_t got = pread(file, output, n - 1, 0);
    output[got > 0 ? got : 0] = '\0';
    close(file);
    return status;
}
