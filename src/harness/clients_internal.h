// clients_internal.h -- what clients.c and asked.c share.
#ifndef GLASSRAFT_CLIENTS_INTERNAL_H
#define GLASSRAFT_CLIENTS_INTERNAL_H

#include "clients.h"
#include "internal.h"

#include <stdatomic.h>

#include "check/linear.h"

enum { MOST_TOLD = 64 };

struct client {
    struct client *next; // of all
    struct lab *lab;
    int number;
    struct net_end *end[LAB_MAX_SERVERS];
    struct clerk *clerk;     // NULL until it is asked
    struct sim_space *space; // its variables: a computer of its own
    uint64_t second;         // of the clerk's latest calls, and how many in it
    int n_calls;

    // Guarded by the clients' mutex.
    uint64_t session, sequence; // of one without a clerk
    bool killed;

    // What servers have answered to the clerk since it was asked: each status
    // as a bit (KV_EXPIRED: ever), and hashes of the last values, in turn.
    atomic_uint statuses;
    atomic_uint_least64_t named; // as the leader, by the last reply
    atomic_uint n_values;
    _Atomic uint64_t value[MOST_TOLD];
    const struct asked *asks; // what it was asked for last
    int n_tries;              // calls since then
    unsigned tried;           // the servers that they went to
};

// An operation of a client. What was asked is fixed when it begins.
struct asked {
    struct asked *next; // of all, in the order in which they began
    int client;
    uint64_t number; // of the client's operations
    enum kv_kind kind;
    char *key, *value, *expected; // value and expected may be NULL
    uint64_t session, sequence;   // of a client without a clerk
    uint64_t event;               // its invocation
    uint64_t begin_ms;
    struct client *by_clerk; // NULL: without one

    // Guarded by the clients' mutex.
    enum linear_outcome outcome;
    bool over;    // answered, or given up
    char *answer; // of a get, or a cas that was refused
    uint64_t took_ms;
};

struct lab_clients {
    struct lab *lab;
    struct crew crew; // of calls

    pthread_mutex_t mutex; // guards everything below
    int n_clients;
    struct client *newest;
    struct asked *first, **last;
    size_t n_asked;
    int n_answered;
};

struct asked *asked_begin(struct lab_clients *clients, int client,
                          enum kv_kind kind, const char *key, const char *value,
                          const char *expected);
// It was answered; nothing when it has been before.
void asked_end(struct lab_clients *clients, struct asked *asked,
               const struct kv_reply *reply);
// Nobody knows what becomes of it. A client that is dead says nothing any more.
void asked_give_up(struct lab_clients *clients, struct asked *asked, bool dead);
// What some clerk has been asking for the longest time; NULL: none is asking.
const struct asked *asked_waiting(struct lab_clients *clients);
// "C1's append of a".
void asked_name(const struct asked *asked, char *words, size_t n);
void asked_free(struct lab_clients *clients);

// clerk_judge.c: its clerk calls a server, and has its answer; and what it says
// in the end, NULL: it gave up.
void clerk_calls(struct client *client, int server);
_Noreturn void clerk_strays(struct client *client, int server); // to none
_Noreturn void clerk_rests_not(struct client *client, int n_calls, int server);
// Ends the run when what it is asked for takes too long, whoever waits for it.
void clerk_lasts(struct client *client);
void clerk_replied(struct client *client, const uint8_t *bytes, size_t n);
void clerk_judge(struct client *client, const struct asked *asked,
                 const struct kv_reply *reply);

#endif
