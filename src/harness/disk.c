// disk.c -- the servers' disks: what they keep, how slow they are, and when
// they die with what they had to write.
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../sim/sim.h"
#include "wire/figure2.h"
#include "sim/sim.h"

// Writes what is new, behind what stays.
static void write_state(struct instance *instance,
                        const struct raft_saved *saved)
{
    const uint8_t *bytes = saved->state;
    size_t n_same = instance->state != NULL ? saved->n_same : 0;
    if (instance->state == NULL)
        instance->state = blob_new(NULL, 0);
    instance->state = blob_splice(instance->state, n_same, bytes + n_same,
                                  saved->n_state - n_same);
}

static void write_snapshot(struct instance *instance,
                           const struct raft_saved *saved)
{
    if (saved->same_snapshot)
        return;
    blob_drop(instance->snapshot);
    instance->snapshot = saved->n_snapshot > 0
                             ? blob_new(saved->snapshot, saved->n_snapshot)
                             : NULL;
}

_Noreturn static void forgot_its_disk(struct instance *instance,
                                      const struct raft_saved *saved)
{
    char text[300];
    snprintf(text, sizeof text,
             "S%d saved a state and said that %zu bytes%s of what it saved"
             " before are the same (n_same%s of raft.h), but they are not.%s",
             instance->server + 1, saved->n_same,
             saved->same_snapshot ? " and the snapshot" : "",
             saved->same_snapshot ? ", same_snapshot" : "",
             atomic_load(&instance->old_snapshot)
                 ? " Its service was handing in an older snapshot then, which"
                   " changes nothing."
                 : "");
    size_t n = instance->snapshot != NULL ? instance->snapshot->n : 0;
    bool snapshot = saved->same_snapshot && saved->n_snapshot != n;
    lab_run_fails(instance->lab, FINDING_SAVED_WRONG_STATE,
                  snapshot ? "IS.5" : "AE.4", text);
}

// The first save of a life is of what the disk gave it, or of something newer.
// Returns the term that it goes back from; 0 when it does not. Needs the mutex.
static raft_term goes_back(const struct instance *instance,
                           const struct raft_saved *saved, raft_term *to)
{
    struct raft_saved old = {0};
    struct saved_state state;
    if (instance->has_saved || instance->state == NULL ||
        instance->state->n == 0)
        return 0;
    old.state = instance->state->bytes;
    old.n_state = instance->state->n;
    if (!lab_decode_saved(instance->lab, &old, &state))
        return 0;
    raft_term from = state.current_term;
    message_clear(&saved_state_type, &state);
    *to = 0;
    if (saved->n_state > 0) {
        if (!lab_decode_saved(instance->lab, saved, &state))
            return 0;
        *to = state.current_term;
        message_clear(&saved_state_type, &state);
    }
    return from > *to ? from : 0;
}

_Noreturn static void wiped_its_disk(struct instance *instance, raft_term from,
                                     raft_term to)
{
    char text[240];
    snprintf(text, sizeof text,
             "S%d saved a state of term %" PRIu64
             " as the first of this life, over what the last one had left on"
             " its disk, of term %" PRIu64 ": all of that is gone in a crash.",
             instance->server + 1, to, from);
    lab_run_fails(instance->lab, FINDING_SAVED_WRONG_STATE, "ALL.2", text);
}

// Does the server know what its disk has? Looks at both ends of what is said to
// be there: looking at all of it would cost as much as writing it. Needs the
// mutex.
static bool knows_its_disk(const struct instance *instance,
                           const struct raft_saved *saved)
{
    enum { LOOKED_AT = 1024 };
    size_t n_same = saved->n_same;
    size_t n_looked = n_same < LOOKED_AT ? n_same : LOOKED_AT;
    size_t n_state = instance->state != NULL ? instance->state->n : 0;
    size_t n_snapshot = instance->snapshot != NULL ? instance->snapshot->n : 0;
    const uint8_t *bytes = saved->state;
    if (n_same > n_state || n_same > saved->n_state ||
        (saved->same_snapshot && saved->n_snapshot != n_snapshot))
        return false;
    if (n_same == 0)
        return true;
    const uint8_t *disk = instance->state->bytes;
    return memcmp(disk, bytes, n_looked) == 0 &&
           memcmp(disk + n_same - n_looked, bytes + n_same - n_looked,
                  n_looked) == 0;
}

bool lab_save(void *context, const struct raft_saved *saved)
{
    struct instance *instance = context;
    struct lab *lab = instance->lab;
    uint64_t after = trace_n_events(lab->trace);
    sim_callback("save()");
    lab_late_save(instance);
    lab_crash_point(instance);
    pthread_mutex_lock(&lab->mutex);
    uint64_t slow_ms = lab->slow_save_ms[instance->server];
    bool good = instance->dead || knows_its_disk(instance, saved);
    raft_term to, from = instance->dead ? 0 : goes_back(instance, saved, &to);
    instance->has_saved = true;
    pthread_mutex_unlock(&lab->mutex);
    if (from > 0)
        wiped_its_disk(instance, from, to);
    if (!good)
        forgot_its_disk(instance, saved);
    if (slow_ms > 0)
        sleep_ms(slow_ms);
    pthread_mutex_lock(&lab->mutex);
    int *order = &lab->crash_at_save[instance->server];
    bool crashes = !instance->dead && *order > 0 && --*order == 0;
    bool lost = crashes && lab->before_save[instance->server];
    bool fails = !instance->dead && lab->fails_saves[instance->server];
    atomic_store(&lab->save_failed[instance->server], fails);
    if (!instance->dead && !lost && !fails) {
        write_state(instance, saved);
        write_snapshot(instance, saved);
        lab_tell_saved(instance, saved, after);
    }
    bool dead = instance->dead;
    pthread_mutex_unlock(&lab->mutex);
    if (!dead && !lost && !fails)
        lab_service_check_saved(instance, saved);
    if (crashes)
        lab_lose(lab, instance);
    lab_crash_point(instance);
    return !fails;
}

bool lab_saves_last(struct lab *lab, char *text, size_t n)
{
    enum { TIMEOUT_MS = 300 }; // the shortest that lab 1 calls good
    for (int server = 0; server < lab->n_servers; server++) {
        pthread_mutex_lock(&lab->mutex);
        uint64_t ms = lab->slow_save_ms[server];
        pthread_mutex_unlock(&lab->mutex);
        if (ms < TIMEOUT_MS)
            continue;
        snprintf(text, n,
                 "Each save of S%d takes %u ms here, as long as an election"
                 " timeout: what waits for it, and what should go on"
                 " meanwhile?",
                 server + 1, (unsigned)ms);
        return true;
    }
    return false;
}

void lab_fail_saves(struct lab *lab, int server, bool fail)
{
    char text[60];
    pthread_mutex_lock(&lab->mutex);
    lab->fails_saves[server] = fail;
    pthread_mutex_unlock(&lab->mutex);
    snprintf(text, sizeof text, "the disk of S%d %s", server + 1,
             fail ? "fails: save() returns false" : "works again");
    lab_changed(lab, true, text);
}

void lab_judge_persist(struct lab *lab, const struct trace_event *event)
{
    char text[240];
    if (event->kind != TRACE_PERSIST ||
        !atomic_load(&lab->save_failed[event->node]))
        return;
    snprintf(text, sizeof text,
             "S%d tells at %.3f s that it has saved its state, but its last"
             " save() returned false: its disk has what it had before.",
             event->node + 1, (double)event->us / 1e6);
    atomic_store(&lab->save_failed[event->node], false);
    lab_run_fails(lab, FINDING_SAVED_WRONG_STATE, "AE.4", text);
}

void lab_crash_at_save(struct lab *lab, int server, int n, bool before)
{
    pthread_mutex_lock(&lab->mutex);
    lab->crash_at_save[server] = n;
    lab->before_save[server] = before;
    pthread_mutex_unlock(&lab->mutex);
}

size_t lab_snapshot_size(struct lab *lab)
{
    size_t most = 0;
    pthread_mutex_lock(&lab->mutex);
    for (int i = 0; i < lab->n_servers; i++)
        if (lab->now[i]->snapshot != NULL && lab->now[i]->snapshot->n > most)
            most = lab->now[i]->snapshot->n;
    pthread_mutex_unlock(&lab->mutex);
    return most;
}

void lab_slow_save(struct lab *lab, int server, uint64_t ms)
{
    pthread_mutex_lock(&lab->mutex);
    lab->slow_save_ms[server] = ms;
    pthread_mutex_unlock(&lab->mutex);
}

void lab_untimed(struct lab *lab)
{
    lab_changed(lab, true, "a disk hangs, and timers with it");
}
