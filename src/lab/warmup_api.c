// warmup_api.c -- see warmup_api.h.
#include "warmup_api.h"

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

const struct warmup_api *warmup_api(void)
{
    static const struct warmup_api linked = {
        counter_make, counter_handle, counter_kill,  counter_free, ping_make,
        ping_handle,  ping_all,       ping_is_alive, ping_kill,    ping_free,
    };
    return &linked;
}
