// raft_api.c -- see raft_api.h.
#include "raft_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#ifdef GLASSRAFT_REFERENCE
const struct raft_api *raft_api_reference(void)
{
    static struct raft_api reference = {.make = raft_make,
                                        .start = raft_start,
                                        .get_state = raft_get_state,
                                        .snapshot = raft_snapshot,
                                        .handle = raft_handle,
                                        .kill = raft_kill,
                                        .free = raft_free};
    reference.rpcs = raft_rpcs;
    return &reference;
}
#else
const struct raft_api *raft_api_reference(void)
{
    return NULL;
}
#endif

// dlsym() gives a data pointer, also for a function: POSIX wants the bytes
// taken over.
static bool find(void *object, const char *name, void *at, size_t n)
{
    void *symbol = dlsym(object, name);
    memcpy(at, &symbol, n);
    return symbol != NULL;
}

bool raft_api_load(const char *path, struct raft_api *api, char error[300])
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        snprintf(error, 300, "%.290s", dlerror());
        return false;
    }
    struct {
        const char *name;
        void *at;
        size_t n;
    } functions[] = {{"raft_make", &api->make, sizeof api->make},
                     {"raft_start", &api->start, sizeof api->start},
                     {"raft_get_state", &api->get_state, sizeof api->get_state},
                     {"raft_snapshot", &api->snapshot, sizeof api->snapshot},
                     {"raft_handle", &api->handle, sizeof api->handle},
                     {"raft_kill", &api->kill, sizeof api->kill},
                     {"raft_free", &api->free, sizeof api->free}};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (!find(object, functions[i].name, functions[i].at, functions[i].n)) {
            snprintf(error, 300, "%.200s: has no %s()", path,
                     functions[i].name);
            return false;
        }
    const struct message_rpc *const *rpcs = dlsym(object, "raft_rpcs");
    if (rpcs == NULL) {
        snprintf(error, 300, "%.200s: has no raft_rpcs", path);
        return false;
    }
    api->rpcs = *rpcs;
    return true;
}
