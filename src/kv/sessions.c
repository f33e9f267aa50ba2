// sessions.c -- exactly once: who asked last for what, and was answered what.
//
// A client has one request under way at a time, so its latest answer is all
// that a retry can ask for (the paper's §8). A session is a pair: its number,
// which is the index at which it was opened, and the latest request's number
// with the answer behind it. Sessions stand in the order of these requests; the
// first goes when there are too many, on all servers at the same index. A
// request of one that is gone is refused, since nobody knows whether it was
// done (Diss. §6.3).
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = sizeof(uint64_t) };

static struct message_bytes bytes_of(const uint64_t *number)
{
    return (struct message_bytes){(const uint8_t *)number, NUMBER_BYTES};
}

// Puts a session behind all others, in the place of its older self.
static void use(struct kv *kv, uint64_t client, uint64_t sequence,
                const struct blob *answer)
{
    struct store *sessions = &kv->sessions;
    struct pair *gone = store_find(sessions, bytes_of(&client));
    if (gone == NULL && sessions->n == kv->config.max_sessions)
        gone = &sessions->pair[0];
    if (gone != NULL)
        store_drop(sessions, gone);
    store_write(sessions, bytes_of(&client), 0, bytes_of(&sequence));
    store_write(sessions, bytes_of(&client), NUMBER_BYTES,
                (struct message_bytes){answer->bytes, answer->n});
}

struct blob *sessions_encode(struct kv_reply reply)
{
    size_t n;
    uint8_t *bytes = message_encode(&kv_reply_type, &reply, &n);
    struct blob *blob = blob_new(bytes, n);
    free(bytes);
    return blob;
}

// A duplicate is looked for here, at the moment of applying, and not when the
// request comes in: two copies can be in the log before either is applied.
struct blob *sessions_do(struct kv *kv, raft_index index,
                         const struct kv_request *request)
{
    const struct pair *known =
        store_find(&kv->sessions, bytes_of(&request->client));
    struct kv_reply reply = {.status = KV_OK};
    uint64_t client = request->client, latest = 0;
    if (known != NULL)
        memcpy(&latest, known->value->bytes, NUMBER_BYTES);
    if (known != NULL && request->sequence == latest)
        return blob_new(known->value->bytes + NUMBER_BYTES,
                        known->value->n - NUMBER_BYTES);
    if (request->kind == KV_REGISTER)
        client = index;
    else if (client == 0 || (known != NULL && request->sequence > latest))
        reply = store_do(&kv->store, request);
    else
        return sessions_encode((struct kv_reply){.status = KV_EXPIRED});
    reply.index = index;
    struct blob *answer = sessions_encode(reply);
    if (client != 0)
        use(kv, client, request->sequence, answer);
    return answer;
}
