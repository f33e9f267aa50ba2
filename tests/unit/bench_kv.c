// bench_kv.c -- three servers of the key/value service on the lab's network,
// and clients with clerks: no trace, no harness, no judge.
#define _GNU_SOURCE
#include "bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/die.h"
#include "base/thread.h"
#include "kv/kv.h"
#include "net/net.h"
#include "trace/trace.h"

enum { N = 3, MOST_CLIENTS = 32, MOST_ROUNDS = 9 };

struct server {
    pthread_mutex_t mutex; // of `gone`: the service outlives its Raft
    bool gone;
    struct raft *rf;
    struct kv *kv;
    struct net_end *end[N];
    struct blob *state; // its disk
};

struct client {
    struct clerk *clerk;
    struct net_end *end[N];
    pthread_t thread;
    int n_requests;
};

struct cluster {
    struct net *net;
    struct server server[N];
    struct client client[MOST_CLIENTS];
};

// ------------------------------------------------------- what a Raft is given

static bool call(void *context, int peer, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply)
{
    const struct server *server = context;
    return net_call(server->end[peer], method, args, n_args, reply, n_reply);
}

static bool save(void *context, const struct raft_saved *saved)
{
    struct server *server = context;
    const char *state = saved->state;
    server->state =
        blob_splice(server->state, saved->n_same, state + saved->n_same,
                    saved->n_state - saved->n_same);
    return true;
}

static void apply(void *context, const struct raft_message *message)
{
    const struct server *server = context;
    kv_apply(server->kv, message);
}

// ---------------------------------------------------- what a service is given

static bool start(void *context, const void *command, size_t n_bytes,
                  raft_index *index, raft_term *term)
{
    const struct server *server = context;
    return raft_start(server->rf, command, n_bytes, index, term);
}

static void get_state(void *context, raft_term *term, bool *is_leader)
{
    struct server *server = context;
    *term = 0;
    *is_leader = false;
    pthread_mutex_lock(&server->mutex);
    if (!server->gone)
        raft_get_state(server->rf, term, is_leader);
    pthread_mutex_unlock(&server->mutex);
}

static int leader(void *context)
{
    (void)context;
    return -1;
}

static size_t state_size(void *context)
{
    (void)context;
    return 0;
}

static bool handle(void *context, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply)
{
    const struct server *server = context;
    return message_find(service_rpcs, method) != NULL
               ? kv_handle(server->kv, method, args, n_args, reply, n_reply)
               : raft_handle(server->rf, method, args, n_args, reply, n_reply);
}

static bool ask(void *context, int server, const char *method,
                const uint8_t *args, size_t n_args, uint8_t **reply,
                size_t *n_reply)
{
    const struct client *client = context;
    return net_call(client->end[server], method, args, n_args, reply, n_reply);
}

// -------------------------------------------------------------- life of it all

static void connect_to_all(struct cluster *cluster, int node,
                           struct net_end **end)
{
    static const char *const names[N] = {"S1", "S2", "S3"};
    for (int i = 0; i < N; i++) {
        end[i] = net_make_end(cluster->net, node);
        net_connect(end[i], names[i]);
        net_enable(end[i], true);
    }
}

static void begin(struct cluster *cluster, bool real)
{
    static const char *const names[N] = {"S1", "S2", "S3"};
    struct net_config config = {.n_nodes = N, .seed = 1, .pooled = real};
    *cluster = (struct cluster){.net = net_make(&config)};
    crew_reuse(real);
    for (int i = 0; i < N; i++) {
        struct server *server = &cluster->server[i];
        struct kv_config kv = {.me = i,
                               .context = server,
                               .start = start,
                               .get_state = get_state,
                               .leader = leader,
                               .state_size = state_size,
                               .seed = (uint64_t)i + 1};
        struct raft_config raft = {.n_peers = N,
                                   .me = i,
                                   .context = server,
                                   .call = call,
                                   .save = save,
                                   .apply = apply,
                                   .seed = (uint64_t)i + 1};
        must(pthread_mutex_init(&server->mutex, NULL), "pthread_mutex_init");
        server->state = blob_new(NULL, 0);
        connect_to_all(cluster, i, server->end);
        server->rf = raft_make(&raft); // applies nothing yet: it has no leader
        server->kv = kv_make(&kv);
        net_add_server(cluster->net, names[i], i,
                       (struct net_handler){handle, server});
    }
}

static void end(struct cluster *cluster)
{
    for (int i = 0; i < N; i++) {
        kv_kill(cluster->server[i].kv);
        raft_kill(cluster->server[i].rf);
    }
    net_stop(cluster->net);
    for (int i = 0; i < N; i++) {
        struct server *server = &cluster->server[i];
        pthread_mutex_lock(&server->mutex);
        server->gone = true;
        pthread_mutex_unlock(&server->mutex);
        raft_free(server->rf);
        kv_free(server->kv);
        pthread_mutex_destroy(&server->mutex);
    }
    net_free(cluster->net);
    for (int i = 0; i < N; i++)
        blob_drop(cluster->server[i].state);
}

static void put(struct client *client, int n)
{
    struct kv_request request = {.kind = KV_PUT,
                                 .key = {(const uint8_t *)"k", 1},
                                 .value = {(const uint8_t *)"x=12345", 7}};
    struct kv_reply reply;
    for (int i = 0; i < n; i++)
        if (!clerk_ask(client->clerk, &request, &reply))
            die("a clerk gave up");
}

static void *client_main(void *argument)
{
    struct client *client = argument;
    put(client, client->n_requests);
    return NULL;
}

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

// ------------------------------------------------------------------- figures

struct plan {
    bool real;
    int n_clients, n_requests; // in all
    double per_s;              // of the clock if real, else of the CPU
};

// Each client has asked once before it counts: it knows the leader.
static void serve(void *argument)
{
    static struct cluster cluster;
    struct plan *plan = argument;
    double (*clock_s)(void) = plan->real ? now_s : cpu_s;
    begin(&cluster, plan->real);
    for (int i = 0; i < plan->n_clients; i++) {
        struct client *client = &cluster.client[i];
        struct clerk_config config = {
            .n_servers = N, .context = client, .call = ask};
        connect_to_all(&cluster, TRACE_NONE, client->end);
        client->clerk = clerk_make(&config);
        client->n_requests = plan->n_requests / plan->n_clients;
        put(client, 1);
    }
    double from_s = clock_s();
    for (int i = 0; i < plan->n_clients; i++)
        must(pthread_create(&cluster.client[i].thread, NULL, client_main,
                            &cluster.client[i]),
             "pthread_create");
    for (int i = 0; i < plan->n_clients; i++)
        must(pthread_join(cluster.client[i].thread, NULL), "pthread_join");
    plan->per_s = plan->n_requests / (clock_s() - from_s);
    for (int i = 0; i < plan->n_clients; i++)
        clerk_free(cluster.client[i].clerk);
    end(&cluster);
}

static int by_size(const void *one, const void *two)
{
    const double *a = one, *b = two;
    return (*a > *b) - (*a < *b);
}

void bench_kv(const struct bench_size *size)
{
    static const struct {
        const char *name, *about;
        bool real;
        int n_clients;
    } way[] = {
        {"kv_sim_1_per_cpu_s", "puts by one client of the service", false, 1},
        {"kv_sim_32_per_cpu_s", "by 32 clients", false, 32},
        {"kv_real_1_per_s", "the same on threads of the system", true, 1},
        {"kv_real_32_per_s", "by 32 clients", true, 32},
    };
    enum { N_WAYS = sizeof way / sizeof way[0] };
    double per_s[N_WAYS][MOST_ROUNDS];
    for (int round = 0; round < size->n_rounds; round++)
        for (int i = 0; i < N_WAYS; i++) {
            struct sim_config simulation = {.seed = 1,
                                            .most_steps_s = UINT32_MAX};
            struct plan plan = {.real = way[i].real,
                                .n_clients = way[i].n_clients,
                                .n_requests = size->n_real / 32 * 32};
            if (plan.real)
                serve(&plan);
            else
                sim_run(&simulation, serve, &plan);
            per_s[i][round] = plan.per_s;
        }
    for (int i = 0; i < N_WAYS; i++) {
        qsort(per_s[i], (size_t)size->n_rounds, sizeof per_s[i][0], by_size);
        figure(way[i].name, per_s[i][size->n_rounds / 2], way[i].about);
    }
}
