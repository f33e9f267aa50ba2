// kv.c -- birth and death of a server of the service, and its front door.
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SESSIONS = 64 }; // the default

struct kv *kv_make(const struct kv_config *config)
{
    struct kv *kv = must_calloc(1, sizeof *kv);
    struct errand none = {0};
    kv->config = *config;
    kv->sessions.max =
        config->max_sessions > 0 ? config->max_sessions : MAX_SESSIONS;
    if (config->saved.n > 0)
        rsm_restore(kv, config->saved);
    must(pthread_mutex_init(&kv->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&kv->watch_wakes, NULL), "pthread_cond_init");
    crew_init(&kv->crew, NULL);
    crew_send(&kv->crew, "watch", rsm_watch_thread, kv, none);
    return kv;
}

static bool serve(struct kv *kv, const char *method, struct message_bytes args,
                  uint8_t **reply, size_t *n_reply)
{
    struct kv_request request;
    struct blob *answer = NULL;
    if (message_find(service_rpcs, method) == NULL ||
        !rsm_accepts(args, &request))
        return false;
    enum rsm_outcome outcome = rsm_submit(kv, args, &answer);
    if (outcome == RSM_LOST) {
        int leader = kv->config.leader(kv->config.context);
        struct kv_reply other = {.status = KV_WRONG_LEADER,
                                 .leader = (uint64_t)(leader + 1)};
        *reply = message_encode(&kv_reply_type, &other, n_reply);
    } else if (outcome == RSM_APPLIED) {
        *n_reply = answer->n;
        *reply = must_copy(answer->bytes, answer->n);
    }
    blob_drop(answer);
    return outcome != RSM_KILLED;
}

bool kv_handle(struct kv *kv, const char *method, const uint8_t *args,
               size_t n_args, uint8_t **reply, size_t *n_reply)
{
    crew_enter(&kv->crew);
    bool answered =
        serve(kv, method, (struct message_bytes){args, n_args}, reply, n_reply);
    crew_leave(&kv->crew);
    return answered;
}

void kv_kill(struct kv *kv)
{
    rsm_kill(kv);
}

void kv_free(struct kv *kv)
{
    rsm_kill(kv);
    crew_end(&kv->crew);
    store_clear(&kv->store);
    sessions_clear(&kv->sessions);
    pthread_cond_destroy(&kv->watch_wakes);
    pthread_mutex_destroy(&kv->mutex);
    free(kv);
}
