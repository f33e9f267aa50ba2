// disk.c -- the servers' disks: what they keep, how slow they are, and when
// they die with what they had to write.
#include "internal.h"

#include "../sim/sim.h"

void lab_save(void *context, const struct raft_saved *saved)
{
    struct instance *instance = context;
    struct lab *lab = instance->lab;
    uint64_t after = trace_n_events(lab->trace);
    sim_callback("save()");
    lab_late_save(instance);
    lab_crash_point(instance);
    pthread_mutex_lock(&lab->mutex);
    uint64_t slow_ms = lab->slow_save_ms[instance->server];
    pthread_mutex_unlock(&lab->mutex);
    if (slow_ms > 0)
        sleep_ms(slow_ms);
    pthread_mutex_lock(&lab->mutex);
    int *order = &lab->crash_at_save[instance->server];
    bool crashes = !instance->dead && *order > 0 && --*order == 0;
    bool lost = crashes && lab->before_save[instance->server];
    if (!instance->dead && !lost) {
        blob_drop(instance->state);
        blob_drop(instance->snapshot);
        instance->state = blob_new(saved->state, saved->n_state);
        instance->snapshot = saved->n_snapshot > 0
                                 ? blob_new(saved->snapshot, saved->n_snapshot)
                                 : NULL;
        lab_tell_saved(instance, saved, after);
    }
    bool dead = instance->dead;
    pthread_mutex_unlock(&lab->mutex);
    if (!dead && !lost)
        lab_service_check_saved(instance, saved);
    if (crashes)
        lab_lose(lab, instance);
    lab_crash_point(instance);
}

void lab_crash_at_save(struct lab *lab, int server, int n, bool before)
{
    pthread_mutex_lock(&lab->mutex);
    lab->crash_at_save[server] = n;
    lab->before_save[server] = before;
    pthread_mutex_unlock(&lab->mutex);
}

size_t lab_state_size(struct lab *lab)
{
    size_t most = 0;
    pthread_mutex_lock(&lab->mutex);
    for (int i = 0; i < lab->n_servers; i++)
        if (lab->now[i]->state != NULL && lab->now[i]->state->n > most)
            most = lab->now[i]->state->n;
    pthread_mutex_unlock(&lab->mutex);
    return most;
}

void lab_slow_save(struct lab *lab, int server, uint64_t ms)
{
    pthread_mutex_lock(&lab->mutex);
    lab->slow_save_ms[server] = ms;
    pthread_mutex_unlock(&lab->mutex);
}
