// bench.c -- figures of speed: a table, and build/bench.json.
//
//     bench FILE.json
//     bench --trace N FILE.jsonl   a long trace of about N events, for trials
#define _GNU_SOURCE
#include "bench.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../labs/suites.h"
#include "../src/lab/runner.h"
#include "../src/net/thread.h"
#include "../src/trace/figure2.h"
#include "../src/sim/sim.h"
#include "../src/trace/die.h"

enum { N_SWITCHES = 2000000, N_LOCKS = 2000000, N_CALLS = 100000 };
enum { IDLE_S = 1000, N_COMMITS = 20000, N_REAL = 3000 };

static FILE *json;
static bool first = true;

static void figure(const char *name, double value, const char *about)
{
    printf("%-26s %14.2f   %s\n", name, value, about);
    fprintf(json, "%s\n  \"%s\": %.4g", first ? "{" : ",", name, value);
    first = false;
}

// The system's clock, also from inside of a simulation, whose own is virtual.
static double now_s(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *yield_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < N_SWITCHES / 2; i++)
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
    for (int i = 0; i < N_LOCKS; i++) {
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
    for (int i = 0; i < N_CALLS; i++) {
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
    lab_sleep_ms(lab, (uint64_t)IDLE_S * 1000);
}

static int at_a_time, n_commits;

// Gives the leader commands, so many at a time, and waits for each batch.
static void commit_often(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    for (int done = 0; done < n_commits; done += at_a_time) {
        raft_index index = 0;
        raft_term term;
        for (int i = 0; i < at_a_time; i++)
            if (!lab_start(lab, leader, "x=12345", 7, &index, &term))
                lab_fail(lab, "the leader was lost");
        struct timespec step = {.tv_nsec = 20000};
        while (lab_last_applied(lab, leader) < index)
            nanosleep(&step, NULL);
    }
}

static double run(void (*story)(struct lab *lab), int n_servers, bool real)
{
    struct lab_scenario scenario = {.name = "bench",
                                    .title = "bench",
                                    .run = story,
                                    .n_servers = n_servers,
                                    .limit_s = 1000000};
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
    n_commits = real ? N_REAL : N_COMMITS;
    // Without the second that finding the leader takes in real time.
    int all = n_commits;
    double with = run(commit_often, 3, real);
    n_commits = 0;
    double without = run(commit_often, 3, real);
    return all / (with - without);
}

static void pictures(const char *size, const struct bench_viz *viz)
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
        snprintf(name, sizeof name, "%s_%s_s", row[i].name, size);
        snprintf(about, sizeof about, "%s events: %s", size, row[i].about);
        figure(name, row[i].value, about);
    }
}

static void judge_and_load(void)
{
    struct bench_check check = bench_check();
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

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--trace") == 0) {
        printf("%" PRIu64 " events\n",
               bench_trace_file(argv[3], strtoull(argv[2], NULL, 10)));
        return 0;
    }
    if (argc != 2 || (json = fopen(argv[1], "w")) == NULL) {
        fprintf(stderr, "usage: bench FILE.json\n");
        return 2;
    }
    judge_and_load();
    figure("switch_ns",
           time_sim(SIM_ROUNDROBIN, two_that_yield) * 1e9 / N_SWITCHES,
           "a simulated thread gives way to another");
    figure("lock_unlock_ns", time_sim(SIM_RUN, lock_often) * 1e9 / N_LOCKS,
           "a mutex, locked and unlocked, simulated");
    figure("rpc_sim_us", time_sim(SIM_RUN, call_often) * 1e6 / N_CALLS,
           "a call with encoding, simulated");
    double begin = now_s();
    call_often(NULL);
    figure("rpc_real_us", (now_s() - begin) * 1e6 / N_CALLS,
           "the same between threads of the system");
    figure("virtual_s_per_cpu_s", IDLE_S / run(idle, 5, false),
           "five servers with a leader");
    figure("traced_event_ns", bench_trace().stored_event_ns,
           "an event, recorded and kept");
    struct bench_suite suite = bench_suite();
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
    fprintf(json, "\n}\n");
    return fclose(json) == 0 ? 0 : 1;
}
