// service.c -- the tables behind service.h.
#include "service.h"

MESSAGE_DEFINE(kv_request, KV_REQUEST);
MESSAGE_DEFINE(kv_reply, KV_REPLY);

const struct message_rpc service_rpcs[] = {
    {"ClientRequest", &kv_request_type, &kv_reply_type},
    {NULL, NULL, NULL},
};
