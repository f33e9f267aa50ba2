// bench.c -- figures of speed: a table, and build/bench.json.
//
//     bench FILE.json [BEFORE.json]     beside the figures of another time
//     bench --quick FILE.json      all figures, each from a few rounds: shows
//                                  that they can be measured, and nothing else
//     bench --trace N FILE.jsonl   a long trace of about N events, for trials
#define _GNU_SOURCE
#include "bench.h"

#include <cjson/cJSON.h>
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
                                       .n_rounds = 9,
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
                                       .n_rounds = 1,
                                       .n_real = 128,
                                       .n_events = 10000,
                                       .n_recorded = 3000,
                                       .n_tours = 3,
                                       .n_suites = 1};
static const struct bench_size *size = &bench_whole;

// The figures, as the text of a JSON object.
static FILE *json;
static int n_figures;
static cJSON *before; // NULL: nothing to compare with

void figure(const char *name, double value, const char *about)
{
    const cJSON *then = cJSON_GetObjectItemCaseSensitive(before, name);
    char was[32] = "";
    if (cJSON_IsNumber(then))
        snprintf(was, sizeof was, "%.2f", then->valuedouble);
    // What a quick form measures is no figure for people to read.
    if (size == &bench_whole)
        printf("%-36s %14.2f %14s   %s\n", name, value, was, about);
    fflush(stdout);
    fprintf(json, "%s\n  \"%s\": %.4g", n_figures > 0 ? "," : "{", name, value);
    n_figures++;
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

double time_sim(enum sim_policy policy, void (*body)(void *))
{
    struct sim_config config = {.seed = 1, .policy = policy};
    double begin = cpu_s();
    sim_run(&config, body, NULL);
    return cpu_s() - begin;
}

static int at_a_time;
static double *run_s; // of a run's CPU, in memory that its process shares

static void idle(struct lab *lab)
{
    lab_check_one_leader(lab);
    double begin = cpu_s();
    lab_sleep_ms(lab, (uint64_t)size->idle_s * 1000);
    *run_s = cpu_s() - begin;
}

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
    double begin = cpu_s();
    for (int done = 0; done < size->n_commits; done += at_a_time)
        commit_batch(lab, leader);
    *run_s = cpu_s() - begin;
}

static void run(void (*story)(struct lab *lab), int n_servers)
{
    struct lab_scenario scenario = {.name = "bench",
                                    .title = "bench",
                                    .run = story,
                                    .n_servers = n_servers,
                                    .limit_s = 1000000,
                                    // As many as there is time for.
                                    .most_calls_s = INT_MAX};
    struct lab_run one = {.scenario = &scenario, .seed = 1, .unchecked = true};
    struct lab_result result;
    lab_run_one(&one, &result);
    if (!result.passed)
        die("%s", result.text);
}

static double lab_commits_per_s(int batch)
{
    at_a_time = batch;
    run(commit_often, 3);
    return size->n_commits / *run_s;
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

static void clients(void)
{
    struct bench_linear linear = bench_linear(size);
    char about[80];
    snprintf(about, sizeof about, "%d histories of clients, judged", linear.n);
    figure("linear_total_ms", linear.total_ms, about);
    figure("linear_worst_ms", linear.worst_ms, "the slowest of them");
    figure("linear_told_ms", linear.told_ms,
           "all, with what proves the wrong ones");
}

static void threads_and_calls(void)
{
    figure("switch_ns",
           time_sim(SIM_ROUNDROBIN, two_that_yield) * 1e9 / size->n_switches,
           "a simulated thread gives way to another");
    figure("lock_unlock_ns",
           time_sim(SIM_RUN, lock_often) * 1e9 / size->n_locks,
           "a mutex, locked and unlocked, simulated");
    bench_calls(size);
    run(idle, 5);
    figure("virtual_s_per_cpu_s", size->idle_s / *run_s,
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
    figure("commits_lab_1_per_cpu_s", lab_commits_per_s(1),
           "commands in a lab with its events, one after the other");
    figure("commits_lab_64_per_cpu_s", lab_commits_per_s(64), "64 at a time");
    bench_explore(size);
    bench_play(size);
}

static bool read_before(const char *path)
{
    static char text[64 * 1024];
    FILE *in = fopen(path, "r");
    size_t n = in != NULL ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in != NULL)
        fclose(in);
    text[n] = '\0';
    before = cJSON_Parse(text);
    if (!cJSON_IsObject(before))
        fprintf(stderr, "bench: %s: not an object of figures\n", path);
    return cJSON_IsObject(before);
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
    bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    if (quick)
        size = &bench_quick;
    int n_paths = argc - 1 - quick;
    const char *path = argv[1 + quick];
    if (n_paths < 1 || n_paths > 2 || path[0] == '-') {
        fprintf(stderr, "usage: bench [--quick] FILE.json [BEFORE.json]\n");
        return 2;
    }
    if (n_paths == 2 && !read_before(argv[argc - 1]))
        return 2;
    run_s = mmap(NULL, sizeof *run_s, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run_s == MAP_FAILED)
        die("mmap: %s", strerror(errno));
    json = must_stream(&text, &n);
    if (before != NULL && !quick)
        printf("%-36s %14s %14s\n", "", "now", "before");
    judge_and_load();
    clients();
    threads_and_calls();
    suites_and_commits();
    bench_commits(size);
    bench_kv(size);
    bench_growth(size);
    fprintf(json, "\n}\n");
    fclose(json);
    bool good = save_file(path, text, n);
    if (!good)
        fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
    else if (quick)
        printf("%d figures can be measured\n", n_figures);
    cJSON_Delete(before);
    free(text);
    return good ? 0 : 2;
}
