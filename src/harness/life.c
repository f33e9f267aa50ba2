// life.c -- a server's life: requests that come to it, and how it ends.
#include "borrow.h"
#include "internal.h"
#include "kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "base/die.h"

bool lab_crash_point(struct instance *instance)
{
    struct lab *lab = instance->lab;
    pthread_mutex_lock(&lab->mutex);
    bool crashes = !instance->dead && instance->rf != NULL &&
                   ++lab->n_points == lab->run->crash_at;
    bool dead = instance->dead;
    pthread_mutex_unlock(&lab->mutex);
    if (crashes)
        lab_lose(lab, instance);
    return crashes || dead;
}

// The Raft's answer.
static bool answer(struct instance *instance, const char *method,
                   const uint8_t *args, size_t n_args, uint8_t **reply,
                   size_t *n_reply)
{
    void *lent = lend(args, n_args);
    sim_door(SIM_CALLS);
    struct sim_space *before = sim_space_enter(instance->space);
    bool answered = instance->lab->api->handle(instance->rf, method, lent,
                                               n_args, reply, n_reply);
    sim_space_enter(before);
    sim_door(SIM_OUTSIDE);
    take_back(lent, n_args);
    return answered;
}

bool lab_handle(void *context, const char *method, const uint8_t *args,
                size_t n_args, uint8_t **reply, size_t *n_reply)
{
    struct instance *instance = context;
    struct lab *lab = instance->lab;
    pthread_mutex_lock(&lab->mutex);
    bool alive = !instance->dead && instance->rf != NULL;
    if (alive)
        instance->n_calls++;
    if (alive && strcmp(method, "InstallSnapshot") == 0)
        instance->snapshot_us = lab_now_us(lab);
    pthread_mutex_unlock(&lab->mutex);
    if (!alive)
        return false;
    bool answered =
        lab_kv_answers(instance, method)
            ? lab_kv_handle(instance, method, args, n_args, reply, n_reply)
            : answer(instance, method, args, n_args, reply, n_reply);
    // The answer is made, and never leaves.
    if (answered && lab_crash_point(instance)) {
        free(*reply);
        *reply = NULL;
        answered = false;
    }
    lab_leave(instance);
    return answered;
}

// Needs the mutex. Ends follow the marks of both their servers.
void lab_set_links(struct lab *lab, int server)
{
    for (int other = 0; other < lab->n_servers; other++) {
        bool yes = lab->connected[server] && lab->connected[other];
        struct instance *a = lab->now[server], *b = lab->now[other];
        if (a != NULL && !a->dead)
            net_enable(a->end[other], yes);
        if (b != NULL && !b->dead)
            net_enable(b->end[server], yes);
    }
}

// Waits for our calls into a dead server and frees it.
static void reap(void *owner, struct errand errand)
{
    struct lab *lab = owner;
    struct instance *instance = (struct instance *)(uintptr_t)errand.number;
    pthread_mutex_lock(&lab->mutex);
    while (instance->n_calls > 0)
        pthread_cond_wait(&lab->idle, &lab->mutex);
    struct raft *rf = instance->rf;
    pthread_mutex_unlock(&lab->mutex);
    lab_ask_the_dead(instance);
    struct sim_space *before = sim_space_enter(instance->space);
    lab->api->free(rf);
    sim_space_enter(before);
    lab_kv_free(instance);
}

// Kills it and sends a reaper after it, who waits for what is still inside.
void lab_end_life(struct lab *lab, struct instance *instance)
{
    lab_kv_kill(instance);
    struct sim_space *before = sim_space_enter(instance->space);
    lab->api->kill(instance->rf);
    sim_space_enter(before);
    lab_was_killed(instance);
    crew_send(&lab->reapers, "reaper", reap, lab,
              (struct errand){.number = (uintptr_t)instance});
}

// In this order: cut off, unknown to the network, its disk frozen, killed.
void lab_lose(struct lab *lab, struct instance *instance)
{
    int server = instance->server;
    char name[16];
    lab_name_of(server, name);
    pthread_mutex_lock(&lab->mutex);
    bool first = !instance->dead;
    if (first) {
        lab->connected[server] = false;
        lab_set_links(lab, server);
        instance->dead = true;
        // Before anybody can start a successor under the same name.
        net_delete_server(lab->net, name);
        // At the very moment when its disk is frozen, for the checker.
        lab_emit(lab, TRACE_CRASH, server);
    }
    pthread_mutex_unlock(&lab->mutex);
    if (!first)
        return;
    if (instance->rf == NULL)
        die("S%d crashed before it was up", server + 1);
    lab_end_life(lab, instance);
}

void lab_crash(struct lab *lab, int server)
{
    lab_lose(lab, lab->now[server]);
}
