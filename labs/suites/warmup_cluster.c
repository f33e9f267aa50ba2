// warmup_cluster.c -- see warmup_cluster.h.
#include "warmup_cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/warmup_api.h"
#include "sim/sim.h"
#include "wire/stub.h"
#include "base/thread.h"
#include "base/die.h"

enum {
    MOST = 8,          // servers
    GRACE_MS = 10,     // for a ping that was on its way out
    HANDLER_MS = 2000, // for calls into a server that was told to stop
    FREE_MS = 30000,   // for ping_free(): calls under way take seconds
    STEP_MS = 5,
};

struct server {
    struct cluster *cluster;
    int me;
    struct sim_space *space; // its variables
    struct counter *counter;
    struct pinger *pinger;
    struct net_end *end[MOST];

    // Guarded by the cluster's mutex.
    int n_calls; // into it, under way
    bool up, stopped, counter_killed, pinger_killed, freed;
    uint64_t killed_ms;      // its pinger
    int n_sent, n_waiting;   // its pings
    uint64_t answered[MOST]; // when the newest ping that this peer answered
                             // was sent, by the cluster's count
};

struct cluster {
    struct lab *lab;
    const struct warmup_api *api;
    int n;
    pthread_mutex_t mutex;
    uint64_t count; // of what happens
    struct server server[MOST];
};

static void lock(struct cluster *cluster)
{
    must(pthread_mutex_lock(&cluster->mutex), "pthread_mutex_lock");
}

static void unlock(struct cluster *cluster)
{
    must(pthread_mutex_unlock(&cluster->mutex), "pthread_mutex_unlock");
}

// ------------------------------------------------------ around the student's

static bool handle(void *context, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply)
{
    struct server *server = context;
    struct cluster *cluster = server->cluster;
    lock(cluster);
    bool alive = server->up && !server->stopped;
    server->n_calls += alive;
    unlock(cluster);
    if (!alive)
        return false;
    struct sim_space *before = sim_space_enter(server->space);
    bool answered =
        strcmp(method, warmup_rpcs[RPC_PING].method) == 0
            ? cluster->api->ping_handle(server->pinger, method, args, n_args,
                                        reply, n_reply)
            : cluster->api->counter_handle(server->counter, method, args,
                                           n_args, reply, n_reply);
    sim_space_enter(before);
    lock(cluster);
    server->n_calls--;
    unlock(cluster);
    return answered;
}

// A ping leaves: not from a pinger that was told to stop.
static uint64_t sends(struct server *server)
{
    struct cluster *cluster = server->cluster;
    lock(cluster);
    uint64_t late_ms = server->pinger_killed ? now_ms() - server->killed_ms : 0;
    uint64_t sent = ++cluster->count;
    server->n_sent++;
    server->n_waiting++;
    unlock(cluster);
    if (late_ms > GRACE_MS)
        lab_fail(cluster->lab,
                 "S%d's pinger sent a ping %llu ms after ping_kill()",
                 server->me + 1, (unsigned long long)late_ms);
    return sent;
}

static bool call(void *context, int peer, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply)
{
    struct server *server = context;
    struct cluster *cluster = server->cluster;
    if (peer < 0 || peer >= cluster->n || peer == server->me)
        lab_fail(cluster->lab,
                 "S%d's pinger called peer %d of 0 .. %d, itself"
                 " not included",
                 server->me + 1, peer, cluster->n - 1);
    uint64_t sent = sends(server);
    bool answered =
        net_call(server->end[peer], method, args, n_args, reply, n_reply);
    lock(cluster);
    server->n_waiting--;
    bool freed = server->freed;
    if (answered && sent > server->answered[peer])
        server->answered[peer] = sent;
    unlock(cluster);
    if (freed)
        lab_fail(cluster->lab,
                 "ping_free() of S%d returned while one of its pings was still"
                 " under way: now its outcome is there, and the thread that"
                 " waited for it works with freed memory",
                 server->me + 1);
    return answered;
}

// Known to the network before it is up: whoever calls it till then gets no
// answer, but gets that soon.
static void announce(struct cluster *cluster, int me)
{
    struct server *server = &cluster->server[me];
    struct net *net = lab_net(cluster->lab);
    char name[16];
    server->cluster = cluster;
    server->me = me;
    for (int peer = 0; peer < cluster->n; peer++) {
        snprintf(name, sizeof name, "S%d", peer + 1);
        server->end[peer] = net_make_end(net, me);
        net_connect(server->end[peer], name);
        net_enable(server->end[peer], true);
    }
    snprintf(name, sizeof name, "S%d", me + 1);
    net_add_server(net, name, me, (struct net_handler){handle, server});
}

static void boot(struct cluster *cluster, int me)
{
    struct server *server = &cluster->server[me];
    struct warmup_config config = {.n_peers = cluster->n,
                                   .me = me,
                                   .context = server,
                                   .call = call,
                                   .trace = lab_trace(cluster->lab)};
    server->space = sim_space_new(me);
    struct sim_space *space = sim_space_enter(server->space);
    int before = lab_work_for(me);
    struct counter *counter = cluster->api->counter_make(&config);
    struct pinger *pinger = cluster->api->ping_make(&config);
    lab_work_for(before);
    sim_space_enter(space);
    lock(cluster);
    server->counter = counter;
    server->pinger = pinger;
    server->up = true;
    unlock(cluster);
}

struct cluster *cluster_make(struct lab *lab)
{
    struct cluster *cluster = must_calloc(1, sizeof *cluster);
    cluster->lab = lab;
    cluster->api = warmup_api();
    cluster->n = lab_n_servers(lab);
    must(pthread_mutex_init(&cluster->mutex, NULL), "pthread_mutex_init");
    for (int me = 0; me < cluster->n; me++)
        announce(cluster, me);
    for (int me = 0; me < cluster->n; me++)
        boot(cluster, me);
    return cluster;
}

// ------------------------------------------------------ what a story does

// One call of `from` to `to`, as stub_call() wants to make it.
struct route {
    struct cluster *cluster;
    int from;
};

static bool carry(void *context, int peer, const char *method,
                  const uint8_t *args, size_t n_args, uint8_t **reply,
                  size_t *n_reply)
{
    struct route *route = context;
    return net_call(route->cluster->server[route->from].end[peer], method, args,
                    n_args, reply, n_reply);
}

static bool ask(struct cluster *cluster, int from, int to, int rpc,
                const void *args, void *reply)
{
    struct route route = {cluster, from};
    int before = lab_work_for(from);
    bool answered = stub_call(carry, &route, to,
                              stub_request(&warmup_rpcs[rpc], args), reply);
    lab_work_for(before);
    return answered;
}

bool cluster_add(struct cluster *cluster, int from, int to, uint64_t amount,
                 uint64_t *value)
{
    struct add_args args = {.amount = amount};
    struct add_reply reply = {0};
    bool answered = ask(cluster, from, to, RPC_ADD, &args, &reply);
    *value = reply.value;
    return answered;
}

bool cluster_get(struct cluster *cluster, int from, int to, uint64_t at_least,
                 uint64_t *value)
{
    struct get_args args = {.at_least = at_least};
    struct get_reply reply = {0};
    bool answered = ask(cluster, from, to, RPC_GET, &args, &reply);
    *value = reply.value;
    return answered;
}

bool cluster_audit(struct cluster *cluster, int from, int to,
                   struct audit_reply *reply)
{
    struct audit_args args = {.auditor_id = (uint64_t)from};
    return ask(cluster, from, to, RPC_AUDIT, &args, reply);
}

int cluster_ping(struct cluster *cluster, int server, uint64_t timeout_ms)
{
    struct server *asked = &cluster->server[server];
    lock(cluster);
    uint64_t begin = ++cluster->count;
    unlock(cluster);
    int before = lab_work_for(server);
    struct sim_space *space = sim_space_enter(asked->space);
    int told = cluster->api->ping_all(asked->pinger, timeout_ms);
    sim_space_enter(space);
    lab_work_for(before);
    int most = 1;
    lock(cluster);
    for (int peer = 0; peer < cluster->n; peer++)
        most += asked->answered[peer] > begin;
    unlock(cluster);
    if (told < 1)
        lab_fail(cluster->lab,
                 "S%d's ping_all() returned %d: a server counts"
                 " itself",
                 server + 1, told);
    if (told > most)
        lab_fail(cluster->lab,
                 "S%d's ping_all() returned %d, but only %d answered since it"
                 " began, S%d itself counted",
                 server + 1, told, most, server + 1);
    return told;
}

void cluster_watch(struct cluster *cluster, int server)
{
    struct server *watching = &cluster->server[server];
    int before = lab_work_for(server);
    struct sim_space *space = sim_space_enter(watching->space);
    cluster->api->ping_watch(watching->pinger);
    sim_space_enter(space);
    lab_work_for(before);
}

bool cluster_is_alive(struct cluster *cluster, int server, int peer)
{
    struct server *asked = &cluster->server[server];
    struct sim_space *space = sim_space_enter(asked->space);
    bool alive = cluster->api->ping_is_alive(asked->pinger, peer);
    sim_space_enter(space);
    return alive;
}

int cluster_n_sent(struct cluster *cluster, int server)
{
    lock(cluster);
    int n = cluster->server[server].n_sent;
    unlock(cluster);
    return n;
}

// ------------------------------------------------------ the end

void cluster_kill_counter(struct cluster *cluster, int server)
{
    struct server *one = &cluster->server[server];
    lock(cluster);
    bool first = !one->counter_killed;
    one->counter_killed = true;
    unlock(cluster);
    if (!first)
        return;
    struct sim_space *space = sim_space_enter(one->space);
    cluster->api->counter_kill(one->counter);
    sim_space_enter(space);
}

void cluster_kill_pinger(struct cluster *cluster, int server)
{
    struct server *one = &cluster->server[server];
    lock(cluster);
    bool first = !one->pinger_killed;
    unlock(cluster);
    if (!first)
        return;
    struct sim_space *space = sim_space_enter(one->space);
    cluster->api->ping_kill(one->pinger);
    sim_space_enter(space);
    lock(cluster);
    one->pinger_killed = true;
    one->killed_ms = now_ms();
    unlock(cluster);
}

// Waits until *number is 0; false when it is not after so long.
static bool await_none(struct cluster *cluster, const int *number,
                       uint64_t most_ms)
{
    for (uint64_t begin_ms = now_ms();; sleep_ms(STEP_MS)) {
        lock(cluster);
        bool none = *number == 0;
        unlock(cluster);
        if (none || now_ms() - begin_ms > most_ms)
            return none;
    }
}

// ping_free() in a thread of its own, so that the story can lose patience.
struct freeing {
    struct server *server;
    int n; // 1 until it has returned
};

static void *free_pinger(void *argument)
{
    struct freeing *freeing = argument;
    struct server *server = freeing->server;
    lab_work_for(server->me);
    struct sim_space *space = sim_space_enter(server->space);
    server->cluster->api->ping_free(server->pinger);
    sim_space_enter(space);
    lock(server->cluster);
    server->freed = true;
    freeing->n = 0;
    unlock(server->cluster);
    return NULL;
}

static void end_server(struct cluster *cluster, struct server *server)
{
    if (!await_none(cluster, &server->n_calls, HANDLER_MS))
        lab_fail(cluster->lab,
                 "S%d was told to stop, but calls to it have not returned %d ms"
                 " later: does Counter.Get go on waiting?",
                 server->me + 1, HANDLER_MS);
    struct sim_space *space = sim_space_enter(server->space);
    cluster->api->counter_free(server->counter);
    sim_space_enter(space);
    struct freeing freeing = {server, 1};
    pthread_t thread;
    begin_thread(&thread, free_pinger, &freeing);
    if (!await_none(cluster, &freeing.n, FREE_MS))
        lab_fail(cluster->lab,
                 "S%d was told to stop, but ping_free() has not returned %d s"
                 " later: which of its threads goes on?",
                 server->me + 1, FREE_MS / 1000);
    end_thread(thread);
}

void cluster_end(struct cluster *cluster)
{
    for (int me = 0; me < cluster->n; me++) {
        cluster_kill_counter(cluster, me);
        cluster_kill_pinger(cluster, me);
    }
    for (int me = 0; me < cluster->n; me++) {
        lock(cluster);
        cluster->server[me].stopped = true;
        unlock(cluster);
    }
    for (int me = 0; me < cluster->n; me++)
        end_server(cluster, &cluster->server[me]);
    for (int me = 0; me < cluster->n; me++)
        if (!await_none(cluster, &cluster->server[me].n_waiting, FREE_MS))
            break;
    must(pthread_mutex_destroy(&cluster->mutex), "pthread_mutex_destroy");
    free(cluster);
}
