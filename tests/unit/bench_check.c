// bench_check.c -- what judging and loading long traces costs.
#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"
#include "harness/runner.h"
#include "base/die.h"

// A command makes some 42 events; in a round one server is away.
enum { A_ROUND = 50, EVENTS_A_COMMAND = 42, LIMIT_S = 100000 };
enum { WINDOW = 3000, N_WINDOWS = 20 };

static uint64_t n_wanted;

// Rounds of commands while one server after the other crashes and comes back.
// The service takes snapshots, so that logs stay short however long it lasts.
static void rounds(struct lab *lab)
{
    for (uint64_t n = 0; n < n_wanted; n += A_ROUND) {
        int leader = lab_check_one_leader(lab);
        int victim = (int)(n / A_ROUND) % lab_n_servers(lab);
        lab_crash(lab, victim);
        if (victim == leader)
            leader = lab_check_one_leader(lab);
        for (int i = 0; i < A_ROUND; i++) {
            raft_index index;
            raft_term term;
            char command = (char)('a' + lab_random(lab, 26));
            lab_start(lab, leader, &command, 1, &index, &term);
            lab_sleep_ms(lab, 1);
        }
        lab_restart(lab, victim);
        lab_one(lab, "end", 3, lab_n_servers(lab), true);
    }
}

uint64_t bench_trace_file(const char *path, uint64_t n_events)
{
    struct lab_scenario scenario = {.name = "bench",
                                    .title = "bench",
                                    .run = rounds,
                                    .n_servers = 5,
                                    .snapshots = true,
                                    .limit_s = LIMIT_S};
    struct lab_run run = {
        .scenario = &scenario, .seed = 1, .unchecked = true, .trace = path};
    struct lab_result result;
    n_wanted = n_events / EVENTS_A_COMMAND;
    lab_run_one(&run, &result);
    if (!result.passed)
        die("%s", result.text);
    return result.n_events;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void judge(const char *path)
{
    char error[512];
    struct trace_event event;
    struct trace_reader *reader = trace_open(path, error, sizeof error);
    if (reader == NULL)
        die("%s", error);
    struct check *check = check_make(trace_reader_header(reader)->n_servers);
    trace_want(reader, ~(UINT64_C(1) << TRACE_STATE));
    while (trace_read(reader, &event) == TRACE_OK)
        if (!check_step(check, &event))
            die("%s: %s", path, check_finding(check)->text);
    check_free(check);
    trace_close(reader);
}

// Microseconds an event.
static double load(const char *path)
{
    struct trace_file trace;
    double begin = now_s();
    if (!trace_load(&trace, path))
        die("%s", trace.error);
    double us = (now_s() - begin) * 1e6 / (double)trace.n_events;
    trace_unload(&trace);
    return us;
}

// Milliseconds a window.
static double load_windows(const char *path, uint64_t n)
{
    struct trace_file trace;
    double begin = now_s();
    for (uint64_t i = 1; i <= N_WINDOWS; i++) {
        struct trace_part part = {.first = (n - WINDOW) / N_WINDOWS * i};
        part.last = part.first + WINDOW - 1;
        if (!trace_load_part(&trace, path, &part) || trace.n_events < WINDOW)
            die("%s: a part is short", path);
        trace_unload(&trace);
    }
    return (now_s() - begin) * 1e3 / N_WINDOWS;
}

// Judges it in a child, whose largest memory goes to *mib; gives seconds.
static double judging(const char *path, double *mib)
{
    fflush(NULL);
    double begin = now_s();
    pid_t child = fork();
    if (child == 0) {
        judge(path);
        _exit(0);
    }
    int status = 1;
    struct rusage usage = {0};
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
        die("the judge of %s failed", path);
    *mib = (double)usage.ru_maxrss / 1024;
    return now_s() - begin;
}

struct bench_check bench_check(const struct bench_size *size)
{
    enum { N_SIZES = 3 };
    struct bench_check figures = {0};
    char path[N_SIZES][64];
    double *mib[] = {&figures.peak_10_000_mib, &figures.peak_100_000_mib,
                     &figures.peak_1_000_000_mib};
    struct bench_viz *viz[] = {&figures.viz_10_000, &figures.viz_100_000,
                               &figures.viz_1_000_000};
    uint64_t n[N_SIZES], n_events;
    // All judging comes first: a child has its parent's memory to begin with.
    for (int i = 0; i < N_SIZES; i++) {
        snprintf(path[i], sizeof path[i], "/tmp/glassraft-bench-%d-%d.jsonl",
                 (int)getpid(), i);
        n_events = size->n_events;
        for (int shorter = i + 1; shorter < N_SIZES; shorter++)
            n_events /= 10;
        n[i] = bench_trace_file(path[i], n_events);
        figures.events_per_s = (double)n[i] / judging(path[i], mib[i]);
    }
    for (int i = 0; i < N_SIZES; i++)
        *viz[i] = bench_viz(path[i], n[i]);
    figures.load_us = load(path[N_SIZES - 1]);
    figures.window_ms = load_windows(path[N_SIZES - 1], n[N_SIZES - 1]);
    for (int i = 0; i < N_SIZES; i++)
        unlink(path[i]);
    return figures;
}
