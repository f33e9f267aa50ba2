// bench_calls.c -- what a call costs in the form in which the labs make it.
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/net.h"
#include "base/thread.h"
#include "base/die.h"
#include "wire/figure2.h"

static const struct bench_size *size;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t no_time(void *unused)
{
    (void)unused;
    return 0;
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

// Calls one after the other, as a Raft in the labs makes them: each, and what
// its reply leads to, in a thread of a crew.
struct caller {
    struct crew crew;
    struct net_end *end;
    pthread_mutex_t mutex;
    pthread_cond_t over; // signalled when the last call is back
    int n_left;          // guarded by mutex
};

static void call_once(void *owner, struct errand unused)
{
    struct caller *caller = owner;
    struct message_entry entry = {.term = 3,
                                  .command = {(uint8_t *)"x=12345", 7}};
    struct append_entries_args args = {.term = 3,
                                       .prev_log_index = 9,
                                       .prev_log_term = 2,
                                       .entries = {&entry, 1}};
    size_t n, n_reply;
    uint8_t *bytes = message_encode(&append_entries_args_type, &args, &n);
    uint8_t *reply;
    struct append_entries_reply result;
    if (!net_call(caller->end, "AppendEntries", bytes, n, &reply, &n_reply) ||
        !message_decode(&append_entries_reply_type, reply, n_reply, &result) ||
        !result.success)
        die("a call failed");
    free(bytes);
    free(reply);
    pthread_mutex_lock(&caller->mutex);
    bool last = --caller->n_left == 0;
    if (last)
        pthread_cond_signal(&caller->over);
    pthread_mutex_unlock(&caller->mutex);
    if (!last)
        crew_send(&caller->crew, "append entries", call_once, caller, unused);
}

static void call_often(void *real)
{
    struct trace_config recorded = {.n_servers = 2, .now_us = no_time};
    struct trace *trace = trace_make(&recorded);
    struct net_config config = {.n_nodes = 2,
                                .seed = 1,
                                .trace = trace,
                                .rpcs = figure2_rpcs,
                                .pooled = real != NULL};
    struct net *net = net_make(&config);
    struct caller caller = {.end = net_make_end(net, 0),
                            .n_left = size->n_calls};
    must(pthread_mutex_init(&caller.mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&caller.over, NULL), "pthread_cond_init");
    crew_reuse(real != NULL);
    crew_init(&caller.crew, trace);
    net_add_server(net, "S2", 1, (struct net_handler){answer, NULL});
    net_connect(caller.end, "S2");
    net_enable(caller.end, true);
    crew_send(&caller.crew, "append entries", call_once, &caller,
              (struct errand){0});
    pthread_mutex_lock(&caller.mutex);
    while (caller.n_left > 0)
        must(pthread_cond_wait(&caller.over, &caller.mutex),
             "pthread_cond_wait");
    pthread_mutex_unlock(&caller.mutex);
    crew_end(&caller.crew);
    net_free(net);
    trace_free(trace);
    pthread_cond_destroy(&caller.over);
    pthread_mutex_destroy(&caller.mutex);
}

// Microseconds of a call between threads of the system that run on these CPUs.
static double time_calls(const cpu_set_t *cpus)
{
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) != 0 ||
        sched_setaffinity(0, sizeof *cpus, cpus) != 0)
        die("sched_setaffinity: %s", strerror(errno));
    double begin = now_s();
    call_often(&all);
    double us = (now_s() - begin) * 1e6 / size->n_calls;
    sched_setaffinity(0, sizeof all, &all);
    return us;
}

void bench_calls(const struct bench_size *how)
{
    size = how;
    cpu_set_t all, one;
    figure("rpc_sim_us", time_sim(SIM_RUN, call_often) * 1e6 / size->n_calls,
           "a call as the labs make it, with its events, simulated");
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        die("sched_getaffinity: %s", strerror(errno));
    int cpu = 0;
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    figure("rpc_real_same_core_us", time_calls(&one),
           "the same on the system's threads, all on one CPU");
    figure("rpc_real_across_us", time_calls(&all), "on all CPUs");
}
