// warmup_api.c -- see warmup_api.h.
#include "warmup_api.h"

#include <stdio.h>

#include "object.h"

MESSAGE_DEFINE(add_args, ADD_ARGS);
MESSAGE_DEFINE(add_reply, ADD_REPLY);
MESSAGE_DEFINE(get_args, GET_ARGS);
MESSAGE_DEFINE(get_reply, GET_REPLY);
MESSAGE_DEFINE(audit_args, AUDIT_ARGS);
MESSAGE_DEFINE(audit_reply, AUDIT_REPLY);
MESSAGE_DEFINE(ping_args, PING_ARGS);
MESSAGE_DEFINE(ping_reply, PING_REPLY);

const struct message_rpc warmup_rpcs[] = {
    {"Counter.Add", &add_args_type, &add_reply_type},
    {"Counter.Get", &get_args_type, &get_reply_type},
    {"Counter.Audit", &audit_args_type, &audit_reply_type},
    {"Ping", &ping_args_type, &ping_reply_type},
    {NULL, NULL, NULL},
};

// A process runs one scenario, of one warm-up.
static struct warmup_api loaded;

const struct warmup_api *warmup_api(void)
{
    return &loaded;
}

bool warmup_api_linked(void)
{
#ifdef GLASSRAFT_WARMUP
    return true;
#else
    return false;
#endif
}

static bool load_solution(char error[300])
{
#ifdef GLASSRAFT_WARMUP
    (void)error;
    loaded = (struct warmup_api){
        counter_make,  counter_handle, counter_kill, counter_free,
        ping_make,     ping_handle,    ping_all,     ping_watch,
        ping_is_alive, ping_kill,      ping_free,
    };
    return true;
#else
    snprintf(error, 300, "this program has no warm-up of its own to run");
    return false;
#endif
}

bool warmup_api_load(const char *path, char error[300])
{
    struct warmup_api *api = &loaded;
    const struct object_function functions[] = {
        OBJECT_FUNCTION("counter_make", api->counter_make),
        OBJECT_FUNCTION("counter_handle", api->counter_handle),
        OBJECT_FUNCTION("counter_kill", api->counter_kill),
        OBJECT_FUNCTION("counter_free", api->counter_free),
        OBJECT_FUNCTION("ping_make", api->ping_make),
        OBJECT_FUNCTION("ping_handle", api->ping_handle),
        OBJECT_FUNCTION("ping_all", api->ping_all),
        OBJECT_FUNCTION("ping_watch", api->ping_watch),
        OBJECT_FUNCTION("ping_is_alive", api->ping_is_alive),
        OBJECT_FUNCTION("ping_kill", api->ping_kill),
        OBJECT_FUNCTION("ping_free", api->ping_free),
        {NULL, NULL, 0}};
    return path == NULL ? load_solution(error)
                        : object_load(path, functions, error) != NULL;
}
