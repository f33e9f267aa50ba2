// stub.c -- see stub.h.
#include "stub.h"

#include <stdlib.h>

#include "base/die.h"

static bool decode(const struct message_type *type, const uint8_t *bytes,
                   size_t n, void *value)
{
    bool good = message_decode(type, bytes, n, value);
    for (const struct message_field *f = type->fields; f->name != NULL; f++)
        if (f->type == MESSAGE_NUMBER)
            good &= *(const uint64_t *)((char *)value + f->offset) < STUB_MAX;
    if (!good)
        message_clear(type, value);
    return good;
}

struct stub_request stub_request(const struct message_rpc *rpc,
                                 const void *args)
{
    struct stub_request request = {.rpc = rpc};
    request.bytes = message_encode(rpc->args, args, &request.n);
    return request;
}

bool stub_call(bool (*call)(void *context, int peer, const char *method,
                            const uint8_t *args, size_t n_args, uint8_t **reply,
                            size_t *n_reply),
               void *context, int peer, struct stub_request request,
               void *reply)
{
    size_t n;
    uint8_t *bytes;
    bool answered = call(context, peer, request.rpc->method, request.bytes,
                         request.n, &bytes, &n);
    free(request.bytes);
    if (!answered)
        return false;
    answered = decode(request.rpc->reply, bytes, n, reply);
    free(bytes);
    return answered;
}

bool stub_serve(const struct message_rpc *table,
                bool (*answer)(void *context, const struct message_rpc *rpc,
                               const void *args, void *reply),
                void *context, const char *method, const uint8_t *args,
                size_t n_args, uint8_t **reply, size_t *n_reply)
{
    const struct message_rpc *rpc = message_find(table, method);
    if (rpc == NULL)
        return false;
    void *request = must_calloc(1, rpc->args->size);
    void *result = must_calloc(1, rpc->reply->size);
    bool answered = decode(rpc->args, args, n_args, request) &&
                    answer(context, rpc, request, result);
    if (answered)
        *reply = message_encode(rpc->reply, result, n_reply);
    message_clear(rpc->args, request);
    free(request);
    free(result);
    return answered;
}
