// doctor_try.c -- see doctor.h. Whatever is tried may hang or crash: it runs in
// a process of its own, with an alarm.
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 20 };

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Reads to the end, keeps what fits.
static void drain(int fd, char *out, size_t n)
{
    size_t length = 0;
    char buffer[4096];
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        size_t room = n - 1 - length;
        size_t kept = (size_t)got < room ? (size_t)got : room;
        memcpy(out + length, buffer, kept);
        length += kept;
    }
    out[length] = '\0';
}

int doctor_try(const char *folder, const char *command, char *out, size_t n)
{
    int end[2];
    out[0] = '\0';
    fflush(NULL);
    if (pipe(end) != 0)
        return 127;
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDONLY);
        dup2(nothing, STDIN_FILENO);
        dup2(end[1], STDOUT_FILENO);
        dup2(end[1], STDERR_FILENO);
        close(end[0]);
        close(end[1]);
        alarm(PATIENCE_S); // outlives exec
        if (folder == NULL || chdir(folder) == 0)
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(end[1]);
    if (pid > 0)
        drain(end[0], out, n);
    close(end[0]);
    return pid > 0 ? wait_for(pid) : 127;
}

bool doctor_try_child(bool (*fn)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(PATIENCE_S);
        _exit(fn() ? 0 : 1);
    }
    return pid > 0 && wait_for(pid) == 0;
}
