// rsm.c of the student. Format: labs/make-skeleton.
// stays: lock unlock start accepts apply_command
// stays: kv_apply kv_make kv_handle kv_free

// rsm.c -- requests become entries, and answers find who waits.
#include "service.h"

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

void kv_kill(struct kv *kv)
{
    lock(kv);
    kv->killed = true;
    // Your code here (lab 5): wake all who wait.
    unlock(kv);
}
