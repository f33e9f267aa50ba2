// service.h -- the parts of a server: waiters, sessions, the store.
//
// Three layers, each of which knows only those below it. rsm.c, the replicated
// state machine: a request goes in, is agreed on, and comes back as an answer.
// sessions.c: what comes twice happens once. store.c: keys and values. Only
// rsm.c has threads and a lock; the layers below are touched by the Raft's one
// applier alone. A snapshot has a key, its value, the next key ... as entries.
#ifndef GLASSRAFT_KV_SERVICE_H
#define GLASSRAFT_KV_SERVICE_H

#include "kv.h"

#include "base/die.h"
#include "base/guard.h"
#include "base/thread.h"

// The class of all servers' locks; never two of them at once.
struct LOCK_CLASS("service lock") service_lock;
extern struct service_lock service_lock;
#define GUARDED  GUARDED_BY(service_lock)
#define LOCKED   REQUIRES(service_lock)
#define UNLOCKED EXCLUDES(service_lock)

struct pair {
    struct blob *key, *value;
};
struct store {
    struct pair *pair;
    size_t n;
};

// Does a get, put, append or compare-and-set. The reply's value is the store's,
// until it changes.
struct kv_reply store_do(struct store *store, const struct kv_request *request);
// The key's pair, until a key is written or dropped; NULL when there is none.
struct pair *store_find(const struct store *store, struct message_bytes key);
// The key's value becomes its first `keep` bytes and `value` behind them.
void store_write(struct store *store, struct message_bytes key, size_t keep,
                 struct message_bytes value);
void store_drop(struct store *store, struct pair *gone);
// For a snapshot; gives the array, and the bytes stay the store's.
struct message_entries store_save(const struct store *store);
void store_restore(struct store *store, struct message_entries saved);
void store_clear(struct store *store);

// Somebody who waits for a request of his to be applied.
struct waiter {
    uint64_t id;
    raft_index index; // where the Raft took it; 0: not known yet
    raft_term term;
    bool lost;              // this server cannot tell any more
    struct blob *answer;    // when it was applied
    pthread_cond_t changed; // signalled by finish, watch_thread, kv_kill
    struct waiter *next;
};

struct kv {
    // Fixed after birth.
    struct kv_config config;
    struct crew crew; // its threads, and callers inside
    pthread_mutex_t mutex;

    // Of the Raft's applier.
    struct store store, sessions;

    struct waiter *waiters GUARDED;
    uint64_t n_submitted GUARDED;
    bool killed GUARDED;
};

// Applies a request; gives the encoded reply. One of a session is done once.
struct blob *sessions_do(struct kv *kv, raft_index index,
                         const struct kv_request *request);
struct blob *sessions_encode(struct kv_reply reply);

#endif
