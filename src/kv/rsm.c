// rsm.c -- requests become entries, and answers find who waits.
//
// An index says little: after a change of leader another request may stand
// where ours was. So each command ends with an id of its own, and an answer is
// given to the waiter of that id.
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum { WATCH_MS = 50, ID_BYTES = 8, MAX_SESSIONS = 64 };

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

// Whoever stopped leading, or leads in a later term, may have lost what it took
// before, and may never learn: a deposed leader's own entries can stay in its
// log, not applied, for as long as it is cut off from the new one.
static void watch_thread(void *self, struct errand unused) UNLOCKED
{
    struct kv *kv = self;
    (void)unused;
    for (bool killed = false; !killed;) {
        raft_term term;
        bool is_leader;
        sleep_ms(WATCH_MS);
        kv->config.get_state(kv->config.context, &term, &is_leader);
        lock(kv);
        for (struct waiter *w = kv->waiters; w != NULL; w = w->next) {
            bool leads = w->term > term || (w->term == term && is_leader);
            w->lost |= w->index > 0 && !leads;
            pthread_cond_signal(&w->changed);
        }
        killed = kv->killed;
        unlock(kv);
    }
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

// Has the Raft taken it? Then where, in which term; else it is lost.
static void start(struct kv *kv, struct message_bytes request,
                  struct waiter *waiter) UNLOCKED
{
    raft_index index;
    raft_term term;
    struct blob *command = blob_new(request.at, request.n);
    command = blob_splice(command, request.n, &waiter->id, ID_BYTES);
    bool taken = kv->config.start(kv->config.context, command->bytes,
                                  command->n, &index, &term);
    blob_drop(command);
    lock(kv);
    waiter->index = taken ? index : 0;
    waiter->term = taken ? term : 0;
    waiter->lost |= !taken;
    unlock(kv);
}

// Has a request agreed on, waits until that very one was applied here or this
// server cannot tell whether it will be, and gives the reply. NULL: killed.
static struct blob *submit(struct kv *kv, struct message_bytes request) UNLOCKED
{
    struct waiter waiter = {.index = 0};
    struct kv_reply lost = {.status = KV_WRONG_LEADER};
    enlist(kv, &waiter);
    start(kv, request, &waiter);
    lock(kv);
    while (waiter.answer == NULL && !waiter.lost && !kv->killed)
        must(pthread_cond_wait(&waiter.changed, &kv->mutex), "wait");
    forget(kv, &waiter);
    bool killed = kv->killed;
    unlock(kv);
    if (waiter.answer == NULL) {
        lost.leader = (uint64_t)kv->config.leader(kv->config.context) + 1;
        waiter.answer = sessions_encode(lost);
    }
    if (!killed)
        return waiter.answer;
    blob_drop(waiter.answer);
    return NULL;
}

// Are these bytes a request that can be applied? Then *request borrows them.
static bool accepts(struct message_bytes bytes, struct kv_request *request)
{
    if (!message_decode(&kv_request_type, bytes.at, bytes.n, request))
        return false;
    bool known = request->kind == KV_GET || request->kind == KV_PUT ||
                 request->kind == KV_APPEND || request->kind == KV_CAS ||
                 (request->kind == KV_REGISTER && request->client == 0);
    return known && (request->client == 0) == (request->sequence == 0);
}

static void apply_command(struct kv *kv, const struct raft_message *message)
{
    struct message_bytes bytes = {message->bytes, message->n_bytes - ID_BYTES};
    struct kv_request request;
    struct blob *answer = NULL;
    uint64_t id = 0;
    if (message->n_bytes >= ID_BYTES && accepts(bytes, &request)) {
        memcpy(&id, bytes.at + bytes.n, sizeof id);
        answer = sessions_do(kv, message->index, &request);
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
    struct machine saved = {store_save(&kv->store), store_save(&kv->sessions)};
    uint8_t *bytes = message_encode(&machine_type, &saved, &n);
    message_clear(&machine_type, &saved);
    config->snapshot(config->context, index, bytes, n);
    free(bytes);
}

static void restore(struct kv *kv, struct message_bytes snapshot)
{
    struct machine saved;
    if (!message_decode(&machine_type, snapshot.at, snapshot.n, &saved))
        die("the snapshot cannot be decoded");
    store_restore(&kv->store, saved.pairs);
    store_restore(&kv->sessions, saved.sessions);
    message_clear(&machine_type, &saved);
}

void kv_apply(struct kv *kv, const struct raft_message *message)
{
    if (message->is_snapshot) {
        restore(kv, (struct message_bytes){message->bytes, message->n_bytes});
        finish(kv, message->index, 0, NULL);
    } else {
        apply_command(kv, message);
        compact(kv, message->index);
    }
}

struct kv *kv_make(const struct kv_config *config)
{
    struct kv *kv = must_calloc(1, sizeof *kv);
    kv->config = *config;
    if (config->max_sessions == 0)
        kv->config.max_sessions = MAX_SESSIONS;
    if (config->saved.n > 0)
        restore(kv, config->saved);
    must(pthread_mutex_init(&kv->mutex, NULL), "pthread_mutex_init");
    crew_init(&kv->crew, NULL);
    crew_send(&kv->crew, "watch", watch_thread, kv, (struct errand){0});
    return kv;
}

bool kv_handle(struct kv *kv, const char *method, const uint8_t *args,
               size_t n_args, uint8_t **reply, size_t *n_reply)
{
    struct message_bytes bytes = {args, n_args};
    struct kv_request request;
    struct blob *answer = NULL;
    crew_enter(&kv->crew);
    if (message_find(service_rpcs, method) != NULL && accepts(bytes, &request))
        answer = submit(kv, bytes);
    bool answered = answer != NULL;
    if (answered) {
        *n_reply = answer->n;
        *reply = must_copy(answer->bytes, answer->n);
    }
    blob_drop(answer);
    crew_leave(&kv->crew);
    return answered;
}

void kv_kill(struct kv *kv)
{
    lock(kv);
    kv->killed = true;
    for (struct waiter *w = kv->waiters; w != NULL; w = w->next)
        pthread_cond_signal(&w->changed);
    unlock(kv);
}

void kv_free(struct kv *kv)
{
    kv_kill(kv);
    crew_end(&kv->crew);
    store_clear(&kv->store);
    store_clear(&kv->sessions);
    pthread_mutex_destroy(&kv->mutex);
    free(kv);
}
