// bench.c -- figures of speed: a table, and build/bench.json.
//
//     bench FILE.json
//     bench --quick FILE.json      all figures, each from a few rounds: shows
//                                  that they can be measured, and nothing else
//     bench --trace N FILE.jsonl   a long trace of about N events, for trials
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "labs/suites/suites.h"
#include "harness/runner.h"
#include "base/thread.h"
#include "sim/sim.h"
#include "base/die.h"
#include "wire/figure2.h"
#include "base/save.h"

const struct bench_size bench_whole = {.n_switches = 2000000,
                                       .n_locks = 2000000,
                                       .n_calls = 100000,
                                       .idle_s = 1000,
                                       .n_commits = 20000,
                                       .n_growth = 100000,
                                       .n_real = 3000,
                                       .n_events = 1000000,
                                       .n_recorded = 200000,
                                       .n_tours = 1000,
                                       .n_suites = 4};
const struct bench_size bench_quick = {.n_switches = 2000,
                                       .n_locks = 2000,
                                       .n_calls = 500,
                                       .idle_s = 20,
                                       .n_commits = 2048,
                                       .n_growth = 6400,
                                       .n_real = 128,
                                       .n_events = 10000,
                                       .n_recorded = 3000,
                                       .n_tours = 3,
                                       .n_suites = 1};
static const struct bench_size *size = &bench_whole;

// The figures, as the text of a JSON object.
static FILE *json;
static int n_figures;

static void figure(const char *name, double value, const char *about)
{
    // What a quick form measures is no figure for people to read.
    if (size == &bench_whole)
        printf("%-26s %14.2f   %s\n", name, value, about);
    fflush(stdout);
    fprintf(json, "%s\n  \"%s\": %.4g", n_figures > 0 ? "," : "{", name, value);
    n_figures++;
}

// Virtual time inside of a simulation.
static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Seconds of this process on any CPU, also from inside of a simulation.
static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void *yield_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < size->n_switches / 2; i++)
        sched_yield();
    return NULL;
}

static void two_that_yield(void *unused)
{
    pthread_t other;
    must(pthread_create(&other, NULL, yield_often, unused), "pthread_create");
    yield_often(NULL);
    must(pthread_join(other, NULL), "pthread_join");
}

static void lock_often(void *unused)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    (void)unused;
    for (int i = 0; i < size->n_locks; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
}

static double time_sim(enum sim_policy policy, void (*body)(void *))
{
    struct sim_config config = {.seed = 1, .policy = policy};
    double begin = now_s();
    sim_run(&config, body, NULL);
    return now_s() - begin;
}

// A handler that decodes its arguments and encodes an answer.
static bool answer(void *context, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply)
{
    (void)context;
    (void)method;
    struct append_entries_args request;
    if (!message_decode(&append_entries_args_type, args, n_args, &request))
        return false;
    struct append_entries_reply result = {.term = request.term,
                                          .success = true};
    message_clear(&append_entries_args_type, &request);
    *reply = message_encode(&append_entries_reply_type, &result, n_reply);
    return true;
}

static void call_often(void *unused)
{
    (void)unused;
    struct net_config config = {.n_nodes = 2, .seed = 1, .pooled = true};
    struct net *net = net_make(&config);
    struct net_end *end = net_make_end(net, 0);
    net_add_server(net, "S2", 1, (struct net_handler){answer, NULL});
    net_connect(end, "S2");
    net_enable(end, true);
    struct message_entry entry = {.term = 3,
                                  .command = {(uint8_t *)"x=12345", 7}};
    struct append_entries_args args = {.term = 3,
                                       .prev_log_index = 9,
                                       .prev_log_term = 2,
                                       .entries = {&entry, 1}};
    for (int i = 0; i < size->n_calls; i++) {
        size_t n, n_reply;
        uint8_t *bytes = message_encode(&append_entries_args_type, &args, &n);
        uint8_t *reply;
        struct append_entries_reply result;
        if (!net_call(end, "AppendEntries", bytes, n, &reply, &n_reply) ||
            !message_decode(&append_entries_reply_type, reply, n_reply,
                            &result) ||
            !result.success)
            die("a call failed");
        free(bytes);
        free(reply);
    }
    net_free(net);
}

static void idle(struct lab *lab)
{
    lab_check_one_leader(lab);
    lab_sleep_ms(lab, (uint64_t)size->idle_s * 1000);
}

static int at_a_time, n_commits;
static double (*clock_s)(void); // that commits are timed by
static double *commits_s; // in memory that a run's process shares with ours

static void commit_batch(struct lab *lab, int leader)
{
    raft_index index = 0;
    raft_term term;
    for (int i = 0; i < at_a_time; i++)
        if (!lab_start(lab, leader, "x=12345", 7, &index, &term))
            lab_fail(lab, "the leader was lost");
    struct timespec step = {.tv_nsec = 20000};
    while (lab_last_applied(lab, leader) < index)
        nanosleep(&step, NULL);
}

// Gives the leader commands, so many at a time, and waits for each batch.
// Finding the leader is not part of the time.
static void commit_often(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    double begin = clock_s();
    for (int done = 0; done < n_commits; done += at_a_time)
        commit_batch(lab, leader);
    *commits_s = clock_s() - begin;
}

// What a commit costs when the log is a hundredth, a tenth of n_growth and all
// of it: the CPU of the commits in the last tenth before each.
enum { N_GROWTH = 3 };
static double *growth_us; // shared as commits_s

static void commit_and_grow(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    int done = 0, end = size->n_growth / 100;
    for (int i = 0; i < N_GROWTH; i++, end *= 10) {
        double begin = 0;
        int n = 0;
        for (; done < end; done += at_a_time) {
            if (begin <= 0 && done >= end - end / 10 - at_a_time)
                begin = cpu_s();
            commit_batch(lab, leader);
            n += begin > 0 ? at_a_time : 0;
        }
        growth_us[i] = n > 0 ? (cpu_s() - begin) * 1e6 / n : 0;
    }
}

static double run(void (*story)(struct lab *lab), int n_servers, bool real)
{
    struct lab_scenario scenario = {.name = "bench",
                                    .title = "bench",
                                    .run = story,
                                    .n_servers = n_servers,
                                    .limit_s = 1000000,
                                    // As many as there is time for.
                                    .most_calls_s = INT_MAX};
    struct lab_run one = {
        .scenario = &scenario, .seed = 1, .real = real, .unchecked = true};
    struct lab_result result;
    lab_run_one(&one, &result);
    if (!result.passed)
        die("%s", result.text);
    return (double)result.real_us / 1e6;
}

static double commits_per_s(int batch, bool real)
{
    at_a_time = batch;
    n_commits = real ? size->n_real : size->n_commits;
    clock_s = real ? now_s : cpu_s;
    run(commit_often, 3, real);
    return n_commits / *commits_s;
}

static void pictures(const char *events, const struct bench_viz *viz)
{
    const struct {
        const char *name, *about;
        double value;
    } row[] = {
        {"timeline", "300 messages out of them, read and drawn by dot",
         viz->timeline_s},
        {"strip", "all, read and drawn by dot as one strip", viz->strip_s},
        {"page", "a page of all, or of the last 120,000 events", viz->page_s},
        {"perfetto", "all, for Perfetto", viz->perfetto_s},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char name[64], about[128];
        snprintf(name, sizeof name, "%s_%s_s", row[i].name, events);
        snprintf(about, sizeof about, "%s events: %s", events, row[i].about);
        figure(name, row[i].value, about);
    }
}

static void judge_and_load(void)
{
    struct bench_check check = bench_check(size);
    figure("check_events_per_s", check.events_per_s,
           "a million events, read and judged");
    figure("check_peak_10_000_mib", check.peak_10_000_mib,
           "memory for judging 10,000 events");
    figure("check_peak_100_000_mib", check.peak_100_000_mib, "100,000 events");
    figure("check_peak_mib", check.peak_1_000_000_mib, "1,000,000 events");
    figure("trace_load_us_per_event", check.load_us,
           "the same million, all in memory");
    figure("trace_window_ms", check.window_ms,
           "3,000 events out of the million");
    pictures("10k", &check.viz_10_000);
    pictures("100k", &check.viz_100_000);
    pictures("1m", &check.viz_1_000_000);
}

static void threads_and_calls(void)
{
    figure("switch_ns",
           time_sim(SIM_ROUNDROBIN, two_that_yield) * 1e9 / size->n_switches,
           "a simulated thread gives way to another");
    figure("lock_unlock_ns",
           time_sim(SIM_RUN, lock_often) * 1e9 / size->n_locks,
           "a mutex, locked and unlocked, simulated");
    figure("rpc_sim_us", time_sim(SIM_RUN, call_often) * 1e6 / size->n_calls,
           "a call with encoding, simulated");
    double begin = now_s();
    call_often(NULL);
    figure("rpc_real_us", (now_s() - begin) * 1e6 / size->n_calls,
           "the same between threads of the system");
    figure("virtual_s_per_cpu_s", size->idle_s / run(idle, 5, false),
           "five servers with a leader");
    figure("traced_event_ns", bench_trace(size).stored_event_ns,
           "an event, recorded and kept");
}

static void suites_and_commits(void)
{
    struct bench_suite suite = bench_suite(size);
    figure("tour_seeds_per_core_s", suite.tour_seeds_per_core_s,
           "runs of the tour, checked, with their fork");
    figure("suite28_cpu_s", suite.suite28_cpu_s,
           "the 28 known scenarios, one seed, unchecked");
    figure("suite28_checked_cpu_s", suite.suite28_checked_cpu_s,
           "the same with checker and trace");
    figure("commits_sim_1_per_cpu_s", commits_per_s(1, false),
           "three servers, one command after the other");
    figure("commits_sim_64_per_cpu_s", commits_per_s(64, false),
           "64 at a time");
    figure("commits_real_1_per_s", commits_per_s(1, true),
           "the same on threads of the system");
    figure("commits_real_64_per_s", commits_per_s(64, true), "64 at a time");
}

// How the cost of a commit grows with the log.
static void growth(int batch)
{
    static const char *const where[N_GROWTH] = {"1_000", "10_000", "100_000"};
    at_a_time = batch;
    run(commit_and_grow, 3, false);
    for (int i = 0; i < N_GROWTH; i++) {
        char name[64];
        snprintf(name, sizeof name, "commit_%d_cpu_us_at_%s", batch, where[i]);
        figure(name, growth_us[i],
               i == 0 ? "CPU of a commit, simulated, at a log of so many"
                      : "the same");
    }
}

int main(int argc, char **argv)
{
    char *text = NULL;
    size_t n = 0;
    if (argc == 4 && strcmp(argv[1], "--trace") == 0) {
        printf("%" PRIu64 " events\n",
               bench_trace_file(argv[3], strtoull(argv[2], NULL, 10)));
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "--quick") == 0)
        size = &bench_quick;
    if (argc != (size == &bench_quick ? 3 : 2) || argv[argc - 1][0] == '-') {
        fprintf(stderr, "usage: bench [--quick] FILE.json\n");
        return 2;
    }
    commits_s = mmap(NULL, (1 + N_GROWTH) * sizeof *commits_s,
                     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (commits_s == MAP_FAILED)
        die("mmap: %s", strerror(errno));
    growth_us = commits_s + 1;
    json = open_memstream(&text, &n);
    if (json == NULL)
        die("no memory for the figures");
    judge_and_load();
    threads_and_calls();
    suites_and_commits();
    growth(1);
    growth(64);
    fprintf(json, "\n}\n");
    fclose(json);
    bool good = save_file(argv[argc - 1], text, n);
    if (!good)
        fprintf(stderr, "bench: %s: %s\n", argv[argc - 1], strerror(errno));
    else if (size == &bench_quick)
        printf("%d figures can be measured\n", n_figures);
    free(text);
    return good ? 0 : 2;
}
