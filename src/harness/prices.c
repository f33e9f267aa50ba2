// prices.c -- what a Raft costs its network, and what it does when it is
// killed.
//
// Nothing here waits: a run goes as it would without.
#include "internal.h"

#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

#include "wire/figure2.h"

// The bytes of a snapshot in a call; 0 when it is none that we know.
static size_t snapshot_bytes(const struct lab *lab, const char *method,
                             const uint8_t *args, size_t n_args)
{
    const struct message_rpc *install = &figure2_rpcs[RPC_INSTALL_SNAPSHOT];
    struct install_snapshot_args chunk;
    if (lab->api->rpcs != figure2_rpcs || strcmp(method, install->method) != 0)
        return 0;
    bool good = message_decode(install->args, args, n_args, &chunk);
    return good ? chunk.data.n : 0;
}

void lab_call_begins(struct instance *instance, int peer, const char *method,
                     const uint8_t *args, size_t n_args)
{
    struct lab *lab = instance->lab;
    struct prices *prices = &lab->prices;
    size_t n = snapshot_bytes(lab, method, args, n_args);
    int n_now = atomic_fetch_add(&instance->n_out[peer], 1) + 1;
    int most = atomic_load(&prices->most_calls);
    while (n_now > most &&
           !atomic_compare_exchange_weak(&prices->most_calls, &most, n_now))
        continue;
    atomic_fetch_add(&prices->snapshot_sent, n);
    if (atomic_load(&instance->killed))
        atomic_fetch_add(&prices->late_called, 1);
}

void lab_call_ends(struct instance *instance, int peer)
{
    atomic_fetch_sub(&instance->n_out[peer], 1);
}

void lab_was_killed(struct instance *instance)
{
    atomic_store(&instance->killed, true);
}

// Of one server one apply and one save may have been about to begin.
void lab_late_apply(struct instance *instance)
{
    if (atomic_load(&instance->killed) &&
        atomic_fetch_add(&instance->n_late_applied, 1) > 0)
        atomic_fetch_add(&instance->lab->prices.late_applied, 1);
}

void lab_late_save(struct instance *instance)
{
    if (atomic_load(&instance->killed) &&
        atomic_fetch_add(&instance->n_late_saved, 1) > 0)
        atomic_fetch_add(&instance->lab->prices.late_saved, 1);
}

void lab_price_of(struct lab *lab, struct lab_prices *out)
{
    const struct prices *prices = &lab->prices;
    *out = (struct lab_prices){
        .snapshot_sent = atomic_load(&prices->snapshot_sent),
        .snapshot_needed = atomic_load(&prices->snapshot_needed),
        .most_calls = atomic_load(&prices->most_calls),
        .late_applied = atomic_load(&prices->late_applied),
        .late_saved = atomic_load(&prices->late_saved),
        .late_called = atomic_load(&prices->late_called),
        .late_answered = atomic_load(&prices->late_answered)};
}

void lab_ask_the_dead(struct instance *instance)
{
    struct lab *lab = instance->lab;
    uint64_t other = (uint64_t)((instance->server + 1) % lab->n_servers);
    struct request_vote_args args = {.term = 1, .candidate_id = other};
    if (lab->api->rpcs != figure2_rpcs || lab->n_servers == 1)
        return;
    size_t n, n_reply;
    uint8_t *reply;
    uint8_t *bytes = message_encode(&request_vote_args_type, &args, &n);
    struct sim_space *before = sim_space_enter(instance->space);
    bool answered = lab->api->handle(instance->rf, "RequestVote", bytes, n,
                                     &reply, &n_reply);
    sim_space_enter(before);
    free(bytes);
    if (!answered)
        return;
    free(reply);
    atomic_fetch_add(&lab->prices.late_answered, 1);
}

uint64_t lab_snapshot_sent(struct lab *lab)
{
    return atomic_load(&lab->prices.snapshot_sent);
}

uint64_t lab_snapshot_needed(struct lab *lab)
{
    return atomic_load(&lab->prices.snapshot_needed);
}
