// service.h -- the parts of a server: waiters, sessions, the store.
//
// Three layers, each of which knows only the one below it. rsm.c, the
// replicated state machine: a request goes in, is agreed on, and comes back as
// an answer. sessions.c: what comes twice happens once. store.c: keys and
// values. Only rsm.c has threads and a lock; the layers below are touched by
// the Raft's one applier alone. In snapshots they are entries, which are a
// number (called term there) and bytes each.
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
// For a snapshot; gives the array, and the bytes stay the store's.
struct message_entries store_save(const struct store *store);
void store_restore(struct store *store, struct message_entries saved);
void store_clear(struct store *store);

struct session {
    uint64_t client, sequence; // of its latest request that was applied
    struct blob *answer;       // to that
};
struct sessions {
    struct session *session;
    size_t n, max;
};

// Applies a request; gives the encoded reply. One of a session is done once.
struct blob *sessions_do(struct sessions *sessions, struct store *store,
                         raft_index index, const struct kv_request *request);
struct message_entries sessions_save(const struct sessions *sessions);
void sessions_restore(struct sessions *sessions, struct message_entries saved);
void sessions_clear(struct sessions *sessions);

// Somebody who waits for a request of his to be applied.
struct waiter {
    uint64_t id;
    raft_index index; // where the Raft took it; 0: not known yet
    raft_term term;
    bool lost;              // this server cannot tell any more
    struct blob *answer;    // when it was applied
    pthread_cond_t changed; // signalled by finish, the watch and rsm_kill
    struct waiter *next;
};

struct kv {
    // Fixed after birth.
    struct kv_config config;
    struct crew crew; // its threads, and callers inside
    pthread_mutex_t mutex;
    pthread_cond_t watch_wakes; // signalled by enlist and rsm_kill

    // Of the Raft's applier.
    struct store store;
    struct sessions sessions;

    struct waiter *waiters GUARDED;
    uint64_t n_submitted GUARDED;
    bool killed GUARDED;
};

// Are these bytes a request that can be applied? Then *request borrows them.
bool rsm_accepts(struct message_bytes bytes, struct kv_request *request);
// Has a request agreed on, and waits until that very one was applied here:
// *answer (given) is what came of it. RSM_LOST: this server cannot tell whether
// it will be.
enum rsm_outcome { RSM_APPLIED, RSM_LOST, RSM_KILLED };
enum rsm_outcome rsm_submit(struct kv *kv, struct message_bytes request,
                            struct blob **answer) UNLOCKED;
void rsm_restore(struct kv *kv, struct message_bytes snapshot);
void rsm_watch_thread(void *self, struct errand unused) UNLOCKED;
void rsm_kill(struct kv *kv) UNLOCKED;

#endif
