// sessions.c -- exactly once: who asked last for what, and was answered what.
//
// A client has one request under way at a time, so its latest answer is all
// that a retry can ask for (the paper's §8). A session's number is the index at
// which it was opened: no two have the same, whatever restarts in between.
// Sessions stand in the order in which they were used last; the first goes when
// there are too many, on all servers at the same index. A request of one that
// is gone is refused, since nobody knows whether it was done (Diss. §6.3).
#include "service.h"

#include <stdlib.h>
#include <string.h>

static struct session *find(const struct sessions *sessions, uint64_t client)
{
    for (size_t i = 0; i < sessions->n; i++)
        if (sessions->session[i].client == client)
            return &sessions->session[i];
    return NULL;
}

static void drop(struct sessions *sessions, struct session *gone)
{
    size_t n_behind = (size_t)(&sessions->session[--sessions->n] - gone);
    blob_drop(gone->answer);
    memmove(gone, gone + 1, n_behind * sizeof *gone);
}

// Puts a session behind all others, in the place of its older self.
static void use(struct sessions *sessions, struct session session)
{
    struct session *older = find(sessions, session.client);
    if (older != NULL)
        drop(sessions, older);
    else if (sessions->n == sessions->max)
        drop(sessions, &sessions->session[0]);
    if (sessions->session == NULL)
        sessions->session = must_calloc(sessions->max, sizeof session);
    sessions->session[sessions->n++] = session;
}

static struct blob *encode(struct kv_reply reply)
{
    size_t n;
    uint8_t *bytes = message_encode(&kv_reply_type, &reply, &n);
    struct blob *blob = blob_new(bytes, n);
    free(bytes);
    return blob;
}

// A duplicate is looked for here, at the moment of applying, and not when the
// request comes in: two copies can be in the log before either is applied.
struct blob *sessions_do(struct sessions *sessions, struct store *store,
                         raft_index index, const struct kv_request *request)
{
    struct session session = {request->client, request->sequence, NULL};
    struct kv_reply reply = {.status = KV_EXPIRED};
    const struct session *known = find(sessions, request->client);
    if (request->kind == KV_REGISTER) {
        reply = (struct kv_reply){.status = KV_OK, .index = index};
        session = (struct session){index, 0, encode(reply)};
    } else if (request->client == 0 ||
               (known != NULL && request->sequence > known->sequence)) {
        reply = store_do(store, request);
        reply.index = index;
        session.answer = encode(reply);
    } else if (known != NULL && request->sequence == known->sequence) {
        session.answer = blob_new(known->answer->bytes, known->answer->n);
    }
    if (session.answer == NULL || session.client == 0)
        return session.answer != NULL ? session.answer : encode(reply);
    use(sessions, session);
    return blob_new(session.answer->bytes, session.answer->n);
}

void sessions_clear(struct sessions *sessions)
{
    while (sessions->n > 0)
        drop(sessions, &sessions->session[sessions->n - 1]);
    free(sessions->session);
    sessions->session = NULL;
}

struct message_entries sessions_save(const struct sessions *sessions)
{
    struct message_entries saved = {NULL, 2 * sessions->n};
    saved.entry = must_calloc(saved.n + 1, sizeof *saved.entry);
    for (size_t i = 0; i < sessions->n; i++) {
        const struct session *session = &sessions->session[i];
        saved.entry[2 * i].term = session->client;
        saved.entry[2 * i + 1].term = session->sequence;
        saved.entry[2 * i + 1].command =
            (struct message_bytes){session->answer->bytes, session->answer->n};
    }
    return saved;
}

void sessions_restore(struct sessions *sessions, struct message_entries saved)
{
    for (size_t i = 0; i + 1 < saved.n; i += 2) {
        struct message_bytes answer = saved.entry[i + 1].command;
        use(sessions,
            (struct session){saved.entry[i].term, saved.entry[i + 1].term,
                             blob_new(answer.at, answer.n)});
    }
}
