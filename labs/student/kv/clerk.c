// clerk.c -- a client's side: finds the leader, and asks until it is answered.
#include "kv.h"

#include <stdlib.h>

#include "base/die.h"
#include "base/guard.h"
#include "base/thread.h"

enum { PAUSE_MS = 30 };

struct LOCK_CLASS("clerk lock") clerk_lock;
extern struct clerk_lock clerk_lock;

struct clerk {
    struct clerk_config config; // fixed after birth
    struct crew crew;           // whoever is inside
    pthread_mutex_t mutex;
    bool killed GUARDED_BY(clerk_lock);

    // Of the one thread that asks.
    uint64_t client, sequence;
    int server;     // that is asked next
    uint8_t *bytes; // of the latest answer
};

static bool is_killed(struct clerk *clerk) UNCHECKED_LOCKING
{
    must(pthread_mutex_lock(&clerk->mutex), "lock");
    bool killed = clerk->killed;
    must(pthread_mutex_unlock(&clerk->mutex), "unlock");
    return killed;
}

// Asks one server. False: it gave no answer that is one.
static bool ask_one(struct clerk *clerk, const uint8_t *request, size_t n,
                    struct kv_reply *reply)
{
    size_t n_reply = 0;
    free(clerk->bytes);
    clerk->bytes = NULL;
    *reply = (struct kv_reply){.status = KV_WRONG_LEADER};
    return clerk->config.call(clerk->config.context, clerk->server,
                              service_rpcs[RPC_CLIENT_REQUEST].method, request,
                              n, &clerk->bytes, &n_reply) &&
           message_decode(&kv_reply_type, clerk->bytes, n_reply, reply) &&
           reply->status != KV_WRONG_LEADER;
}

// Asks one server after the other until one answers. False: killed.
static bool ask(struct clerk *clerk, const struct kv_request *request,
                struct kv_reply *reply)
{
    // Your code here (lab 5). This asks one server, once.
    size_t n;
    uint8_t *bytes = message_encode(&kv_request_type, request, &n);
    bool answered = ask_one(clerk, bytes, n, reply);
    free(bytes);
    return answered && !is_killed(clerk);
}

struct clerk *clerk_make(const struct clerk_config *config)
{
    struct clerk *clerk = must_calloc(1, sizeof *clerk);
    clerk->config = *config;
    must(pthread_mutex_init(&clerk->mutex, NULL), "pthread_mutex_init");
    crew_init(&clerk->crew, NULL);
    return clerk;
}

bool clerk_ask(struct clerk *clerk, const struct kv_request *request,
               struct kv_reply *reply)
{
    // Your code here (lab 5): [KV.4] a session, opened by the first request,
    // and a number for each. False also where the session is gone.
    crew_enter(&clerk->crew);
    bool done = ask(clerk, request, reply);
    crew_leave(&clerk->crew);
    return done;
}

void clerk_kill(struct clerk *clerk) UNCHECKED_LOCKING
{
    must(pthread_mutex_lock(&clerk->mutex), "lock");
    clerk->killed = true;
    must(pthread_mutex_unlock(&clerk->mutex), "unlock");
}

void clerk_free(struct clerk *clerk)
{
    clerk_kill(clerk);
    crew_end(&clerk->crew);
    pthread_mutex_destroy(&clerk->mutex);
    free(clerk->bytes);
    free(clerk);
}
