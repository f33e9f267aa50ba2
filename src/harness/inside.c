// inside.c -- what the harness does inside a server, in a call of a life that
// it has entered, and what it tells of the servers around it.
#include "borrow.h"
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/random.h"
#include "sim/sim.h"

void lab_emit(struct lab *lab, enum trace_kind kind, int server)
{
    struct trace_event event = {
        .kind = kind, .node = server, .inc = TRACE_NONE};
    trace_emit(lab->trace, &event);
}

void lab_changed(struct lab *lab, bool untimed, const char *text)
{
    struct trace_event event = {.kind = TRACE_NETWORK,
                                .node = TRACE_NONE,
                                .inc = TRACE_NONE,
                                .text = text,
                                .ok = untimed};
    trace_emit(lab->trace, &event);
}

struct instance *lab_enter(struct lab *lab, int server)
{
    pthread_mutex_lock(&lab->mutex);
    struct instance *instance = lab->now[server];
    if (instance == NULL || instance->dead || instance->rf == NULL ||
        lab->paused[server])
        instance = NULL;
    else
        instance->n_calls++;
    pthread_mutex_unlock(&lab->mutex);
    return instance;
}

void lab_leave(struct instance *instance)
{
    struct lab *lab = instance->lab;
    pthread_mutex_lock(&lab->mutex);
    if (--instance->n_calls == 0)
        pthread_cond_broadcast(&lab->idle);
    pthread_mutex_unlock(&lab->mutex);
}

bool lab_is_connected(struct lab *lab, int server)
{
    pthread_mutex_lock(&lab->mutex);
    bool yes = lab->connected[server];
    pthread_mutex_unlock(&lab->mutex);
    return yes;
}

bool lab_is_up(struct lab *lab, int server)
{
    pthread_mutex_lock(&lab->mutex);
    bool up = !lab->now[server]->dead;
    pthread_mutex_unlock(&lab->mutex);
    return up;
}

int lab_work_for(int server)
{
    int before = sim_server();
    sim_set_server(server);
    return before;
}

uint64_t lab_random(struct lab *lab, uint64_t n)
{
    pthread_mutex_lock(&lab->mutex);
    if (!lab->random_is_later && lab_is_later(lab)) {
        lab->random = lab_later_stream(lab->run, 1);
        lab->random_is_later = true;
    }
    uint64_t z = random_next(&lab->random);
    pthread_mutex_unlock(&lab->mutex);
    return n > 0 ? z % n : 0;
}

void lab_learn_lock(const struct lab *lab, struct raft *rf)
{
    raft_term term;
    bool is_leader;
    if (lab->run->real)
        return;
    sim_door(SIM_ASKS_FIRST);
    lab->api->get_state(rf, &term, &is_leader);
    sim_door(SIM_OUTSIDE);
}

// [ALL.2] A server that lab_age() made old is never young again.
static void check_age(struct instance *instance, raft_term term)
{
    char text[200];
    if (!instance->aged || term >= LAB_AGED_TERM)
        return;
    snprintf(text, sizeof text,
             "S%d says that it is in term %" PRIu64
             ", but it answered a candidate in term %" PRIu64
             " before the story began: no term falls, and terms have 64 bits.",
             instance->server + 1, term, LAB_AGED_TERM);
    lab_run_fails(instance->lab, FINDING_CURRENT_TERM_WRONG, "ALL.2", text);
}

void lab_state_at(struct instance *instance, raft_term *term, bool *is_leader)
{
    sim_door(SIM_ASKS);
    struct sim_space *before = sim_space_enter(instance->space);
    instance->lab->api->get_state(instance->rf, term, is_leader);
    sim_space_enter(before);
    sim_door(SIM_OUTSIDE);
    check_age(instance, *term);
}

bool lab_start_at(struct instance *instance, const void *bytes, size_t n_bytes,
                  raft_index *index, raft_term *term)
{
    struct lab *lab = instance->lab;
    int before = sim_server();
    sim_set_server(instance->server);
    void *lent = lend(bytes, n_bytes);
    uint64_t from_us = lab_start_begins(lab, instance->server);
    started_note(lab->started, bytes, n_bytes);
    if (n_bytes == 0)
        lab_gives_empty_command();
    sim_door(SIM_CALLS);
    struct sim_space *space = sim_space_enter(instance->space);
    bool taken = lab->api->start(instance->rf, lent, n_bytes, index, term);
    sim_space_enter(space);
    sim_door(SIM_OUTSIDE);
    lab_start_ends(lab, instance->server, from_us);
    take_back(lent, n_bytes);
    sim_set_server(before);
    struct message_bytes command = {bytes, n_bytes};
    if (taken) {
        lab_tell_taken(instance, *index, *term, command);
        lab_hand_taken(instance, *index, *term, command);
    }
    atomic_store(taken ? &lab->commands : &lab->refused[instance->server],
                 true);
    return taken;
}

void lab_name_of(int server, char name[16])
{
    snprintf(name, 16, "S%d", server + 1);
}
