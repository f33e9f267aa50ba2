// kv_api.c -- see kv_api.h.
#include "kv_api.h"

#include "object.h"

const struct kv_api *kv_api_reference(void)
{
#ifdef GLASSRAFT_KV
    static const struct kv_api reference = {
        kv_make,    kv_apply,  kv_handle,  kv_kill,    kv_free,
        clerk_make, clerk_ask, clerk_kill, clerk_free,
    };
    return &reference;
#else
    return NULL;
#endif
}

bool kv_api_load(const char *path, struct kv_api *api, char error[300])
{
    const struct object_function functions[] = {
        OBJECT_FUNCTION("kv_make", api->make),
        OBJECT_FUNCTION("kv_apply", api->apply),
        OBJECT_FUNCTION("kv_handle", api->handle),
        OBJECT_FUNCTION("kv_kill", api->kill),
        OBJECT_FUNCTION("kv_free", api->free),
        OBJECT_FUNCTION("clerk_make", api->clerk_make),
        OBJECT_FUNCTION("clerk_ask", api->clerk_ask),
        OBJECT_FUNCTION("clerk_kill", api->clerk_kill),
        OBJECT_FUNCTION("clerk_free", api->clerk_free),
        {NULL, NULL, 0}};
    return object_load(path, functions, error) != NULL;
}
