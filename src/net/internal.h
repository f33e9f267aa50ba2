// internal.h -- what net.c (objects, knobs), call.c (the life of a call) and
// the files below them share.
#ifndef GLASSRAFT_NET_INTERNAL_H
#define GLASSRAFT_NET_INTERNAL_H

#include "net.h"
#include "base/thread.h"

// A name and the server behind it. Slots stay; servers come and go, each with
// a generation of its own, so that a call knows when its server is gone.
struct slot {
    struct slot *next;
    char name[32];
    int node;
    uint64_t generation; // 0 = deleted
    struct net_handler handler;
    uint64_t n_calls; // dispatched to this generation
};

struct net_end {
    struct net_end *next;
    struct net *net;
    int from;
    bool enabled;
    struct slot *slot; // NULL = not connected
};

struct link {
    bool cut;
    uint64_t min_us, max_us;
};

// A call that somebody waits for, shared by its caller and its handler. The
// later of the two frees it.
struct pending {
    struct pending *next, *previous; // in net->pending while the caller waits
    pthread_cond_t changed;          // signalled by: the handler, net_wake_dead
    struct net_end *end;
    struct slot *slot;
    uint64_t generation;
    int n_users;
    bool done, answered;
    uint8_t *reply;
    size_t n_reply;
    uint64_t reply_event;
};

// A leg that waits for net_decide(), in its caller's thread.
struct held {
    struct held *next;
    pthread_cond_t changed; // signalled by: net_decide, net_wake_held
    uint64_t msg;
    bool reply, decided;
    enum net_fate fate;
};

// A request on its way to a handler.
struct job {
    struct net *net;
    struct pending *pending; // NULL: nobody waits for the answer
    struct slot *slot;
    uint64_t generation;
    const struct message_rpc *rpc; // NULL: not registered
    uint64_t msg, send_event, delay_us;
    int from, to;
    size_t n_args;
    const char *method;
    const uint8_t *args;
    char bytes[]; // method and args
};

struct worker {
    struct worker *next;
    pthread_cond_t changed; // signalled by: call.c when a job is there, stop
    struct job *job;
    char name[16]; // the thread's: of the method it has served last
};

struct net {
    struct net_config config;
    pthread_mutex_t mutex; // guards everything below, and all of the above
    pthread_cond_t idle;   // signalled when n_busy or n_workers becomes 0
    bool stopped;
    uint64_t random, n_messages, n_generations;
    struct slot *slots;
    struct net_end *ends;
    struct pending *pending;
    struct held *held;
    bool fails_after; // a fixed time
    uint64_t fail_us;
    int n_busy; // calls, handlers and carriers under way
    int n_workers;
    struct worker *idle_workers;

    bool reliable, long_delays, long_reordering;
    struct link *links; // [from * n_nodes + to]
    struct link client; // of clients that are no node
    int duplicate_per_mille, late_per_mille;
    uint64_t duplicate_within_us, late_min_us, late_max_us;
    enum net_fate (*judge)(void *context, const struct net_leg *leg,
                           uint64_t *hold_us);
    void *judge_context;

    uint64_t total_calls, total_bytes;
};

// lock.c
void net_lock(struct net *net);
void net_unlock(struct net *net);
// The directed link; the mutex is held.
struct link *net_link(struct net *net, int from, int to);
// Uniform in 0 .. n-1; the mutex is held. One draw per statement.
uint64_t net_draw(struct net *net, uint64_t n);
// One busy thing less; the mutex is held.
void net_done(struct net *net);
// call.c: ends idle workers; the mutex is held.
void net_dismiss(struct net *net);

// What is drawn for a call at its start, all under one lock.
struct fate {
    bool deliverable, cut, lost, late, twice, reply_lost;
    uint64_t fail_us, delay_us, twice_us, late_us, hold_us;
    struct slot *slot;
    int to;    // its node
    bool gone; // not deliverable: one of the two servers is down
    uint64_t generation, msg;
    enum net_fate (*judge)(void *, const struct net_leg *, uint64_t *);
    void *judge_context;
};

// hold.c: the leg waits. NULL: *fate is decided; else why it is lost. A request
// is lost with its server's life, an answer with its caller's.
const char *net_hold(struct net *net, const struct net_end *end,
                     const struct fate *fate, bool reply,
                     enum net_fate *decided);
void net_wake_held(struct net *net); // the mutex is held

// fate.c; both need the lock.
bool net_is_gone(const struct net *net, int node);
uint64_t net_between(struct net *net, uint64_t min_us, uint64_t max_us);
struct fate net_draw_fate(struct net *net, const struct net_end *end);

// tell.c: events. The server's are the cause of what the thread does next.
void net_tell_drop(struct net *net, const struct job *job, const char *leg,
                   const char *why);
uint64_t net_tell_send(struct net *net, const struct job *job, bool duplicate);
uint64_t net_tell_at_server(struct net *net, const struct job *job,
                            enum trace_kind kind, uint64_t cause);
uint64_t net_tell_reply(struct net *net, const struct job *job, uint64_t cause,
                        struct message_bytes reply);

#endif
