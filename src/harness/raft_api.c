// raft_api.c -- see raft_api.h.
#include "raft_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "object.h"

#ifdef GLASSRAFT_REFERENCE
#pragma weak raft_leader // a Raft in its place may have none: NULL then
#endif
const struct raft_api *raft_api_reference(void)
{
#ifdef GLASSRAFT_REFERENCE
    static struct raft_api reference = {.make = raft_make,
                                        .start = raft_start,
                                        .get_state = raft_get_state,
                                        .snapshot = raft_snapshot,
                                        .handle = raft_handle,
                                        .leader = raft_leader,
                                        .kill = raft_kill,
                                        .free = raft_free};
    reference.rpcs = raft_rpcs;
    return &reference;
#else
    return NULL;
#endif
}

bool raft_api_load(const char *path, struct raft_api *api, char error[300])
{
    const struct object_function functions[] = {
        OBJECT_FUNCTION("raft_make", api->make),
        OBJECT_FUNCTION("raft_start", api->start),
        OBJECT_FUNCTION("raft_get_state", api->get_state),
        OBJECT_FUNCTION("raft_snapshot", api->snapshot),
        OBJECT_FUNCTION("raft_handle", api->handle),
        OBJECT_FUNCTION("raft_kill", api->kill),
        OBJECT_FUNCTION("raft_free", api->free),
        {NULL, NULL, 0}};
    void *object = object_load(path, functions, error);
    if (object == NULL)
        return false;
    const struct message_rpc *const *rpcs = dlsym(object, "raft_rpcs");
    if (rpcs == NULL) {
        snprintf(error, 300, "%.200s: has no raft_rpcs", path);
        return false;
    }
    api->rpcs = *rpcs;
    void *leader = dlsym(object, "raft_leader");
    memcpy(&api->leader, &leader, sizeof leader); // as object_load() does
    return true;
}
