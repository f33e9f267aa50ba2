// service_story.h -- the words that stories of a key/value service are told in.
//
// Clients that work side by side, each in a thread of its own, and the faults
// around them.
#ifndef GLASSRAFT_SERVICE_STORY_H
#define GLASSRAFT_SERVICE_STORY_H

#include "story.h"

#include "harness/clients.h"

enum { MOST_CLIENTS = 100 };

// Threads of clients, one for each; each does body() once. Clients stay the
// same when a crowd begins again. Zeroed at first.
struct worker {
    struct lab *lab;
    struct client *client;
    int number; // 0 .. n-1
    void (*body)(struct worker *worker);
    void *story;
    pthread_t thread;
};
struct crowd {
    struct lab *lab;
    int n;
    struct worker worker[MOST_CLIENTS];
};
void crowd_begin(struct crowd *crowd, struct lab *lab, int n,
                 void (*body)(struct worker *worker), void *story);
// Waits for all; fails when a clerk's request is not answered for so long.
void crowd_end(struct crowd *crowd, uint64_t ms);

// What clients do for some rounds, and what happens meanwhile.
struct load {
    int n_clients;
    int n_keys;     // that they write and read; 1 = all the same
    int n_rounds;   // 0 = 3
    int round_ms;   // 0 = 1000
    int pause_ms;   // of a client between two requests, at most; 0 = 40
    bool partition; // the servers, in two, and again
    bool restart;   // all at once, after each round
};
// Runs the load, and then reads all keys once more.
void work(struct lab *lab, const struct load *load);

// A get by a clerk that must have this answer.
void expect(struct lab *lab, struct client *client, const char *key,
            const char *value);
// A value of its own for each client and number: "3.7 ".
void token(char text[24], int client, int number);

#endif
