// rsm.c -- a request becomes an entry, and its answer finds who waits for it.
//
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 8 };

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

// ------------------------------------------------------------------- waiters

void rsm_watch_thread(void *self, struct errand unused)
{
    // Your code here (lab 5): who waits for what a leader took that leads no
    // more must be told. A thread of its own looks now and then.
    (void)self;
    (void)unused;
}

// Something was applied: whoever waits for it gets the answer (taken).
static void finish(struct kv *kv, raft_index index, uint64_t id,
                   struct blob *answer) UNLOCKED
{
    // Your code here (lab 5).
    (void)kv;
    (void)index;
    (void)id;
    blob_drop(answer);
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
    // Your code here (lab 5): give the Raft the request, with an id of its own,
    // by start(); then wait until that very one is applied, or can no longer be
    // expected here, or the server is killed.
    raft_index index;
    raft_term term;
    *answer = NULL;
    (void)start(kv, request, 0, &index, &term);
    return RSM_LOST;
}

void rsm_kill(struct kv *kv)
{
    lock(kv);
    kv->killed = true;
    // Your code here (lab 5): wake all who wait.
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

static void compact(struct kv *kv, raft_index index)
{
    // Your code here (lab 5): when the Raft's saved state has grown too large,
    // a snapshot of the store and the sessions, as struct machine, encoded.
    (void)kv;
    (void)index;
}

void rsm_restore(struct kv *kv, struct message_bytes snapshot)
{
    // Your code here (lab 5): store and sessions become what was saved.
    (void)kv;
    (void)snapshot;
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
