// net.c -- the network's objects, knobs and counters. See net.h.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

struct net *net_make(const struct net_config *config)
{
    struct net *net = must_calloc(1, sizeof *net);
    size_t n = (size_t)config->n_nodes;
    net->config = *config;
    net->random = config->seed;
    net->reliable = true;
    net->links = must_calloc(n * n, sizeof net->links[0]);
    mutex_init_brief(&net->mutex);
    must(pthread_cond_init(&net->idle, NULL), "pthread_cond_init");
    return net;
}

// Wakes the callers that may have lost their server, their end or all.
static void wake_callers(struct net *net)
{
    for (struct pending *p = net->pending; p != NULL; p = p->next)
        pthread_cond_signal(&p->changed);
    net_wake_held(net);
}

void net_stop(struct net *net)
{
    net_lock(net);
    net->stopped = true;
    wake_callers(net);
    net_unlock(net);
}

void net_free(struct net *net)
{
    net_stop(net);
    net_lock(net);
    while (net->n_busy > 0)
        must(pthread_cond_wait(&net->idle, &net->mutex), "pthread_cond_wait");
    net_dismiss(net);
    while (net->n_workers > 0)
        must(pthread_cond_wait(&net->idle, &net->mutex), "pthread_cond_wait");
    net_unlock(net);
    while (net->slots != NULL) {
        struct slot *slot = net->slots;
        net->slots = slot->next;
        free(slot);
    }
    while (net->ends != NULL) {
        struct net_end *end = net->ends;
        net->ends = end->next;
        free(end);
    }
    pthread_cond_destroy(&net->idle);
    pthread_mutex_destroy(&net->mutex);
    free(net->links);
    free(net);
}

static struct slot *find_slot(struct net *net, const char *name)
{
    struct slot *slot = net->slots;
    while (slot != NULL && strcmp(slot->name, name) != 0)
        slot = slot->next;
    return slot;
}

// A name that nobody serves yet gets an empty slot: ends may be connected
// before their server is there.
static struct slot *want_slot(struct net *net, const char *name)
{
    struct slot *slot = find_slot(net, name);
    if (slot != NULL)
        return slot;
    slot = must_calloc(1, sizeof *slot);
    if (snprintf(slot->name, sizeof slot->name, "%s", name) >=
        (int)sizeof slot->name)
        die("server name '%s' is longer than %zu characters", name,
            sizeof slot->name - 1);
    slot->next = net->slots;
    net->slots = slot;
    return slot;
}

struct net_end *net_make_end(struct net *net, int from)
{
    struct net_end *end = must_calloc(1, sizeof *end);
    end->net = net;
    end->from = from;
    net_lock(net);
    end->next = net->ends;
    net->ends = end;
    net_unlock(net);
    return end;
}

void net_connect(struct net_end *end, const char *server)
{
    net_lock(end->net);
    end->slot = want_slot(end->net, server);
    net_unlock(end->net);
}

void net_enable(struct net_end *end, bool enabled)
{
    net_lock(end->net);
    end->enabled = enabled;
    if (!enabled)
        wake_callers(end->net);
    net_unlock(end->net);
}

void net_add_server(struct net *net, const char *name, int node,
                    struct net_handler handler)
{
    net_lock(net);
    struct slot *slot = want_slot(net, name);
    slot->node = node;
    slot->handler = handler;
    slot->generation = ++net->n_generations;
    slot->n_calls = 0;
    wake_callers(net);
    net_unlock(net);
}

void net_delete_server(struct net *net, const char *name)
{
    net_lock(net);
    struct slot *slot = want_slot(net, name);
    slot->generation = 0;
    slot->n_calls = 0;
    wake_callers(net);
    net_unlock(net);
}

void net_reliable(struct net *net, bool reliable)
{
    net_lock(net);
    net->reliable = reliable;
    net_unlock(net);
}

void net_long_delays(struct net *net, bool yes)
{
    net_lock(net);
    net->long_delays = yes;
    net_unlock(net);
}

void net_long_reordering(struct net *net, bool yes)
{
    net_lock(net);
    net->long_reordering = yes;
    net_unlock(net);
}

void net_cut(struct net *net, int from, int to, bool cut)
{
    net_lock(net);
    if (net_link(net, from, to) != &net->client)
        net_link(net, from, to)->cut = cut;
    net_unlock(net);
}

bool net_is_cut(struct net *net, int from, int to)
{
    net_lock(net);
    bool cut = net_link(net, from, to)->cut;
    net_unlock(net);
    return cut;
}

void net_delay(struct net *net, int from, int to, uint64_t min_us,
               uint64_t max_us)
{
    net_lock(net);
    struct link *link = net_link(net, from, to);
    link->min_us = min_us;
    link->max_us = max_us;
    net_unlock(net);
}

void net_delay_all(struct net *net, uint64_t min_us, uint64_t max_us)
{
    for (int from = -1; from < net->config.n_nodes; from++)
        for (int to = 0; to < net->config.n_nodes; to++)
            net_delay(net, from, to, min_us, max_us);
}

void net_duplicate(struct net *net, int per_mille, uint64_t within_us)
{
    net_lock(net);
    net->duplicate_per_mille = per_mille;
    net->duplicate_within_us = within_us;
    net_unlock(net);
}

void net_late(struct net *net, int per_mille, uint64_t min_us, uint64_t max_us)
{
    net_lock(net);
    net->late_per_mille = per_mille;
    net->late_min_us = min_us;
    net->late_max_us = max_us;
    net_unlock(net);
}

void net_fail_after(struct net *net, uint64_t us)
{
    net_lock(net);
    net->fails_after = true;
    net->fail_us = us;
    net_unlock(net);
}

void net_script(struct net *net,
                enum net_fate (*judge)(void *context, const struct net_leg *leg,
                                       uint64_t *hold_us),
                void *context)
{
    net_lock(net);
    net->judge = judge;
    net->judge_context = context;
    net_unlock(net);
}

uint64_t net_total_calls(struct net *net)
{
    net_lock(net);
    uint64_t n = net->total_calls;
    net_unlock(net);
    return n;
}

uint64_t net_total_bytes(struct net *net)
{
    net_lock(net);
    uint64_t n = net->total_bytes;
    net_unlock(net);
    return n;
}

uint64_t net_server_calls(struct net *net, const char *server)
{
    net_lock(net);
    struct slot *slot = find_slot(net, server);
    uint64_t n = slot != NULL ? slot->n_calls : 0;
    net_unlock(net);
    return n;
}
