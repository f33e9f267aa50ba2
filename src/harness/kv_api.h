// kv_api.h -- the key/value service under test, as a table of kv.h's functions.
//
// As raft_api.h for the Rafts: the reference is linked in where the tree has
// it; any other is in a shared object, beside the Raft that it runs on.
#ifndef GLASSRAFT_KV_API_H
#define GLASSRAFT_KV_API_H

#include "kv/kv.h"

struct kv_api {
    struct kv *(*make)(const struct kv_config *config);
    void (*apply)(struct kv *kv, const struct raft_message *message);
    bool (*handle)(struct kv *kv, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply);
    void (*kill)(struct kv *kv);
    void (*free)(struct kv *kv);
    struct clerk *(*clerk_make)(const struct clerk_config *config);
    bool (*clerk_ask)(struct clerk *clerk, const struct kv_request *request,
                      struct kv_reply *reply);
    void (*clerk_kill)(struct clerk *clerk);
    void (*clerk_free)(struct clerk *clerk);
};

// The reference's; NULL when this program has none.
const struct kv_api *kv_api_reference(void);

// Loads a shared object for good and fills in its table. False with one line
// in error.
bool kv_api_load(const char *path, struct kv_api *api, char error[300]);

#endif
