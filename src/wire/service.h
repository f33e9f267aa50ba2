// service.h -- what clients and servers of the key/value service say.
//
// One method for everything, as ClientRequest and RegisterClient of Figure 6.1
// (Diss. §6.3). They stand here, below the service, since scenarios speak them
// as well: they play a client that forgets, repeats, or dies.
#ifndef GLASSRAFT_SERVICE_H
#define GLASSRAFT_SERVICE_H

#include "declare.h"

// What a request asks for. The letters can be read in pictures of logs.
enum kv_kind {
    KV_GET = 'g',
    KV_PUT = 'p',
    KV_APPEND = 'a',
    KV_CAS = 'c',      // puts value if the key has the value `expected`
    KV_REGISTER = 'r', // opens a session; no key, no value
};

// How it went. A wrong leader is no promise that nothing happened or will.
enum kv_status {
    KV_OK,
    KV_REFUSED,      // a KV_CAS that met another value
    KV_WRONG_LEADER, // not applied here: ask another server
    KV_EXPIRED,      // the session is no more, or a later request was done
};

// clang-format off
// client: the session's number; 0 for none, and the request then happens each
// time that it is sent. sequence: 1, 2, 3 ... in a session; a retry has the
// number of what it repeats.
#define KV_REQUEST(F, m) \
    F(NUMBER, m, kind) F(BYTES, m, key) F(BYTES, m, value) \
    F(BYTES, m, expected) F(NUMBER, m, client) F(NUMBER, m, sequence)
MESSAGE_DECLARE(kv_request, KV_REQUEST);

// index: where the request was applied when it happened; for KV_REGISTER that
// is the session's number. value: what a KV_GET found, and what a KV_CAS met
// that was refused. leader: of a wrong leader, the server that may lead,
// counted from 1; 0: no idea.
#define KV_REPLY(F, m) \
    F(NUMBER, m, status) F(NUMBER, m, index) F(BYTES, m, value) \
    F(NUMBER, m, leader)
MESSAGE_DECLARE(kv_reply, KV_REPLY);
// clang-format on

extern const struct message_rpc service_rpcs[]; // ends with method NULL
enum { RPC_CLIENT_REQUEST };

#endif
