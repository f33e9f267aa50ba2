// service.c -- clerks of a key/value service, and ever more faults around them.
#include "service_story.h"
#include "suites.h"

#include <stdio.h>

#include "base/thread.h"

enum { LIMIT = 1000, CLERK_MS = 20000 };

static void one_client(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 1, .n_keys = 1, .pause_ms = 80});
}

static void many_clients(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 5, .n_keys = 1, .pause_ms = 400});
}

static void partitions_one(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 1,
                             .n_keys = 1,
                             .n_rounds = 2,
                             .round_ms = 2200,
                             .pause_ms = 100,
                             .partition = true});
}

static void partitions(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 5,
                             .n_keys = 1,
                             .n_rounds = 2,
                             .round_ms = 2200,
                             .pause_ms = 400,
                             .partition = true});
}

static void restarts_one(struct lab *lab)
{
    work(lab,
         &(struct load){
             .n_clients = 1, .n_keys = 1, .pause_ms = 80, .restart = true});
}

static void restarts(struct lab *lab)
{
    work(lab,
         &(struct load){
             .n_clients = 5, .n_keys = 1, .pause_ms = 400, .restart = true});
}

static void restarts_partitions(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 5,
                             .n_keys = 1,
                             .n_rounds = 2,
                             .round_ms = 1600,
                             .pause_ms = 400,
                             .partition = true,
                             .restart = true});
}

static void crowd_restarts(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 20,
                             .n_keys = 5,
                             .n_rounds = 2,
                             .pause_ms = 900,
                             .restart = true});
}

static void crowd_restarts_partitions(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 15,
                             .n_keys = 10,
                             .n_rounds = 2,
                             .round_ms = 1500,
                             .pause_ms = 1000,
                             .partition = true,
                             .restart = true});
}

// Requests do not wait for heartbeats: three of them, one after the other, fit
// between two. Only in virtual time, which no other program uses up.
static void speed(struct lab *lab)
{
    enum { N = 150, EACH_MS = 33 };
    struct client *client = client_make(lab);
    client_put(client, "a", "");
    uint64_t begin_ms = now_ms();
    for (int i = 0; i < N; i++)
        client_append(client, "a", "x");
    uint64_t took_ms = now_ms() - begin_ms;
    if (took_ms > N * EACH_MS)
        lab_fail(lab,
                 "%d requests, one after the other, took %d ms, which is more"
                 " than %d ms each: do they wait for heartbeats?",
                 N, (int)took_ms, EACH_MS);
    client_get(client, "a", NULL);
}

static void append_thrice(struct worker *worker)
{
    char value[24];
    for (int i = 1; i <= 3; i++) {
        token(value, client_number(worker->client), i);
        if (!client_append(worker->client, "a", value))
            return;
    }
}

// Clients that reach the majority go on; one that reaches the others waits, and
// has its answer when the network has healed.
static void one_partition(struct lab *lab)
{
    enum { ALONE_MS = 1000, HEALED_MS = 3000 };
    static struct crowd crowd, alone;
    int leader = lab_check_one_leader(lab);
    unsigned few = 1u << leader | 1u << after(lab, leader, 1);
    struct client *client = client_make(lab);
    client_put(client, "a", "0 ");
    lab_partition(lab, few);
    client_reach(client, ~few);
    alone.worker[0].client = client_make(lab);
    client_reach(alone.worker[0].client, few);
    crowd_begin(&alone, lab, 1, append_thrice, NULL);
    crowd.worker[0].client = client;
    int n_answered = lab_n_answered(lab);
    crowd_begin(&crowd, lab, 1, append_thrice, NULL);
    lab_sleep_ms(lab, ALONE_MS + 2000);
    if (lab_n_answered(lab) < n_answered + 3)
        lab_fail(lab,
                 "three servers of five can reach each other and C1, and did"
                 " not answer three appends of it within three seconds");
    if (lab_n_answered(lab) > n_answered + 3)
        lab_fail(lab, "C2 reaches two servers of five, which reach nobody else,"
                      " and was answered");
    lab_heal(lab);
    client_reach(alone.worker[0].client, few | ~few);
    crowd_end(&alone, HEALED_MS);
    crowd_end(&crowd, CLERK_MS);
    client_get(client, "a", NULL);
}

// A server is cut off while logs are cut, and then the others are, in turn.
static void install(struct lab *lab)
{
    enum { N = 32 };
    char key[16];
    struct client *client = client_make(lab);
    int cut_off = after(lab, lab_check_one_leader(lab), 1);
    client_put(client, "a", "A");
    lab_disconnect(lab, cut_off);
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "k%d", i % 4);
        client_put(client, key, "a value that fills logs");
    }
    client_put(client, "b", "B");
    if (!lab_has_snapshot(lab))
        lab_fail(lab, "%d requests, a limit of %d bytes, and no snapshot", N,
                 LIMIT);
    if (lab_state_size(lab) > 8 * LIMIT)
        lab_fail(lab,
                 "the state that a Raft saves has %d bytes, the limit of the"
                 " service is %d",
                 (int)lab_state_size(lab), LIMIT);
    lab_connect(lab, cut_off);
    for (int k = 1; k < lab_n_servers(lab); k++) {
        lab_sleep_ms(lab, 600);
        int other = after(lab, cut_off, k);
        lab_disconnect(lab, other);
        client_get(client, "a", NULL);
        client_get(client, "b", NULL);
        client_append(client, "a", "C");
        lab_connect(lab, other);
    }
}

#define SERVICE .service = true, .young = true, .no_long_delays = true

const struct lab_scenario service_scenarios[] = {
    {.name = "kv-one-client",
     .title = "Service: one client",
     .run = one_client,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-speed",
     .title = "Service: requests between two heartbeats",
     .run = speed,
     .n_servers = 3,
     .simulated_only = true,
     SERVICE},
    {.name = "kv-many-clients",
     .title = "Service: five clients",
     .run = many_clients,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-unreliable",
     .title = "Service: five clients, calls are lost",
     .run = many_clients,
     .n_servers = 5,
     .unreliable = true,
     SERVICE},
    {.name = "kv-one-partition",
     .title = "Service: one partition",
     .run = one_partition,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-partitions-one",
     .title = "Service: partitions, one client",
     .run = partitions_one,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-partitions",
     .title = "Service: partitions, five clients",
     .run = partitions,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-restarts-one",
     .title = "Service: restarts, one client",
     .run = restarts_one,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-restarts",
     .title = "Service: restarts, five clients",
     .run = restarts,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-restarts-unreliable",
     .title = "Service: restarts, calls are lost",
     .run = restarts,
     .n_servers = 5,
     .unreliable = true,
     SERVICE},
    {.name = "kv-restarts-partitions",
     .title = "Service: restarts and partitions",
     .run = restarts_partitions,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-restarts-partitions-unreliable",
     .title = "Service: restarts, partitions, calls are lost",
     .run = restarts_partitions,
     .n_servers = 5,
     .unreliable = true,
     SERVICE},
    {.name = "kv-crowd",
     .title = "Service: all of that, 15 clients, random keys",
     .run = crowd_restarts_partitions,
     .n_servers = 7,
     .unreliable = true,
     SERVICE},
    {.name = "kv-snapshot-install",
     .title = "Service: a snapshot is installed, the others are cut off",
     .run = install,
     .n_servers = 3,
     .max_state = LIMIT,
     SERVICE},
    {.name = "kv-snapshot-speed",
     .title = "Service: requests between two heartbeats, snapshots",
     .run = speed,
     .n_servers = 3,
     .max_state = LIMIT,
     .simulated_only = true,
     SERVICE},
    {.name = "kv-snapshot-restarts-one",
     .title = "Service: snapshots, restarts, one client",
     .run = restarts_one,
     .n_servers = 5,
     .max_state = LIMIT,
     SERVICE},
    {.name = "kv-snapshot-restarts-many",
     .title = "Service: snapshots, restarts, 20 clients",
     .run = crowd_restarts,
     .n_servers = 5,
     .max_state = LIMIT,
     SERVICE},
    {.name = "kv-snapshot-unreliable",
     .title = "Service: snapshots, calls are lost",
     .run = many_clients,
     .n_servers = 5,
     .unreliable = true,
     .max_state = LIMIT,
     SERVICE},
    {.name = "kv-snapshot-restarts-unreliable",
     .title = "Service: snapshots, restarts, calls are lost",
     .run = restarts,
     .n_servers = 5,
     .unreliable = true,
     .max_state = LIMIT,
     SERVICE},
    {.name = "kv-snapshot-partitions",
     .title = "Service: snapshots, restarts, partitions, calls are lost",
     .run = restarts_partitions,
     .n_servers = 5,
     .unreliable = true,
     .max_state = LIMIT,
     SERVICE},
    {.name = "kv-snapshot-crowd",
     .title = "Service: all of that, 15 clients, random keys",
     .run = crowd_restarts_partitions,
     .n_servers = 7,
     .unreliable = true,
     .max_state = LIMIT,
     SERVICE},
    {.name = NULL},
};
