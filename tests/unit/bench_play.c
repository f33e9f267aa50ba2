// bench_play.c -- how long a click in glassraft play waits for its answer.
//
// Asks the server as the page does: each click sends the list of all actions so
// far, and gets the trace of their run. `make bench-page` has the drawing, too.
#define _GNU_SOURCE
#include "bench.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/die.h"

enum { CLICKS = 30, ANSWER = 4 << 20 };

struct play {
    pid_t pid;
    unsigned port;
    char token[40];
};

static void begin(struct play *play)
{
    char program[4096], address[100] = "";
    int ends[2];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 20);
    program[n > 0 ? n : 0] = '\0';
    char *end = strstr(program, "/tests/bench");
    if (end == NULL || pipe(ends) != 0)
        die("bench: no place for glassraft-play");
    strcpy(end, "/glassraft-play");
    play->pid = fork();
    if (play->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(program, program, (char *)NULL);
        die("bench: %s does not run", program);
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    if (in == NULL || fgets(address, sizeof address, in) == NULL ||
        sscanf(address, "http://127.0.0.1:%u/%39[0-9a-f]/", &play->port,
               play->token) != 2)
        die("bench: glassraft-play names no address");
    fclose(in);
}

// Returns milliseconds.
static double ask(const struct play *play, const char *script)
{
    static char request[8192], answer[ANSWER];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)play->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timespec from, until;
    clock_gettime(CLOCK_MONOTONIC, &from);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    int n = snprintf(request, sizeof request,
                     "POST /%s/run HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                     "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                     play->token, play->port, strlen(script), script);
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0 ||
        write(s, request, (size_t)n) != n)
        die("bench: glassraft-play does not listen");
    size_t got = 0;
    for (ssize_t now = 1; now > 0 && got < sizeof answer - 1;
         got += (size_t)now)
        if ((now = read(s, answer + got, sizeof answer - 1 - got)) < 0)
            die("bench: no answer of glassraft-play");
    answer[got] = '\0';
    close(s);
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (strstr(answer, "\"passed\":true") == NULL)
        die("bench: glassraft-play: %.200s", answer);
    return (double)(until.tv_sec - from.tv_sec) * 1e3 +
           (double)(until.tv_nsec - from.tv_nsec) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void bench_play(const struct bench_size *how)
{
    static const char *const round[] = {"command S1 x=1", "deliver all",
                                        "heartbeat S1", "deliver all"};
    char script[4096] = "servers 3\ntimeout S1\ndeliver all\n";
    double ms[CLICKS];
    int n = how->n_suites > 1 ? CLICKS : 3;
    struct play play;
    begin(&play);
    for (int i = 0; i < n; i++) {
        strcat(script, round[i % 4]);
        strcat(script, "\n");
        ms[i] = ask(&play, script);
    }
    kill(play.pid, SIGTERM);
    waitpid(play.pid, NULL, 0);
    qsort(ms, (size_t)n, sizeof *ms, by_value);
    figure("play_click_ms", ms[n / 2],
           "a click's request, to the answer that the page draws");
}
