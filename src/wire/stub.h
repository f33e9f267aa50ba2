// stub.h -- both ends of a call, as structs instead of bytes.
//
// The caller's side makes a request from a struct, sends it by any transport
// and fills a reply struct; the server's side decodes, lets a function answer,
// and encodes. Which messages there are is in the user's table of methods.
#ifndef GLASSRAFT_STUB_H
#define GLASSRAFT_STUB_H

#include "message.h"

// A request, encoded: it no longer borrows from what it was made of. Made
// under a lock, sent without it.
struct stub_request {
    const struct message_rpc *rpc; // borrowed
    uint8_t *bytes;                // stub_call() frees them
    size_t n;
};

struct stub_request stub_request(const struct message_rpc *rpc,
                                 const void *args);

// Calls the peer through `call` (as raft_config.call) and blocks until the
// outcome. Takes the request; true: *reply is filled in (the struct of
// rpc->reply; message_clear() it if it has entries). Byte strings in it are
// gone, only their lengths are left. False: no answer, or none that decodes, or
// one with a number that leaves no room to count on (STUB_MAX).
#define STUB_MAX (UINT64_C(1) << 62)
bool stub_call(bool (*call)(void *context, int peer, const char *method,
                            const uint8_t *args, size_t n_args, uint8_t **reply,
                            size_t *n_reply),
               void *context, int peer, struct stub_request request,
               void *reply);

// Answers a call by a method of the table: answer() gets the decoded args and
// a zeroed reply; its false means no answer. True gives *reply (malloc'd).
// False also when the method is unknown, the bytes do not decode, or a number
// is STUB_MAX or more.
bool stub_serve(const struct message_rpc *table,
                bool (*answer)(void *context, const struct message_rpc *rpc,
                               const void *args, void *reply),
                void *context, const char *method, const uint8_t *args,
                size_t n_args, uint8_t **reply, size_t *n_reply);

#endif
