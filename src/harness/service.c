// service.c -- the state machine of the labs: remembers what was applied.
//
// All services of a run share one table of what stands at each index, because
// they must agree on it; a service is the index up to which it has applied.
// That every command of a server comes by index without a gap is checked here,
// whatever the trace says. A snapshot is the list of all commands so far.
#include "borrow.h"
#include "heap.h"
#include "internal.h"
#include "kv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "base/die.h"
#include "wire/figure2.h"

enum { SNAPSHOT_EVERY = 10, SNAPSHOT_US = 200000 };

static struct agreed *at_index(struct lab *lab, raft_index index)
{
    return &lab->agreed[index - lab->past];
}

static void put(uint8_t **at, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        *(*at)++ = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t **at, int n_bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < n_bytes; i++)
        value |= (uint64_t) * (*at)++ << (8 * i);
    return value;
}

// Its index, and all commands up to there with their lengths, or nothing. Needs
// the mutex.
static uint8_t *take_snapshot(struct lab *lab, raft_index index, size_t *n)
{
    *n = 8;
    for (raft_index i = lab->past + 1; i <= index; i++)
        *n += 4 + at_index(lab, i)->n_bytes;
    bool watched = heap_pauses();
    uint8_t *bytes = must_malloc(*n), *at = bytes;
    heap_counts(watched);
    if (lab->scenario->empty_snapshots) {
        *n = 0;
        return bytes;
    }
    put(&at, index, 8);
    for (raft_index i = lab->past + 1; i <= index; i++) {
        const struct agreed *agreed = at_index(lab, i);
        put(&at, agreed->n_bytes, 4);
        if (agreed->n_bytes > 0)
            memcpy(at, agreed->bytes, agreed->n_bytes);
        at += agreed->n_bytes;
    }
    return bytes;
}

// Is it the snapshot that we would take at its index? One of no bytes does not
// tell that: *index says it. Needs the mutex.
static bool is_snapshot(struct lab *lab, const uint8_t *bytes, size_t n,
                        raft_index *index)
{
    const uint8_t *at = bytes, *end = bytes + n;
    if (lab->scenario->service)
        return lab_kv_is_snapshot(lab, bytes, n, index);
    bool empty = lab->scenario->empty_snapshots;
    if (empty ? n > 0 : n < 8)
        return false;
    if (!empty)
        *index = get(&at, 8);
    if (*index < lab->past || *index > lab->past + lab->n_agreed)
        return false;
    if (empty)
        return (*index + 1) % SNAPSHOT_EVERY == 0;
    for (raft_index i = lab->past + 1; i <= *index; i++) {
        const struct agreed *agreed = at_index(lab, i);
        if (end - at < 4 || get(&at, 4) != agreed->n_bytes ||
            (size_t)(end - at) < agreed->n_bytes ||
            (agreed->n_bytes > 0 &&
             memcmp(at, agreed->bytes, agreed->n_bytes) != 0))
            return false;
        at += agreed->n_bytes;
    }
    return at == end;
}

// Remembers a command, or compares it with what is known. Needs the mutex.
static bool agrees(struct lab *lab, int server,
                   const struct raft_message *message)
{
    raft_index n = message->index - lab->past; // from 1 on
    if (n <= lab->n_agreed) {
        const struct agreed *known = at_index(lab, message->index);
        return known->term == message->term &&
               known->n_bytes == message->n_bytes &&
               (known->n_bytes == 0 ||
                memcmp(known->bytes, message->bytes, known->n_bytes) == 0);
    }
    lab->agreed =
        must_grow(lab->agreed, n, &lab->agreed_room, sizeof *lab->agreed);
    lab->n_agreed = n;
    bool watched = heap_pauses();
    *at_index(lab, message->index) =
        (struct agreed){message->term, message->n_bytes,
                        must_copy(message->bytes, message->n_bytes), server};
    heap_counts(watched);
    return true;
}

// The run ends with this finding.
_Noreturn static void breaks(struct lab *lab, enum finding finding,
                             const char *tag, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

_Noreturn static void breaks(struct lab *lab, enum finding finding,
                             const char *tag, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lab_run_fails(lab, finding, tag, text);
}

_Noreturn static void disagrees(struct lab *lab, int server,
                                const struct raft_message *message)
{
    const struct agreed *known = at_index(lab, message->index);
    char mine[MESSAGE_DIGEST], other[MESSAGE_DIGEST];
    message_digest(message->bytes, message->n_bytes, mine);
    message_digest(known->bytes, known->n_bytes, other);
    breaks(lab, FINDING_STATE_MACHINE_SAFETY, "P.5",
           "S%d applied \"%s\" (term %" PRIu64 ") at index %" PRIu64
           ", but S%d applied \"%s\" (term %" PRIu64 ") there.%s",
           server + 1, mine, message->term, message->index, known->server + 1,
           other, known->term,
           lab->run->lab != 2 && lab_state_size(lab) == 0
               ? " No server has ever saved anything."
               : "");
}

_Noreturn static void never_started(struct lab *lab, int server,
                                    const struct raft_message *message)
{
    char digest[MESSAGE_DIGEST];
    message_digest(message->bytes, message->n_bytes, digest);
    breaks(lab, FINDING_APPLIED_UNKNOWN_COMMAND, "",
           "S%d applied \"%s\" (term %" PRIu64 ") at index %" PRIu64
           ": these bytes were never started. Memory that was freed too early,"
           " or overwritten, looks like that: try CONFIG=asan.",
           server + 1, digest, message->term, message->index);
}

static void apply_snapshot(struct instance *instance,
                           const struct raft_message *message)
{
    struct lab *lab = instance->lab;
    raft_index index = message->index;
    pthread_mutex_lock(&lab->mutex);
    bool good = is_snapshot(lab, message->bytes, message->n_bytes, &index) &&
                index == message->index;
    raft_index before = instance->last_applied;
    raft_term term =
        good && index > lab->past ? at_index(lab, index)->term : message->term;
    if (good && index > before)
        instance->last_applied = instance->given_snapshot = index;
    atomic_fetch_add(&lab->prices.snapshot_needed, message->n_bytes);
    pthread_mutex_unlock(&lab->mutex);
    if (!good)
        breaks(lab, FINDING_UNKNOWN_SNAPSHOT, "IS.8",
               "S%d gave its service a snapshot for index %" PRIu64
               " that no service ever created.",
               instance->server + 1, message->index);
    if (message->term != term)
        breaks(lab, FINDING_SNAPSHOT_WITH_WRONG_TERM, "IS.5",
               "S%d gave its service a snapshot of index %" PRIu64
               " and term %" PRIu64 ", but the entry there is of term %" PRIu64
               ".",
               instance->server + 1, index, message->term, term);
    if (index < before)
        breaks(lab, FINDING_APPLIED_OUT_OF_ORDER, "ALL.1",
               "S%d gave its service a snapshot of index %" PRIu64
               " after it had applied %" PRIu64 ".",
               instance->server + 1, index, before);
    lab_hand_given(instance, message);
    lab_kv_apply(instance, message);
}

// A careless service hands in the snapshot that it has just taken once more,
// and then the one before it.
static void again(struct instance *instance, raft_index index,
                  const uint8_t *snapshot, size_t n)
{
    struct lab *lab = instance->lab;
    size_t n_older = 0;
    uint8_t *older = NULL;
    pthread_mutex_lock(&lab->mutex);
    if (index > lab->past + SNAPSHOT_EVERY)
        older = take_snapshot(lab, index - SNAPSHOT_EVERY, &n_older);
    pthread_mutex_unlock(&lab->mutex);
    lab->api->snapshot(instance->rf, index, snapshot, n);
    if (older != NULL) {
        atomic_store(&instance->old_snapshot, true);
        lab->api->snapshot(instance->rf, index - SNAPSHOT_EVERY, older,
                           n_older);
        atomic_store(&instance->old_snapshot, false);
        take_back(older, n_older);
    }
}

static void apply_command(struct instance *instance,
                          const struct raft_message *message)
{
    struct lab *lab = instance->lab;
    pthread_mutex_lock(&lab->mutex);
    raft_index expected = instance->last_applied + 1;
    bool in_order = message->index == expected;
    raft_index after_snapshot = instance->given_snapshot + 1;
    bool is_first = instance->inc > 0 && !instance->has_given;
    instance->has_given = true;
    bool installs = instance->snapshot_us > 0 &&
                    lab_now_us(lab) < instance->snapshot_us + SNAPSHOT_US;
    bool known = message->n_bytes == 0 ||
                 started_knows(lab->started, message->bytes, message->n_bytes);
    bool good = in_order && known && agrees(lab, instance->server, message);
    uint8_t *snapshot = NULL;
    size_t n = 0;
    if (good) {
        instance->last_applied = message->index;
        if (lab->scenario->snapshots &&
            (message->index + 1) % SNAPSHOT_EVERY == 0)
            snapshot = take_snapshot(lab, message->index, &n);
    }
    pthread_mutex_unlock(&lab->mutex);
    if (!in_order)
        breaks(lab, FINDING_APPLIED_OUT_OF_ORDER, "ALL.1",
               "S%d applied index %" PRIu64
               ", but the next index to apply was %" PRIu64 ".%s",
               instance->server + 1, message->index, expected,
               instance->given_snapshot > 0 && expected == after_snapshot
                   ? " It had just given its service a snapshot up to there."
               : is_first ? " It was the first of this life."
               : installs ? " A snapshot for it had just arrived."
                          : "");
    if (!known)
        never_started(lab, instance->server, message);
    if (!good)
        disagrees(lab, instance->server, message);
    lab_hand_given(instance, message);
    lab_kv_apply(instance, message);
    if (snapshot != NULL) {
        atomic_store(&instance->in_snapshot, true);
        lab->api->snapshot(instance->rf, message->index, snapshot, n);
        atomic_store(&instance->in_snapshot, false);
        if (lab->scenario->old_snapshots)
            again(instance, message->index, snapshot, n);
        take_back(snapshot, n);
    }
}

// [IS.5] A state's log begins where its snapshot ends, or before. Where it is
// in an encoding of its own, nobody can say.
void lab_service_check_saved(struct instance *instance,
                             const struct raft_saved *saved)
{
    struct lab *lab = instance->lab;
    struct saved_state state;
    raft_index index = 0;
    if (saved->n_snapshot == 0 || saved->same_snapshot ||
        !lab_decode_saved(lab, saved, &state))
        return;
    raft_index begin = state.last_included_index;
    message_clear(&saved_state_type, &state);
    pthread_mutex_lock(&lab->mutex);
    bool known = is_snapshot(lab, saved->snapshot, saved->n_snapshot, &index);
    pthread_mutex_unlock(&lab->mutex);
    if (known && index < begin)
        breaks(lab, FINDING_SAVED_MISFIT, "IS.5",
               "S%d saved a state whose log begins after index %" PRIu64
               ", with a snapshot only up to index %" PRIu64
               ": a crash would lose the entries in between.",
               instance->server + 1, begin, index);
}

void lab_service_apply(void *context, const struct raft_message *message)
{
    struct instance *instance = context;
    struct lab *lab = instance->lab;
    sim_callback("apply()");
    lab_late_apply(instance);
    pthread_mutex_lock(&lab->mutex);
    // A server may begin to apply before raft_make() has told who it is.
    while (!instance->dead && instance->rf == NULL) {
        pthread_mutex_unlock(&lab->mutex);
        sleep_ms(1);
        pthread_mutex_lock(&lab->mutex);
    }
    bool dead = instance->dead;
    uint64_t slow_ms = lab->slow_ms[instance->server];
    pthread_mutex_unlock(&lab->mutex);
    if (slow_ms > 0)
        sleep_ms(slow_ms);
    if (dead)
        return;
    lab_tell_given(instance, message);
    if (message->is_snapshot)
        apply_snapshot(instance, message);
    else
        apply_command(instance, message);
}

void lab_slow_apply(struct lab *lab, int server, uint64_t ms)
{
    pthread_mutex_lock(&lab->mutex);
    lab->slow_ms[server] = ms;
    pthread_mutex_unlock(&lab->mutex);
}

const char *lab_say_snapshot(const struct lab *lab)
{
    for (int i = 0; i < lab->n_servers; i++)
        if (lab->now[i] != NULL && atomic_load(&lab->now[i]->in_snapshot))
            return "  A service was handing in a snapshot of what it had just"
                   " got, from inside of the callback.\n";
    return "";
}

bool lab_has_snapshot(struct lab *lab)
{
    bool has = false;
    pthread_mutex_lock(&lab->mutex);
    for (int i = 0; i < lab->n_servers; i++)
        has |= lab->now[i]->snapshot != NULL;
    pthread_mutex_unlock(&lab->mutex);
    return has;
}

// Up to where a snapshot of no bytes goes, the saved state alone can tell.
static raft_index empty_snapshot(const struct instance *instance)
{
    struct saved_state state;
    if (instance->state == NULL)
        return 0;
    struct raft_saved saved = {.state = instance->state->bytes,
                               .n_state = instance->state->n};
    if (!lab_decode_saved(instance->lab, &saved, &state))
        lab_run_not_set_up(instance->lab,
                           "the saved state is in an encoding of its own, so"
                           " nobody knows up to where a snapshot of no bytes"
                           " goes");
    raft_index index = state.last_included_index;
    message_clear(&saved_state_type, &state);
    return index;
}

void lab_service_restore(struct instance *instance)
{
    struct lab *lab = instance->lab;
    struct blob *snapshot = instance->snapshot;
    if (lab->scenario->empty_snapshots)
        instance->last_applied = empty_snapshot(instance);
    if (snapshot == NULL)
        return;
    pthread_mutex_lock(&lab->mutex);
    bool good =
        is_snapshot(lab, snapshot->bytes, snapshot->n, &instance->last_applied);
    pthread_mutex_unlock(&lab->mutex);
    if (!good)
        breaks(lab, FINDING_UNKNOWN_SNAPSHOT, "IS.5",
               "S%d saved a snapshot that no service ever created.",
               instance->server + 1);
}

bool lab_compact(struct lab *lab, int server, raft_index index)
{
    struct instance *instance = lab_enter(lab, server);
    if (instance == NULL)
        return false;
    size_t n = 0;
    uint8_t *snapshot = NULL;
    pthread_mutex_lock(&lab->mutex);
    if (index > lab->past && index <= instance->last_applied)
        snapshot = take_snapshot(lab, index, &n);
    pthread_mutex_unlock(&lab->mutex);
    if (snapshot != NULL) {
        int before = lab_work_for(server);
        sim_door(SIM_CALLS);
        struct sim_space *space = sim_space_enter(instance->space);
        lab->api->snapshot(instance->rf, index, snapshot, n);
        sim_space_enter(space);
        sim_door(SIM_OUTSIDE);
        lab_work_for(before);
        take_back(snapshot, n);
    }
    lab_leave(instance);
    return snapshot != NULL;
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
