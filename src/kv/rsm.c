// rsm.c -- a request becomes an entry, and its answer finds who waits for it.
//
// An index says little: after a change of leader another request may stand
// where ours was. So each command ends with an id of its own, and an answer is
// given to the waiter of that id. Which server submitted it stands there as
// well: it led not long ago, and is what a server that does not lead knows of
// the leader, with nothing but raft.h.
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum { WATCH_MS = 50, ID_BYTES = 9 }; // the server, and 64 bits

static void lock(struct kv *kv) ACQUIRE(service_lock) UNCHECKED_LOCKING
{
    must(pthread_mutex_lock(&kv->mutex), "lock");
}

static void unlock(struct kv *kv) RELEASE(service_lock) UNCHECKED_LOCKING
{
    must(pthread_mutex_unlock(&kv->mutex), "unlock");
}

static void await(struct kv *kv, pthread_cond_t *cond) LOCKED
{
    must(pthread_cond_wait(cond, &kv->mutex), "wait");
}

// ------------------------------------------------------------------- waiters

// Different from those of all other servers and lives.
static uint64_t new_id(struct kv *kv) LOCKED
{
    uint64_t z = kv->config.seed + ++kv->n_submitted * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    return z ^ (z >> 27);
}

// [Diss. §6.3] Applied: the waiter of this id gets the answer (taken). Another
// one's entry stood here, or its index is past: no answer will come for him.
static void finish(struct kv *kv, raft_index index, uint64_t id,
                   struct blob *answer) LOCKED
{
    for (struct waiter *w = kv->waiters; w != NULL; w = w->next) {
        if (answer != NULL && w->id == id && w->answer == NULL) {
            w->answer = answer;
            answer = NULL;
            pthread_cond_signal(&w->changed);
        } else if (w->index > 0 && w->index <= index && w->answer == NULL) {
            w->lost = true;
            pthread_cond_signal(&w->changed);
        }
    }
    blob_drop(answer);
}

static void forget(struct kv *kv, const struct waiter *gone) LOCKED
{
    struct waiter **at = &kv->waiters;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
}

// Whoever stopped leading, or leads in a later term, may have lost what it took
// earlier; it may never learn. A deposed leader that waits for its index to be
// applied would wait for ever when its log ends before that.
void rsm_watch_thread(void *self, struct errand unused)
{
    struct kv *kv = self;
    (void)unused;
    lock(kv);
    while (!kv->killed) {
        if (kv->waiters == NULL) {
            await(kv, &kv->watch_wakes);
            continue;
        }
        raft_term term;
        bool is_leader;
        unlock(kv);
        sleep_ms(WATCH_MS);
        kv->config.get_state(kv->config.context, &term, &is_leader);
        lock(kv);
        for (struct waiter *w = kv->waiters; w != NULL; w = w->next) {
            bool leads = w->term > term || (w->term == term && is_leader);
            w->lost |= w->index > 0 && !leads;
            pthread_cond_signal(&w->changed);
        }
    }
    unlock(kv);
}

// ------------------------------------------------------------------ requests

static struct blob *command_of(const struct kv *kv,
                               struct message_bytes request, uint64_t id)
{
    uint8_t end[ID_BYTES] = {(uint8_t)kv->config.me};
    memcpy(end + 1, &id, sizeof id);
    struct blob *command = blob_new(request.at, request.n);
    return blob_splice(command, request.n, end, sizeof end);
}

// What is under way is there before raft_start() is called: the request may be
// applied before that returns.
static void enlist(struct kv *kv, struct waiter *waiter) UNLOCKED
{
    must(pthread_cond_init(&waiter->changed, NULL), "pthread_cond_init");
    lock(kv);
    waiter->id = new_id(kv);
    waiter->next = kv->waiters;
    kv->waiters = waiter;
    pthread_cond_signal(&kv->watch_wakes);
    unlock(kv);
}

enum rsm_outcome rsm_submit(struct kv *kv, struct message_bytes request,
                            struct blob **answer, int *leader)
{
    struct waiter waiter = {.index = 0};
    raft_index index = 0;
    raft_term term = 0;
    enlist(kv, &waiter);
    struct blob *command = command_of(kv, request, waiter.id);
    bool taken = kv->config.start(kv->config.context, command->bytes,
                                  command->n, &index, &term);
    blob_drop(command);
    lock(kv);
    waiter.index = index;
    waiter.term = term;
    while (taken && waiter.answer == NULL && !waiter.lost && !kv->killed)
        await(kv, &waiter.changed);
    forget(kv, &waiter);
    *leader = kv->last_leader == kv->config.me + 1 ? 0 : kv->last_leader;
    *answer = waiter.answer;
    bool killed = kv->killed;
    unlock(kv);
    pthread_cond_destroy(&waiter.changed);
    return killed                  ? RSM_KILLED
           : waiter.answer == NULL ? RSM_WRONG_LEADER
                                   : RSM_APPLIED;
}

void rsm_kill(struct kv *kv)
{
    lock(kv);
    kv->killed = true;
    for (struct waiter *w = kv->waiters; w != NULL; w = w->next)
        pthread_cond_signal(&w->changed);
    pthread_cond_signal(&kv->watch_wakes);
    unlock(kv);
}

// --------------------------------------------------------------- the machine

#define SNAPSHOT(F, m) F(ENTRIES, m, pairs) F(ENTRIES, m, sessions)
MESSAGE_DECLARE(machine, SNAPSHOT);
MESSAGE_DEFINE(machine, SNAPSHOT);

bool rsm_accepts(struct message_bytes bytes, struct kv_request *request)
{
    if (!message_decode(&kv_request_type, bytes.at, bytes.n, request))
        return false;
    bool known = request->kind == KV_GET || request->kind == KV_PUT ||
                 request->kind == KV_APPEND || request->kind == KV_CAS;
    return (known && (request->client == 0) == (request->sequence == 0)) ||
           (request->kind == KV_REGISTER && request->client == 0);
}

static void apply_command(struct kv *kv, const struct raft_message *message)
{
    size_t n = message->n_bytes - ID_BYTES;
    const uint8_t *end = (const uint8_t *)message->bytes + n;
    uint64_t id = 0;
    struct kv_request request;
    struct blob *answer = NULL;
    if (message->n_bytes >= ID_BYTES &&
        rsm_accepts((struct message_bytes){message->bytes, n}, &request)) {
        answer =
            sessions_do(&kv->sessions, &kv->store, message->index, &request);
        memcpy(&id, end + 1, sizeof id);
    }
    lock(kv);
    if (answer != NULL)
        kv->last_leader = end[0] + 1;
    finish(kv, message->index, id, answer);
    unlock(kv);
}

// §7, by size. Only here, between two commands, is the machine what it was at
// this index.
static void compact(struct kv *kv, raft_index index)
{
    const struct kv_config *config = &kv->config;
    size_t n;
    if (config->max_state == 0 ||
        config->state_size(config->context) <= config->max_state)
        return;
    struct machine saved = {store_save(&kv->store),
                            sessions_save(&kv->sessions)};
    uint8_t *bytes = message_encode(&machine_type, &saved, &n);
    message_clear(&machine_type, &saved);
    config->snapshot(config->context, index, bytes, n);
    free(bytes);
}

bool rsm_restore(struct kv *kv, struct message_bytes snapshot)
{
    struct machine saved;
    store_clear(&kv->store);
    sessions_clear(&kv->sessions);
    if (!message_decode(&machine_type, snapshot.at, snapshot.n, &saved))
        return false;
    store_restore(&kv->store, saved.pairs);
    sessions_restore(&kv->sessions, saved.sessions);
    message_clear(&machine_type, &saved);
    return true;
}

void kv_apply(struct kv *kv, const struct raft_message *message)
{
    struct message_bytes bytes = {message->bytes, message->n_bytes};
    if (!message->is_snapshot) {
        apply_command(kv, message);
        compact(kv, message->index);
        return;
    }
    if (!rsm_restore(kv, bytes))
        die("kv_apply: the snapshot cannot be decoded");
    lock(kv);
    finish(kv, message->index, 0, NULL);
    unlock(kv);
}
