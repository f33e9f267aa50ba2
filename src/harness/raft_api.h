// raft_api.h -- the Raft under test, as a table of raft.h's functions.
//
// The lab calls a Raft only through this table. The reference is linked in
// (unless the tree has none, as students get it); any other is a shared object
// that labs/build-raft has made of a folder, loaded by the process that runs
// the scenario and by nobody else.
#ifndef GLASSRAFT_RAFT_API_H
#define GLASSRAFT_RAFT_API_H

#include "raft/raft.h"

struct raft_api {
    struct raft *(*make)(const struct raft_config *config);
    bool (*start)(struct raft *rf, const void *command, size_t n_bytes,
                  raft_index *index, raft_term *term);
    void (*get_state)(struct raft *rf, raft_term *term, bool *is_leader);
    void (*snapshot)(struct raft *rf, raft_index index, const void *bytes,
                     size_t n_bytes);
    bool (*handle)(struct raft *rf, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply);
    int (*leader)(struct raft *rf); // NULL: it gives no hints
    void (*kill)(struct raft *rf);
    void (*free)(struct raft *rf);
    const struct message_rpc *rpcs;
};

// The reference's; NULL when this program has none.
const struct raft_api *raft_api_reference(void);

// Loads a shared object for good and fills in its table. False with one line
// in error. Runs the object's constructors, if it has any.
bool raft_api_load(const char *path, struct raft_api *api, char error[300]);

#endif
