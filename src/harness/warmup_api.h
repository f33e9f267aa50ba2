// warmup_api.h -- the warm-up under test, as a table of warmup.h's functions.
//
// As raft_api.h for the Rafts: our solution is linked in where the tree has
// it, any other is a shared object.
#ifndef GLASSRAFT_WARMUP_API_H
#define GLASSRAFT_WARMUP_API_H

#include "warmup.h"

struct warmup_api {
    struct counter *(*counter_make)(const struct warmup_config *config);
    bool (*counter_handle)(struct counter *counter, const char *method,
                           const uint8_t *args, size_t n_args, uint8_t **reply,
                           size_t *n_reply);
    void (*counter_kill)(struct counter *counter);
    void (*counter_free)(struct counter *counter);
    struct pinger *(*ping_make)(const struct warmup_config *config);
    bool (*ping_handle)(struct pinger *pinger, const char *method,
                        const uint8_t *args, size_t n_args, uint8_t **reply,
                        size_t *n_reply);
    int (*ping_all)(struct pinger *pinger, uint64_t timeout_ms);
    void (*ping_watch)(struct pinger *pinger);
    bool (*ping_is_alive)(struct pinger *pinger, int peer);
    void (*ping_kill)(struct pinger *pinger);
    void (*ping_free)(struct pinger *pinger);
};

// Is our solution linked in?
bool warmup_api_linked(void);
// Of a scenario: loads the warm-up of that path, NULL for the one that is
// linked in. False with one line in error.
bool warmup_api_load(const char *path, char error[300]);
// What was loaded.
const struct warmup_api *warmup_api(void);

#endif
