// warmup_cluster.h -- servers with a counter and a pinger each, for lab 0.
//
// What the stories of warmup.c are told with. The cluster wraps the student's
// code: it counts what the pingers send, and knows when a server still has
// calls in it. cluster_end() is part of every story: it tells all servers to
// stop and expects that they do.
#ifndef GLASSRAFT_WARMUP_CLUSTER_H
#define GLASSRAFT_WARMUP_CLUSTER_H

#include "story.h"

#include "harness/warmup.h"

struct cluster;

struct cluster *cluster_make(struct lab *lab);
// Stops what still runs and frees; fails when something does not end.
void cluster_end(struct cluster *cluster);

// A call of one server to another's counter, as in the contract. False: no
// answer.
bool cluster_add(struct cluster *cluster, int from, int to, uint64_t amount,
                 uint64_t *value);
bool cluster_get(struct cluster *cluster, int from, int to, uint64_t at_least,
                 uint64_t *value);
bool cluster_audit(struct cluster *cluster, int from, int to,
                   struct audit_reply *reply);

// A server's own pinger. cluster_ping() also fails the run when more answers
// are told than have come.
int cluster_ping(struct cluster *cluster, int server, uint64_t timeout_ms);
void cluster_watch(struct cluster *cluster, int server);
bool cluster_is_alive(struct cluster *cluster, int server, int peer);

// Tells a server's counter, or its pinger, to stop; it goes on being called.
void cluster_kill_counter(struct cluster *cluster, int server);
void cluster_kill_pinger(struct cluster *cluster, int server);
// Pings of a server so far.
int cluster_n_sent(struct cluster *cluster, int server);

#endif
