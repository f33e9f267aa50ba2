// net.h -- the simulated RPC network: ends, servers, delay, loss, partitions.
//
// A client calls through an end; an end is connected to a server's name; a
// server is a handler behind that name. net_call() blocks the calling thread
// through the whole life of the call: request leg, handler (in a thread of
// its own), reply leg. The network copies bytes: peers share no memory. It
// knows nothing of Raft; a table of message_rpc lets it show decoded fields in
// the trace. Plain pthreads code: the same network runs simulated and real.
//
// Nodes are numbers 0..n_nodes-1 for directed links (cuts, delays); a client
// that is no node uses TRACE_NONE, and its links are never cut.
#ifndef GLASSRAFT_NET_H
#define GLASSRAFT_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/message.h"
#include "trace/trace.h"

struct net;
struct net_end;

// A server: answers a method call. Runs in its own thread, concurrently with
// itself. Borrows args; gives *reply (malloc'd, the network frees it). False:
// no such method or the arguments cannot be decoded; the caller gets no
// answer.
struct net_handler {
    bool (*handle)(void *context, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply);
    void *context;
};

struct net_config {
    int n_nodes;
    uint64_t seed; // of the network's own random stream
    // Of the stream from the moment on at which is_later() is true: it is asked
    // at each draw, with the network's lock held. NULL: there is no such one.
    uint64_t later_seed;
    bool (*is_later)(void *context);
    void *context;
    struct trace *trace;            // borrowed, may be NULL
    const struct message_rpc *rpcs; // for decoded fields; borrowed, may be NULL
    // Handlers in threads that wait for the next call of their method instead
    // of a fresh one per call: faster on the system's threads.
    bool pooled;
    // Called first thing in a handler's thread: it works for this node now.
    // NULL: nobody wants to know.
    void (*enter_node)(int node);
};

struct net *net_make(const struct net_config *config);
// From here on calls return false at once; those in flight are woken.
void net_stop(struct net *net);
// Waits until no call and no handler is left, then frees. Stops first.
void net_free(struct net *net);

// ---------------------------------------------------------- ends, servers

// A new end of node `from`, disabled and unconnected. Owned by the network and
// there until net_free(); what calls through it is a client for ever.
struct net_end *net_make_end(struct net *net, int from);
// The server that the end talks to, by name: the route follows the name when
// another server takes it.
void net_connect(struct net_end *end, const char *server);
void net_enable(struct net_end *end, bool enabled);
// Registers a server of node `node`; an existing name gets a new server and
// its calls in flight are dead.
void net_add_server(struct net *net, const char *name, int node,
                    struct net_handler handler);
void net_delete_server(struct net *net, const char *name);

// Sends args (borrowed) and waits for the outcome without a timeout of its
// own. True: *reply (given, free() it) holds *n_reply bytes. False: lost,
// cut, dead, or refused; whether the handler ran is unknown.
bool net_call(struct net_end *end, const char *method, const uint8_t *args,
              size_t n_args, uint8_t **reply, size_t *n_reply);

// ---------------------------------------------------------- knobs

// Any thread, any time. Times in virtual microseconds, probabilities in
// thousandths. All are off by default: reliable, no delay, nothing cut.
void net_reliable(struct net *net, bool reliable);
void net_long_delays(struct net *net, bool yes);
void net_long_reordering(struct net *net, bool yes);
// The directed link from -> to loses everything (requests and replies that
// travel in that direction) while cut.
void net_cut(struct net *net, int from, int to, bool cut);
bool net_is_cut(struct net *net, int from, int to);
// Extra delay of each leg on a directed link, uniform in [min_us, max_us].
// net_delay_all() sets it for all links, those of clients included.
void net_delay(struct net *net, int from, int to, uint64_t min_us,
               uint64_t max_us);
void net_delay_all(struct net *net, uint64_t min_us, uint64_t max_us);
// A request is delivered a second time, within `within_us` after the first.
void net_duplicate(struct net *net, int per_mille, uint64_t within_us);
// A request is late: its caller gets false at once or after its normal delay,
// the handler runs min_us..max_us later all the same.
void net_late(struct net *net, int per_mille, uint64_t min_us, uint64_t max_us);

// A call that cannot be delivered fails after exactly so long, not at random.
void net_fail_after(struct net *net, uint64_t us);

// A script's say over single legs: what happens to this one. NET_WAIT: it waits
// until net_decide(), the end of the network, or the death of who would get it.
enum net_fate { NET_PASS, NET_DROP, NET_HOLD, NET_TWICE, NET_WAIT };
struct net_leg {
    uint64_t msg;
    bool reply;   // false: request
    int from, to; // nodes, in the direction of travel
    const char *method;
    const uint8_t *bytes;
    size_t n_bytes;
};
// Asked once for each leg before everything else, without a lock held. On
// NET_HOLD the leg waits *hold_us more. NULL removes it.
void net_script(struct net *net,
                enum net_fate (*judge)(void *context, const struct net_leg *leg,
                                       uint64_t *hold_us),
                void *context);

// What becomes of a leg that waits: NET_PASS or NET_DROP. False: none does.
bool net_decide(struct net *net, uint64_t msg, bool reply, enum net_fate fate);
// A request arrives once more, at the server that `to` is by now, with nobody
// to get its answer; returns at once. False: that server is down.
bool net_again(struct net *net, const struct net_leg *request);

// ---------------------------------------------------------- counters

uint64_t net_total_calls(struct net *net); // every call, at intake
uint64_t net_total_bytes(struct net *net); // args + delivered replies
// Requests dispatched to the current server of that name; 0 when deleted.
uint64_t net_server_calls(struct net *net, const char *server);

#endif
