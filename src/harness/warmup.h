// warmup.h -- lab 0: a counter and a ping, as the lab's stories use them.
//
// Each server of a warm-up cluster has a counter, to which others add by RPC,
// and a pinger, which asks the others by RPC who is there. The functions below
// are the student's. They are made like those of a Raft in labs 1 to 4: the
// owner gives a function for outgoing calls, incoming ones enter as a method's
// name and bytes, and an end has two steps: *_kill() tells, *_free() waits.
//
// Functions may be called from many threads at once, except where they say
// otherwise. Outgoing calls are made with no lock held.
#ifndef GLASSRAFT_WARMUP_H
#define GLASSRAFT_WARMUP_H

#include "wire/declare.h"
#include "trace/trace.h"

// ------------------------------------------------------------ messages

// Each list makes a struct and the table by which it is encoded: struct
// add_args with its one field `uint64_t amount`, and so on.
// clang-format off
#define ADD_ARGS(F, m) F(NUMBER, m, amount)
MESSAGE_DECLARE(add_args, ADD_ARGS);
#define ADD_REPLY(F, m) F(NUMBER, m, value)
MESSAGE_DECLARE(add_reply, ADD_REPLY);

#define GET_ARGS(F, m) F(NUMBER, m, at_least)
MESSAGE_DECLARE(get_args, GET_ARGS);
#define GET_REPLY(F, m) F(NUMBER, m, value)
MESSAGE_DECLARE(get_reply, GET_REPLY);

#define AUDIT_ARGS(F, m) F(NUMBER, m, auditor_id)
MESSAGE_DECLARE(audit_args, AUDIT_ARGS);
#define AUDIT_REPLY(F, m) F(NUMBER, m, value) F(NUMBER, m, sum)
MESSAGE_DECLARE(audit_reply, AUDIT_REPLY);

#define PING_ARGS(F, m) F(NUMBER, m, sender_id) F(NUMBER, m, round)
MESSAGE_DECLARE(ping_args, PING_ARGS);
#define PING_REPLY(F, m) F(NUMBER, m, round)
MESSAGE_DECLARE(ping_reply, PING_REPLY);
// clang-format on

// The methods "Counter.Add", "Counter.Get", "Counter.Audit" and "Ping" with
// their messages; ends with method NULL.
extern const struct message_rpc warmup_rpcs[];
enum { RPC_ADD, RPC_GET, RPC_AUDIT, RPC_PING };

// ------------------------------------------------------------ both of them

struct warmup_config {
    int n_peers;   // servers of the cluster, this one included
    int me;        // 0 .. n_peers-1
    void *context; // first argument of call()

    // Calls a method of a peer and blocks until the outcome, which may take
    // seconds. Borrows args; true gives *reply (malloc'd, this side frees
    // it). False: no answer. Has the form that stub_call() wants.
    bool (*call)(void *context, int peer, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply);
    struct trace *trace; // borrowed; for trace_note()
};

// ------------------------------------------------------------ the counter

struct counter;

// A counter of value 0. The config is copied.
struct counter *counter_make(const struct warmup_config *config);

// An incoming call. Borrows args; true gives *reply (malloc'd). False when the
// method is unknown, the arguments do not decode, or the counter was killed.
// - Counter.Add adds an amount and answers with the value that this made.
// - Counter.Get answers with the value as soon as it is at_least or more, and
//   blocks until then.
// - Counter.Audit answers with the value and with the sum of all amounts that
//   were ever added, both of the same moment.
bool counter_handle(struct counter *counter, const char *method,
                    const uint8_t *args, size_t n_args, uint8_t **reply,
                    size_t *n_reply);

// Tells the counter to stop; returns at once. From then on it answers nothing,
// and calls that wait end without an answer.
void counter_kill(struct counter *counter);

// Frees. The owner has killed it, and no call is in it any more.
void counter_free(struct counter *counter);

// ------------------------------------------------------------ the pinger

// A pinger that watches pings all its peers every PING_EVERY_MS. A peer is
// alive while its last answer is no older than ALIVE_MS.
enum { PING_EVERY_MS = 100, ALIVE_MS = 350 };

struct pinger;

// A pinger that knows nothing yet. The config is copied.
struct pinger *ping_make(const struct warmup_config *config);

// An incoming Ping; answers with the round that it came with.
bool ping_handle(struct pinger *pinger, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply);

// Pings all peers, all at once, and returns how many servers have answered,
// the caller itself included: as soon as these are a majority of the cluster,
// and otherwise when timeout_ms are over. Only answers to this very round
// count. One call at a time.
int ping_all(struct pinger *pinger, uint64_t timeout_ms);

// Starts to watch, in a thread of the pinger's own, until ping_kill(). Called
// once at most.
void ping_watch(struct pinger *pinger);

// Has this peer answered any ping within the last ALIVE_MS? Does not block.
bool ping_is_alive(struct pinger *pinger, int peer);

// Tells the pinger to stop; returns at once. From then on it sends and answers
// nothing, and a ping_all() that waits returns.
void ping_kill(struct pinger *pinger);

// Waits until all threads of the pinger are gone, also those whose calls are
// still under way, and frees. The owner has killed it, and no call of the
// owner's is in it any more.
void ping_free(struct pinger *pinger);

#endif
