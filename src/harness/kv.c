// kv.c -- see kv.h.
//
// A snapshot of a service goes to the Raft with its index before it, so that
// what comes back can be told from what no service ever took.
#include "kv.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "base/die.h"
#include "borrow.h"
#include "wire/service.h"

enum { INDEX_BYTES = 8, MOST_APPLY_MS = 20 };

// The service calls its Raft: counted, as calls into the Raft are, and only
// while there is one. False: there is none.
static bool enter(struct instance *instance)
{
    struct lab *lab = instance->lab;
    pthread_mutex_lock(&lab->mutex);
    bool alive = !instance->dead && instance->rf != NULL;
    instance->n_calls += alive;
    pthread_mutex_unlock(&lab->mutex);
    return alive;
}

static bool start(void *context, const void *command, size_t n_bytes,
                  raft_index *index, raft_term *term)
{
    struct instance *instance = context;
    sim_calls_below("raft_start()");
    if (!enter(instance))
        return false;
    enum sim_door door = sim_door(SIM_OUTSIDE);
    bool taken = lab_start_at(instance, command, n_bytes, index, term);
    sim_door(door);
    lab_leave(instance);
    return taken;
}

static void get_state(void *context, raft_term *term, bool *is_leader)
{
    struct instance *instance = context;
    struct lab *lab = instance->lab;
    *term = 0;
    *is_leader = false;
    sim_calls_below("raft_get_state()");
    if (!enter(instance))
        return;
    enum sim_door door = sim_door(SIM_OUTSIDE);
    lab_state_at(instance, term, is_leader);
    while (atomic_load(&lab->late_state[instance->server]) && !instance->dead)
        sleep_ms(1);
    sim_door(door);
    lab_leave(instance);
}

void lab_late_state(struct lab *lab, int server, bool late)
{
    atomic_store(&lab->late_state[server], late);
}

static int leader(void *context)
{
    struct instance *instance = context;
    struct lab *lab = instance->lab;
    int hint = -1;
    if (lab->api->leader == NULL || !enter(instance))
        return hint;
    enum sim_door door = sim_door(SIM_ASKS);
    struct sim_space *before = sim_space_enter(instance->space);
    hint = lab->api->leader(instance->rf);
    sim_space_enter(before);
    sim_door(door);
    lab_leave(instance);
    return hint;
}

static size_t size_now(struct instance *instance)
{
    struct lab *lab = instance->lab;
    pthread_mutex_lock(&lab->mutex);
    size_t n = instance->state != NULL ? instance->state->n : 0;
    pthread_mutex_unlock(&lab->mutex);
    return n;
}

// [KV.12] A snapshot is due above the limit: by what is saved now, or by what
// the service was told since its last one.
static void judge_size(struct instance *instance, raft_index index)
{
    struct lab *lab = instance->lab;
    size_t told = atomic_exchange(&instance->most_size, 0);
    size_t now = size_now(instance), limit = lab->scenario->max_state;
    if (limit == 0 || told > limit || now > limit || instance->dead)
        return;
    lab_fail_service(lab, "KV.12",
                     "S%d's service took a snapshot at index %" PRIu64
                     ", when the state that its Raft had saved had %zu bytes."
                     " The limit is %zu bytes, and it was not above that since"
                     " the last snapshot, as far as the service has asked.",
                     instance->server + 1, index, now > told ? now : told,
                     limit);
}

static void snapshot(void *context, raft_index index, const void *bytes,
                     size_t n_bytes)
{
    struct instance *instance = context;
    struct lab *lab = instance->lab;
    size_t n = INDEX_BYTES + n_bytes;
    sim_calls_below("raft_snapshot()");
    judge_size(instance, index);
    enum sim_door door = sim_door(SIM_OUTSIDE);
    uint8_t *whole = must_malloc(n);
    for (int i = 0; i < INDEX_BYTES; i++)
        whole[i] = (uint8_t)(index >> (8 * i));
    if (n_bytes > 0)
        memcpy(whole + INDEX_BYTES, bytes, n_bytes);
    started_note(lab->started, whole, n);
    uint64_t begin_ms = now_ms();
    if (enter(instance)) {
        void *lent = lend(whole, n);
        struct sim_space *before = sim_space_enter(instance->space);
        lab->api->snapshot(instance->rf, index, lent, n);
        sim_space_enter(before);
        take_back(lent, n);
        lab_leave(instance);
    }
    atomic_fetch_add(&instance->snapshot_ms, now_ms() - begin_ms);
    sim_door(door);
    free(whole);
}

static size_t state_size(void *context)
{
    struct instance *instance = context;
    size_t n = size_now(instance);
    if (n > atomic_load(&instance->most_size))
        atomic_store(&instance->most_size, n);
    return n;
}

bool lab_kv_is_snapshot(struct lab *lab, const uint8_t *bytes, size_t n,
                        raft_index *index)
{
    if (n < INDEX_BYTES || !started_knows(lab->started, bytes, n))
        return false;
    *index = 0;
    for (int i = 0; i < INDEX_BYTES; i++)
        *index |= (uint64_t)bytes[i] << (8 * i);
    return true;
}

void lab_kv_boot(struct instance *instance)
{
    struct lab *lab = instance->lab;
    const struct lab_scenario *scenario = lab->scenario;
    if (!scenario->service)
        return;
    struct kv_config config = {.me = instance->server,
                               .context = instance,
                               .start = start,
                               .get_state = get_state,
                               .snapshot = snapshot,
                               .leader = leader,
                               .state_size = state_size,
                               .max_state = scenario->max_state,
                               .max_sessions = scenario->max_sessions,
                               .seed = lab_random(lab, 0x100000000) << 20 ^
                                       lab_random(lab, 0x100000000)};
    struct blob *saved = blob_hold(instance->snapshot);
    size_t n = saved != NULL ? saved->n - INDEX_BYTES : 0;
    void *lent = lend(saved != NULL ? saved->bytes + INDEX_BYTES : NULL, n);
    config.saved = (struct message_bytes){lent, n};
    struct kv *kv = lab->kv->make(&config);
    take_back(lent, n);
    pthread_mutex_lock(&lab->mutex);
    blob_drop(saved);
    instance->kv = kv;
    pthread_mutex_unlock(&lab->mutex);
}

bool lab_kv_answers(const struct instance *instance, const char *method)
{
    return instance->kv != NULL && message_find(service_rpcs, method) != NULL;
}

static bool handle(struct instance *instance, const char *method,
                   const uint8_t *args, size_t n_args, uint8_t **reply,
                   size_t *n_reply)
{
    void *lent = lend(args, n_args);
    struct sim_space *before = sim_space_enter(instance->space);
    bool answered = instance->lab->kv->handle(instance->kv, method, lent,
                                              n_args, reply, n_reply);
    sim_space_enter(before);
    take_back(lent, n_args);
    return answered;
}

// Notes a request; has none of its number come to any server before? Then no
// server can have an answer to it already.
static bool is_new(struct lab *lab, const struct kv_request *request)
{
    // As no command is.
    uint64_t key[3] = {request->client, request->sequence, UINT64_MAX};
    if (request->client == 0)
        return true;
    bool known = started_knows(lab->started, key, sizeof key);
    if (!known)
        started_note(lab->started, key, sizeof key);
    return !known;
}

// [KV.1] An operation that changes something is done when its entry is applied:
// a service that was given none since the request came cannot know of it, but
// from memory that it shares with another server. What clients saw tells more,
// and goes before: this is kept until that was judged.
static void judge_answer(struct instance *instance, uint64_t kind,
                         const uint8_t *bytes, size_t n)
{
    struct kv_reply reply;
    if (!message_decode(&kv_reply_type, bytes, n, &reply))
        return;
    uint64_t status = reply.status;
    message_clear(&kv_reply_type, &reply);
    struct lab *lab = instance->lab;
    // That a value is another one, a leader that makes sure that it leads may
    // know without the log.
    if (status != KV_OK || atomic_exchange(&lab->early_begun, true))
        return;
    snprintf(lab->early, sizeof lab->early,
             "S%d's service answered a request (%s) as done, but its Raft"
             " had given it nothing to apply since the request came%s.",
             instance->server + 1,
             kind == KV_PUT      ? "put"
             : kind == KV_APPEND ? "append"
             : kind == KV_CAS    ? "cas"
                                 : "register",
             instance->dead ? ", and it was being killed" : "");
    atomic_store(&lab->early_told, true);
}

void lab_kv_judge(struct lab *lab)
{
    if (atomic_load(&lab->early_told))
        lab_fail_service(lab, "KV.1", "%s", lab->early);
}

bool lab_kv_handle(struct instance *instance, const char *method,
                   const uint8_t *args, size_t n_args, uint8_t **reply,
                   size_t *n_reply)
{
    struct kv_request request = {.kind = KV_GET};
    bool known = message_decode(&kv_request_type, args, n_args, &request);
    uint64_t kind = request.kind;
    bool changes = known && kind != KV_GET && is_new(instance->lab, &request);
    if (known)
        message_clear(&kv_request_type, &request);
    unsigned before = atomic_load(&instance->n_given);
    atomic_fetch_add(&instance->n_asked, 1);
    bool answered = handle(instance, method, args, n_args, reply, n_reply);
    atomic_fetch_sub(&instance->n_asked, 1);
    if (answered && instance->dead)
        atomic_fetch_add(&instance->lab->n_late[instance->server], 1);
    if (answered && changes && atomic_load(&instance->n_given) == before)
        judge_answer(instance, kind, *reply, *n_reply);
    return answered;
}

// A service that has kept the Raft's applier, in virtual time, which no work
// costs: somebody slept or was waited for.
static void judge_apply(struct instance *instance, uint64_t ms,
                        raft_index index)
{
    if (ms > MOST_APPLY_MS && !instance->lab->run->real)
        lab_fail_service(instance->lab, "KV.11",
                         "S%d's service took %" PRIu64
                         " ms to apply index %" PRIu64
                         ", without what the Raft needed for a snapshot: it"
                         " slept or waited, and the Raft's applier with it.",
                         instance->server + 1, ms, index);
}

void lab_kv_apply(struct instance *instance, const struct raft_message *message)
{
    struct raft_message passed = *message;
    size_t n = message->is_snapshot ? INDEX_BYTES : 0;
    if (instance->kv == NULL)
        return;
    passed.n_bytes -= n;
    void *lent = lend((const uint8_t *)message->bytes + n, passed.n_bytes);
    passed.bytes = lent;
    uint64_t begin_ms = now_ms();
    atomic_fetch_add(&instance->n_given, 1);
    atomic_store(&instance->snapshot_ms, 0);
    struct sim_space *before = sim_space_enter(instance->space);
    enum sim_door door = sim_door(SIM_APPLIES);
    instance->lab->kv->apply(instance->kv, &passed);
    sim_door(door);
    sim_space_enter(before);
    take_back(lent, passed.n_bytes);
    uint64_t took_ms = now_ms() - begin_ms;
    uint64_t saved_ms = atomic_load(&instance->snapshot_ms);
    judge_apply(instance, took_ms - (saved_ms < took_ms ? saved_ms : took_ms),
                message->index);
}

void lab_check_late_answers(struct lab *lab, int server)
{
    int n = atomic_load(&lab->n_late[server]);
    char text[240];
    snprintf(text, sizeof text,
             "S%d's service answered %d request%s that waited in it when it was"
             " killed, and of which none was applied: kv_handle() returned"
             " true.",
             server + 1, n, n == 1 ? "" : "s");
    if (n > 0)
        lab_run_fails(lab, FINDING_KILLED_SERVER_ANSWERS, "", text);
}

bool lab_kv_left_waiting(struct lab *lab, char *text, size_t n)
{
    for (struct instance *i = lab->newest; i != NULL; i = i->older) {
        unsigned asked = atomic_load(&i->n_asked);
        if (!atomic_load(&i->kv_killed) || asked == 0)
            continue;
        snprintf(text, n,
                 "kv_kill() of S%d has returned, and %u call%s of kv_handle()"
                 " there still wait%s: whoever waits in a server that is killed"
                 " must be woken, and get no answer.\n",
                 i->server + 1, asked, asked == 1 ? "" : "s",
                 asked == 1 ? "s" : "");
        return true;
    }
    return false;
}

void lab_kv_kill(struct instance *instance)
{
    if (instance->kv == NULL)
        return;
    struct sim_space *before = sim_space_enter(instance->space);
    instance->lab->kv->kill(instance->kv);
    sim_space_enter(before);
    atomic_store(&instance->kv_killed, true);
}

// A server that was killed is asked for a key, and must not answer.
static bool answers_yet(struct instance *instance)
{
    struct kv_request request = {.kind = KV_GET};
    size_t n, n_reply;
    uint8_t *reply;
    uint8_t *bytes = message_encode(&kv_request_type, &request, &n);
    const char *method = service_rpcs[RPC_CLIENT_REQUEST].method;
    bool answered = handle(instance, method, bytes, n, &reply, &n_reply);
    free(bytes);
    if (answered)
        free(reply);
    return answered;
}

void lab_kv_free(struct instance *instance)
{
    char text[120];
    if (instance->kv == NULL)
        return;
    snprintf(text, sizeof text,
             "S%d's service answered a request after kv_kill() had returned.",
             instance->server + 1);
    if (answers_yet(instance))
        lab_run_fails(instance->lab, FINDING_KILLED_SERVER_ANSWERS, "", text);
    struct sim_space *before = sim_space_enter(instance->space);
    instance->lab->kv->free(instance->kv);
    sim_space_enter(before);
}

const struct message_rpc *lab_kv_rpcs(const struct lab *lab)
{
    static struct message_rpc rpcs[32];
    size_t n = 0, most = sizeof rpcs / sizeof rpcs[0] - 1;
    if (!lab->scenario->service)
        return lab->api->rpcs;
    for (const struct message_rpc *r = service_rpcs; r->method != NULL; r++)
        rpcs[n++] = *r;
    for (const struct message_rpc *r = lab->api->rpcs;
         r->method != NULL && n < most; r++)
        rpcs[n++] = *r;
    return rpcs;
}
