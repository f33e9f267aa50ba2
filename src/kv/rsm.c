// rsm.c -- a request becomes an entry, and its answer finds who waits for it.
//
// An index says little: after a change of leader another request may stand
// where ours was. So each command ends with an id of its own, and an answer is
// given to the waiter of that id.
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum { WATCH_MS = 50, ID_BYTES = 8 };

#define MACHINE(F, m) F(ENTRIES, m, pairs) F(ENTRIES, m, sessions)
MESSAGE_DECLARE(machine, MACHINE);
MESSAGE_DEFINE(machine, MACHINE);

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

// Whoever stopped leading, or leads in a later term, may have lost what it took
// before, and may never learn: a deposed leader's own entries can stay in its
// log, not applied, for as long as it is cut off from the new one.
void rsm_watch_thread(void *self, struct errand unused)
{
    struct kv *kv = self;
    (void)unused;
    lock(kv);
    while (!kv->killed) {
        raft_term term;
        bool is_leader;
        while (kv->waiters == NULL && !kv->killed)
            await(kv, &kv->watch_wakes);
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

// Something was applied: the waiter of this id gets the answer (taken). Another
// one's entry stood where his should be, or a snapshot did: none will come.
static void finish(struct kv *kv, raft_index index, uint64_t id,
                   struct blob *answer) UNLOCKED
{
    lock(kv);
    for (struct waiter *w = kv->waiters; w != NULL; w = w->next) {
        if (answer != NULL && w->id == id) {
            w->answer = answer;
            answer = NULL;
        }
        w->lost |= w->index > 0 && w->index <= index;
        if (w->lost || w->answer != NULL)
            pthread_cond_signal(&w->changed);
    }
    unlock(kv);
    blob_drop(answer);
}

// Before raft_start() is called: it may be applied before that returns.
static void enlist(struct kv *kv, struct waiter *waiter) UNLOCKED
{
    must(pthread_cond_init(&waiter->changed, NULL), "pthread_cond_init");
    lock(kv);
    uint64_t z = kv->config.seed + ++kv->n_submitted * 0x9e3779b97f4a7c15u;
    waiter->id = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    waiter->next = kv->waiters;
    kv->waiters = waiter;
    pthread_cond_signal(&kv->watch_wakes);
    unlock(kv);
}

static void forget(struct kv *kv, struct waiter *gone) LOCKED
{
    struct waiter **at = &kv->waiters;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    pthread_cond_destroy(&gone->changed);
}

// Has the Raft taken it? Then where, in which term.
static bool start(struct kv *kv, struct message_bytes request, uint64_t id,
                  raft_index *index, raft_term *term) UNLOCKED
{
    struct blob *command = blob_new(request.at, request.n);
    command = blob_splice(command, request.n, &id, ID_BYTES);
    bool taken = kv->config.start(kv->config.context, command->bytes,
                                  command->n, index, term);
    blob_drop(command);
    return taken;
}

enum rsm_outcome rsm_submit(struct kv *kv, struct message_bytes request,
                            struct blob **answer)
{
    struct waiter waiter = {.index = 0};
    raft_index index;
    raft_term term;
    enlist(kv, &waiter);
    bool taken = start(kv, request, waiter.id, &index, &term);
    lock(kv);
    if (taken) {
        waiter.index = index;
        waiter.term = term;
    }
    while (taken && waiter.answer == NULL && !waiter.lost && !kv->killed)
        await(kv, &waiter.changed);
    forget(kv, &waiter);
    bool killed = kv->killed;
    unlock(kv);
    *answer = waiter.answer;
    return killed ? RSM_KILLED : waiter.answer == NULL ? RSM_LOST : RSM_APPLIED;
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
    struct message_bytes bytes = {message->bytes, message->n_bytes - ID_BYTES};
    struct kv_request request;
    struct blob *answer = NULL;
    uint64_t id = 0;
    if (message->n_bytes >= ID_BYTES && rsm_accepts(bytes, &request)) {
        memcpy(&id, bytes.at + bytes.n, sizeof id);
        answer =
            sessions_do(&kv->sessions, &kv->store, message->index, &request);
    }
    finish(kv, message->index, id, answer);
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

void rsm_restore(struct kv *kv, struct message_bytes snapshot)
{
    struct machine saved;
    if (!message_decode(&machine_type, snapshot.at, snapshot.n, &saved))
        die("the snapshot cannot be decoded");
    store_clear(&kv->store);
    sessions_clear(&kv->sessions);
    store_restore(&kv->store, saved.pairs);
    sessions_restore(&kv->sessions, saved.sessions);
    message_clear(&machine_type, &saved);
}

void kv_apply(struct kv *kv, const struct raft_message *message)
{
    if (message->is_snapshot) {
        rsm_restore(kv,
                    (struct message_bytes){message->bytes, message->n_bytes});
        finish(kv, message->index, 0, NULL);
    } else {
        apply_command(kv, message);
        compact(kv, message->index);
    }
}
