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
// Clients without a clerk, at one server, which leads. customer() has a session
// there. must_do() and must_get() expect an answer within two seconds; when the
// server leads no more, the story is not set up. The value is borrowed for the
// life of the lab.
struct client *customer(struct lab *lab, int server);
void must_do(struct lab *lab, struct client *client, int server,
             enum kv_kind kind, const char *key, const char *value);
const char *must_get(struct lab *lab, struct client *client, int server,
                     const char *key);
// Waits until all servers have applied what this one has.
void all_have(struct lab *lab, int server);
// S1 leads, all have its a=1, and then it is cut off from S2 and S3. Gives the
// client that asked, which is the lab's.
struct client *leader_alone(struct lab *lab);
// Sends a request of which the answer will be lost, and fails when one comes
// all the same; waits until the server has applied it.
struct asked *lose_answer(struct lab *lab, struct client *client, int server,
                          enum kv_kind kind, const char *key, const char *value,
                          const char *expected);
// Sends it again, and fails when there is no answer within two seconds.
void must_repeat(struct lab *lab, struct client *client, struct asked *asked,
                 int server);
// A value of its own for each client and number: "3.7;".
void token(char text[24], int client, int number);

#endif
