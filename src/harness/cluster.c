// cluster.c -- servers, their lives and deaths, and the links between them.
#include "borrow.h"
#include "clients.h"
#include "internal.h"
#include "kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "base/die.h"

// -------------------------------------------------------------- calls into it

static bool call(void *context, int peer, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply)
{
    struct instance *instance = context;
    sim_callback("call()");
    lab_check_call(instance, peer, method, args, n_args);
    lab_call_begins(instance, peer, method, args, n_args);
    bool answered =
        !lab_crash_point(instance) &&
        net_call(instance->end[peer], method, args, n_args, reply, n_reply);
    lab_call_ends(instance, peer);
    return answered;
}

// ---------------------------------------------------------------- links

static void connect(struct lab *lab, int server, bool yes)
{
    pthread_mutex_lock(&lab->mutex);
    bool changes = lab->connected[server] != yes;
    lab->connected[server] = yes;
    lab_set_links(lab, server);
    pthread_mutex_unlock(&lab->mutex);
    if (changes)
        lab_emit(lab, yes ? TRACE_CONNECT : TRACE_DISCONNECT, server);
}

void lab_connect(struct lab *lab, int server)
{
    connect(lab, server, true);
}

void lab_disconnect(struct lab *lab, int server)
{
    connect(lab, server, false);
}

void lab_cut(struct lab *lab, int from, int to, bool cut)
{
    struct trace_event event = {.kind = TRACE_LINK,
                                .node = TRACE_NONE,
                                .inc = TRACE_NONE,
                                .from = (uint64_t)from,
                                .to = (uint64_t)to,
                                .ok = !cut};
    net_cut(lab->net, from, to, cut);
    trace_emit(lab->trace, &event);
}

void lab_partition(struct lab *lab, unsigned one_side)
{
    int groups[LAB_MAX_SERVERS];
    for (int a = 0; a < lab->n_servers; a++) {
        groups[a] = (one_side >> a & 1) != 0 ? 0 : 1;
        for (int b = 0; b < lab->n_servers; b++)
            net_cut(lab->net, a, b, (one_side >> a & 1) != (one_side >> b & 1));
    }
    struct trace_event event = {.kind = TRACE_PARTITION,
                                .node = TRACE_NONE,
                                .inc = TRACE_NONE,
                                .groups = groups,
                                .n_groups = (size_t)lab->n_servers};
    trace_emit(lab->trace, &event);
}

void lab_heal(struct lab *lab)
{
    for (int a = 0; a < lab->n_servers; a++)
        for (int b = 0; b < lab->n_servers; b++)
            net_cut(lab->net, a, b, false);
    lab_emit(lab, TRACE_HEAL, TRACE_NONE);
}

void lab_reliable(struct lab *lab, bool reliable)
{
    net_reliable(lab->net, reliable);
    lab_changed(lab, false,
                reliable ? "the network is reliable"
                         : "the network delays and loses calls");
}

void lab_long_reordering(struct lab *lab, bool yes)
{
    net_long_reordering(lab->net, yes);
    lab_changed(lab, false,
                yes ? "most replies come late" : "replies come in time");
}

struct net *lab_net(struct lab *lab)
{
    return lab->net;
}

// ------------------------------------------------------------- life and death

static struct instance *instance_new(struct lab *lab, int server)
{
    struct instance *instance = must_calloc(1, sizeof *instance);
    struct instance *old = lab->now[server];
    instance->lab = lab;
    instance->server = server;
    char name[16];
    for (int peer = 0; peer < lab->n_servers; peer++) {
        lab_name_of(peer, name);
        instance->end[peer] = net_make_end(lab->net, server);
        net_connect(instance->end[peer], name);
    }
    pthread_mutex_lock(&lab->mutex);
    if (old != NULL) {
        instance->inc = old->inc + 1;
        instance->state = blob_hold(old->state);
        instance->snapshot = blob_hold(old->snapshot);
    } else {
        instance->state = blob_hold(lab->born_state[server]);
        instance->snapshot = blob_hold(lab->born_snapshot[server]);
    }
    instance->older = lab->newest;
    lab->newest = instance;
    pthread_mutex_unlock(&lab->mutex);
    lab_service_restore(instance);
    return instance;
}

// The config and what was saved are the Raft's for this call only.
static struct raft *make(const struct raft_api *api,
                         const struct raft_config *config,
                         const struct blob *state, const struct blob *snapshot)
{
    struct raft_config *lent = lend(config, sizeof *config);
    struct raft_saved saved = {0};
    if (state != NULL) {
        saved.state = lend(state->bytes, state->n);
        saved.n_state = state->n;
    }
    if (state != NULL && snapshot != NULL) {
        saved.snapshot = lend(snapshot->bytes, snapshot->n);
        saved.n_snapshot = snapshot->n;
    }
    lent->saved = saved;
    struct raft *rf = api->make(lent);
    if (saved.state != NULL)
        take_back((void *)saved.state, saved.n_state);
    if (saved.snapshot != NULL)
        take_back((void *)saved.snapshot, saved.n_snapshot);
    take_back(lent, sizeof *lent);
    return rf;
}

static uint64_t server_seed(const struct lab *lab, int server, int inc)
{
    uint64_t number = (uint64_t)server * 1000003 + (uint64_t)inc;
    return lab_is_later(lab) ? lab_later_stream(lab->run, number)
                             : lab_stream_seed(lab->run, LAB_PROGRAM, number);
}

// Starts a server that is down, or was never up.
static void boot(struct lab *lab, int server)
{
    struct instance *instance = instance_new(lab, server);
    struct raft_config config = {
        .n_peers = lab->n_servers,
        .me = server,
        .inc = instance->inc,
        .context = instance,
        .call = call,
        .save = lab_save,
        .apply = lab_service_apply,
        .trace = lab->run->mute ? NULL : lab->trace,
        .seed = server_seed(lab, server, instance->inc),
        .max_entries = lab->scenario->max_entries,
        .snapshot_chunk = lab->scenario->snapshot_chunk};
    struct blob *state = blob_hold(instance->state);
    struct blob *snapshot = blob_hold(instance->snapshot);
    pthread_mutex_lock(&lab->mutex);
    lab->now[server] = instance;
    pthread_mutex_unlock(&lab->mutex);
    if (instance->inc > 0)
        lab_emit(lab, TRACE_RESTART, server);
    lab_hand_disk(instance);
    int before = sim_server();
    sim_set_server(server);
    instance->space = sim_space_new(server);
    struct sim_space *space = sim_space_enter(instance->space);
    lab_kv_boot(instance);
    struct raft *rf = make(lab->api, &config, state, snapshot);
    lab_learn_lock(lab, rf);
    sim_space_enter(space);
    sim_set_server(before);
    pthread_mutex_lock(&lab->mutex);
    instance->rf = rf;
    blob_drop(state);
    blob_drop(snapshot);
    pthread_mutex_unlock(&lab->mutex);
    char name[16];
    lab_name_of(server, name);
    net_add_server(lab->net, name, server,
                   (struct net_handler){lab_handle, instance});
}

void lab_restart(struct lab *lab, int server)
{
    if (lab_is_up(lab, server))
        return;
    boot(lab, server);
    lab_connect(lab, server);
}

static bool network_is_later(void *context)
{
    return lab_is_later(context);
}

struct lab *lab_make(const struct lab_run *run, const struct raft_api *api,
                     const struct kv_api *kv, struct trace *trace,
                     struct check *check)
{
    struct lab *lab = must_calloc(1, sizeof *lab);
    lab->scenario = run->scenario;
    lab->run = run;
    lab->api = api;
    lab->kv = kv;
    lab->n_servers = run->scenario->n_servers;
    lab->trace = trace;
    lab->check = check;
    lab->random = lab_stream_seed(run, LAB_FAULTS, 1);
    for (int server = 0; server < lab->n_servers; server++)
        lab->last_index[server] = LAB_UNKNOWN;
    mutex_init_brief(&lab->mutex);
    must(pthread_cond_init(&lab->idle, NULL), "pthread_cond_init");
    crew_init(&lab->reapers, trace);
    lab->started = started_make();
    const struct message_rpc *own = run->scenario->rpcs;
    struct net_config config = {.n_nodes = lab->n_servers,
                                .seed = lab_stream_seed(run, LAB_NETWORK, 2),
                                .trace = trace,
                                .rpcs = own ? own : lab_kv_rpcs(lab),
                                .pooled = run->real,
                                .enter_node = sim_set_server};
    if (lab_turn_us(run) > 0) {
        config.later_seed = lab_later_stream(run, 2);
        config.is_later = network_is_later;
        config.context = lab;
    }
    lab->net = net_make(&config);
    net_long_delays(lab->net, !lab->scenario->no_long_delays);
    if (lab->scenario->unreliable)
        lab_reliable(lab, false);
    if (own == NULL)
        lab_give_past(lab);
    for (int server = 0; own == NULL && server < lab->n_servers; server++)
        boot(lab, server);
    if (lab->scenario->service)
        lab->clients = lab_clients_make(lab);
    if (lab->scenario->service && check != NULL)
        check_sessions(check, lab_kept_sessions(lab));
    lab_age(lab);
    for (int server = 0; own == NULL && server < lab->n_servers; server++)
        lab_connect(lab, server);
    return lab;
}

void lab_end(struct lab *lab, struct lab_prices *prices)
{
    for (int server = 0; server < lab->n_servers; server++) {
        if (lab->paused[server])
            lab_pause(lab, server, false);
        struct instance *instance = lab->now[server];
        pthread_mutex_lock(&lab->mutex);
        bool first = instance != NULL && !instance->dead;
        if (first)
            instance->dead = true;
        pthread_mutex_unlock(&lab->mutex);
        if (!first)
            continue;
        lab_end_life(lab, instance);
    }
    net_stop(lab->net);
    crew_end(&lab->reapers);
    lab_clients_free(lab->clients);
    net_free(lab->net);
    for (struct instance *i = lab->newest, *older; i != NULL; i = older) {
        older = i->older;
        blob_drop(i->state);
        blob_drop(i->snapshot);
        free(i);
    }
    for (raft_index index = 1; index <= lab->n_agreed; index++)
        free(lab->agreed[index].bytes);
    free(lab->agreed);
    if (prices != NULL)
        lab_price_of(lab, prices);
    lab_drop_past(lab);
    pthread_cond_destroy(&lab->idle);
    pthread_mutex_destroy(&lab->mutex);
    started_free(lab->started);
    free(lab);
}
