// bench_commits.c -- three servers through raft.h on the lab's network, as any
// program would run them: no trace, no harness, no judge.
#define _GNU_SOURCE
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "net/net.h"
#include "base/thread.h"
#include "raft/raft.h"
#include "sim/sim.h"
#include "base/die.h"

enum { N = 3, SNAPSHOT_EVERY = 1000, SNAPSHOT_BYTES = 100 };
static const char command[] = "x=12345";
static const struct bench_size *size;

struct server {
    struct cluster *cluster;
    struct raft *rf;
    struct net_end *end[N];
    struct blob *state, *snapshot; // its disk; saves come one at a time
};

struct cluster {
    struct net *net;
    struct server server[N];
    bool snapshots;
    int leader;
    raft_index last;        // of the commands that were given
    pthread_mutex_t mutex;  // guards what follows
    pthread_cond_t reached; // signalled when the leader has applied `wanted`
    raft_index applied, wanted;
};

static bool call(void *context, int peer, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply)
{
    const struct server *server = context;
    return net_call(server->end[peer], method, args, n_args, reply, n_reply);
}

static bool handle(void *context, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply)
{
    const struct server *server = context;
    return raft_handle(server->rf, method, args, n_args, reply, n_reply);
}

static bool save(void *context, const struct raft_saved *saved)
{
    struct server *server = context;
    const char *state = saved->state;
    server->state =
        blob_splice(server->state, saved->n_same, state + saved->n_same,
                    saved->n_state - saved->n_same);
    if (!saved->same_snapshot)
        server->snapshot = blob_splice(server->snapshot, 0, saved->snapshot,
                                       saved->n_snapshot);
    return true;
}

static void apply(void *context, const struct raft_message *message)
{
    struct server *server = context;
    struct cluster *cluster = server->cluster;
    char snapshot[SNAPSHOT_BYTES] = {0};
    if (cluster->snapshots && message->index % SNAPSHOT_EVERY == 0)
        raft_snapshot(server->rf, message->index, snapshot, sizeof snapshot);
    if (server != &cluster->server[cluster->leader])
        return;
    pthread_mutex_lock(&cluster->mutex);
    cluster->applied = message->index;
    if (cluster->applied == cluster->wanted)
        pthread_cond_signal(&cluster->reached);
    pthread_mutex_unlock(&cluster->mutex);
}

static void give(struct cluster *cluster, int n)
{
    raft_term term;
    for (int i = 0; i < n; i++)
        if (!raft_start(cluster->server[cluster->leader].rf, command,
                        sizeof command - 1, &cluster->last, &term))
            die("the leader was lost");
    pthread_mutex_lock(&cluster->mutex);
    cluster->wanted = cluster->last;
    while (cluster->applied < cluster->wanted)
        must(pthread_cond_wait(&cluster->reached, &cluster->mutex),
             "pthread_cond_wait");
    pthread_mutex_unlock(&cluster->mutex);
}

static int find_leader(struct cluster *cluster)
{
    for (;; sleep_ms(50))
        for (int i = 0; i < N; i++) {
            raft_term term;
            bool leads;
            raft_get_state(cluster->server[i].rf, &term, &leads);
            if (leads)
                return i;
        }
}

static void begin(struct cluster *cluster, bool real, bool snapshots)
{
    static const char *const names[N] = {"S1", "S2", "S3"};
    struct net_config config = {.n_nodes = N, .seed = 1, .pooled = real};
    *cluster =
        (struct cluster){.net = net_make(&config), .snapshots = snapshots};
    must(pthread_mutex_init(&cluster->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&cluster->reached, NULL), "pthread_cond_init");
    crew_reuse(real);
    for (int i = 0; i < N; i++) {
        struct server *server = &cluster->server[i];
        struct raft_config raft = {.n_peers = N,
                                   .me = i,
                                   .context = server,
                                   .call = call,
                                   .save = save,
                                   .apply = apply,
                                   .seed = (uint64_t)i + 1};
        server->cluster = cluster;
        server->state = blob_new(NULL, 0);
        server->snapshot = blob_new(NULL, 0);
        for (int peer = 0; peer < N; peer++) {
            server->end[peer] = net_make_end(cluster->net, i);
            net_connect(server->end[peer], names[peer]);
            net_enable(server->end[peer], true);
        }
        server->rf = raft_make(&raft);
        net_add_server(cluster->net, names[i], i,
                       (struct net_handler){handle, server});
    }
    cluster->leader = find_leader(cluster);
    give(cluster, 1);
}

static void end(struct cluster *cluster)
{
    for (int i = 0; i < N; i++)
        raft_kill(cluster->server[i].rf);
    net_stop(cluster->net);
    for (int i = 0; i < N; i++)
        raft_free(cluster->server[i].rf);
    net_free(cluster->net);
    for (int i = 0; i < N; i++) {
        blob_drop(cluster->server[i].state);
        blob_drop(cluster->server[i].snapshot);
    }
    pthread_cond_destroy(&cluster->reached);
    pthread_mutex_destroy(&cluster->mutex);
}

// Virtual time inside of a simulation.
static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

enum { N_LENGTHS = 3, MOST_ROUNDS = 9 };

struct plan {
    bool real, snapshots;
    int n, at_a_time;
    double per_s; // of the clock if real, else of the CPU
    // Microseconds of CPU for a command, alone and among 64, in a log of a
    // hundredth, a tenth and all of the longest.
    double one_us[N_LENGTHS], many_us[N_LENGTHS];
};

// Seconds for so many commands, so many at a time.
static double time_of(struct cluster *cluster, int n, int at_a_time,
                      double (*clock_s)(void))
{
    double from_s = clock_s();
    for (int done = 0; done < n; done += at_a_time)
        give(cluster, at_a_time);
    return clock_s() - from_s;
}

static void commit(void *argument)
{
    struct plan *plan = argument;
    struct cluster cluster;
    begin(&cluster, plan->real, false);
    plan->per_s = plan->n / time_of(&cluster, plan->n, plan->at_a_time,
                                    plan->real ? now_s : cpu_s);
    end(&cluster);
}

// The log grows by 64 at a time; from each length on, some are timed.
static void grow(void *argument)
{
    enum { MANY = 64 };
    struct plan *plan = argument;
    int n = size->n_growth / 100 / MANY * MANY;
    struct cluster cluster;
    begin(&cluster, plan->real, plan->snapshots);
    for (int i = 0, length = n; i < N_LENGTHS; i++, length *= 10) {
        while (cluster.last + MANY <= (raft_index)length)
            give(&cluster, MANY);
        plan->one_us[i] = time_of(&cluster, n, 1, cpu_s) * 1e6 / n;
        plan->many_us[i] = time_of(&cluster, n, MANY, cpu_s) * 1e6 / n;
    }
    end(&cluster);
}

static void run(void (*body)(void *), struct plan *plan)
{
    struct sim_config simulation = {.seed = 1, .most_steps_s = UINT32_MAX};
    if (plan->real)
        body(plan);
    else
        sim_run(&simulation, body, plan);
}

static int by_size(const void *one, const void *two)
{
    const double *a = one, *b = two;
    return (*a > *b) - (*a < *b);
}

static double median(double *value)
{
    qsort(value, (size_t)size->n_rounds, sizeof *value, by_size);
    return value[size->n_rounds / 2];
}

// Rounds of all ways in turn, so that each has its share of the machine's bad
// moments; then the medians.
void bench_commits(const struct bench_size *how)
{
    size = how;
    static const struct {
        const char *name, *about;
        bool real;
        int at_a_time;
    } way[] = {
        {"commits_sim_1_per_cpu_s", "through raft.h, one after the other",
         false, 1},
        {"commits_sim_64_per_cpu_s", "64 at a time", false, 64},
        {"commits_real_1_per_s", "the same on threads of the system", true, 1},
        {"commits_real_64_per_s", "64 at a time", true, 64},
    };
    enum { N_WAYS = sizeof way / sizeof way[0] };
    double per_s[N_WAYS][MOST_ROUNDS];
    for (int round = 0; round < size->n_rounds; round++)
        for (int i = 0; i < N_WAYS; i++) {
            struct plan plan = {.real = way[i].real,
                                .n = way[i].real && way[i].at_a_time == 1
                                         ? size->n_real
                                         : size->n_commits,
                                .at_a_time = way[i].at_a_time};
            run(commit, &plan);
            per_s[i][round] = plan.per_s;
        }
    for (int i = 0; i < N_WAYS; i++)
        figure(way[i].name, median(per_s[i]), way[i].about);
}

static void growth_rows(const char *way, const char *batch,
                        double us[N_LENGTHS][MOST_ROUNDS])
{
    static const char *const at[] = {"1_000", "10_000", "100_000"};
    char name[64];
    double ratio[MOST_ROUNDS];
    for (int round = 0; round < size->n_rounds; round++)
        ratio[round] = us[N_LENGTHS - 1][round] / us[0][round];
    for (int i = 0; i < N_LENGTHS; i++) {
        snprintf(name, sizeof name, "commit_%s_%s_us_at_%s", way, batch, at[i]);
        figure(name, median(us[i]),
               i == 0 ? "CPU of a command behind so many" : "");
    }
    snprintf(name, sizeof name, "commit_%s_%s_growth", way, batch);
    figure(name, median(ratio), "the last against the first, in one run");
}

// How the cost of a command grows with the log, or does not.
void bench_growth(const struct bench_size *how)
{
    size = how;
    static const char *const way[] = {"sim", "sim_snapshots", "real",
                                      "real_snapshots"};
    enum { N_WAYS = sizeof way / sizeof way[0] };
    static double one[N_WAYS][N_LENGTHS][MOST_ROUNDS];
    static double many[N_WAYS][N_LENGTHS][MOST_ROUNDS];
    for (int round = 0; round < size->n_rounds; round++)
        for (int i = 0; i < N_WAYS; i++) {
            struct plan plan = {.real = i >= 2, .snapshots = i % 2 == 1};
            run(grow, &plan);
            for (int k = 0; k < N_LENGTHS; k++) {
                one[i][k][round] = plan.one_us[k];
                many[i][k][round] = plan.many_us[k];
            }
        }
    for (int i = 0; i < N_WAYS; i++) {
        growth_rows(way[i], "1", one[i]);
        growth_rows(way[i], "64", many[i]);
    }
}
