// clients_internal.h -- what clients.c and asked.c share.
#ifndef GLASSRAFT_CLIENTS_INTERNAL_H
#define GLASSRAFT_CLIENTS_INTERNAL_H

#include "clients.h"
#include "internal.h"

#include "check/linear.h"

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
    bool by_clerk;

    // Guarded by the clients' mutex.
    enum linear_outcome outcome;
    bool over;    // answered, or given up
    char *answer; // of a get
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
// Is some clerk asking? Then for what, for the longest time.
bool asked_is_waiting(struct lab_clients *clients, char *words, size_t n);
void asked_free(struct lab_clients *clients);

#endif
