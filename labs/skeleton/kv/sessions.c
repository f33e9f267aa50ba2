// sessions.c of the student. Format: labs/make-skeleton.
// stays: sessions_encode

// sessions.c -- exactly once: who asked last for what, and was answered what.
#include "service.h"

// A number in a pair's key or value.
enum { NUMBER_BYTES = sizeof(uint64_t) };

struct blob *sessions_do(struct kv *kv, raft_index index,
                         const struct kv_request *request)
{
    // Your code here (lab 5): [KV.4], [KV.5], §8, Diss. §6.3. kv->sessions has
    // room for a pair for each session, and config.max_sessions is how many are
    // kept. Without sessions, each request is done each time it is applied.
    struct kv_reply reply = {.status = KV_OK};
    if (request->kind != KV_REGISTER)
        reply = store_do(&kv->store, request);
    reply.index = index;
    return sessions_encode(reply);
}
