// rsm.c -- requests become entries, and answers find who waits.
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

// Looks every WATCH_MS whether this server still leads, until it is killed.
static void watch_thread(void *self, struct errand unused) UNLOCKED
{
    // Your code here (lab 5): a request that a server took as the leader of a
    // term may be lost when it leads that term no more. config.get_state()
    // tells, and must not be called with the lock.
    (void)self;
    (void)unused;
}

// Something was applied: whoever waits for it gets the answer (taken).
static void finish(struct kv *kv, raft_index index, uint64_t id,
                   struct blob *answer) UNLOCKED
{
    // Your code here (lab 5): [KV.2] who waits for this id? And who waits for
    // this index or one before, and can wait no longer?
    (void)kv;
    (void)index;
    (void)id;
    blob_drop(answer);
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

// Has a request agreed on, and gives the reply; NULL when this server was
// killed meanwhile.
static struct blob *submit(struct kv *kv, struct message_bytes request) UNLOCKED
{
    // Your code here (lab 5): [KV.1] give the waiter an id of its own, and put
    // it into kv->waiters before start(); then wait until its request was
    // applied, or is lost, or the server is killed. This waits for nothing.
    struct waiter waiter = {.index = 0};
    struct kv_reply lost = {.status = KV_WRONG_LEADER};
    start(kv, request, &waiter);
    lost.leader = (uint64_t)kv->config.leader(kv->config.context) + 1;
    lock(kv);
    bool killed = kv->killed;
    unlock(kv);
    return killed ? NULL : sessions_encode(lost);
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
    // Your code here (lab 5): [KV.6], [KV.7] where config.state_size() has
    // grown above config.max_state (0: there is no limit), give the Raft a
    // struct machine, encoded: config.snapshot().
    (void)kv;
    (void)index;
}

static void restore(struct kv *kv, struct message_bytes snapshot)
{
    // Your code here (lab 5): [KV.6], [KV.7] store and sessions become what was
    // saved.
    (void)kv;
    (void)snapshot;
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
    // Your code here (lab 5): wake all who wait.
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
