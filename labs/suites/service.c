// service.c -- clients of a key/value service, and ever more faults around
// them.
#include "service_story.h"
#include "suites.h"

static void one_client(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 1, .n_keys = 1, .pause_ms = 60});
}

static void many_clients(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 5, .n_keys = 1, .pause_ms = 300});
}

static void with_partitions(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 5,
                             .n_keys = 1,
                             .round_ms = 2200,
                             .pause_ms = 400,
                             .partition = true});
}

static void with_restarts(struct lab *lab)
{
    work(lab,
         &(struct load){
             .n_clients = 5, .n_keys = 1, .pause_ms = 300, .restart = true});
}

static void with_all(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 5,
                             .n_keys = 1,
                             .round_ms = 2200,
                             .pause_ms = 500,
                             .partition = true,
                             .restart = true});
}

static void crowd_with_all(struct lab *lab)
{
    work(lab, &(struct load){.n_clients = 15,
                             .n_keys = 8,
                             .n_rounds = 2,
                             .round_ms = 1500,
                             .pause_ms = 1000,
                             .partition = true,
                             .restart = true});
}

#define SERVICE .service = true, .young = true, .no_long_delays = true

const struct lab_scenario service_scenarios[] = {
    {.name = "kv-one-client",
     .title = "Service: one client",
     .run = one_client,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-many-clients",
     .title = "Service: five clients, one key",
     .run = many_clients,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-unreliable",
     .title = "Service: five clients, calls are lost",
     .run = many_clients,
     .n_servers = 5,
     .unreliable = true,
     SERVICE},
    {.name = "kv-partitions",
     .title = "Service: five clients, partitions",
     .run = with_partitions,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-restarts",
     .title = "Service: five clients, all servers restart",
     .run = with_restarts,
     .n_servers = 5,
     SERVICE},
    {.name = "kv-unreliable-restarts-partitions",
     .title = "Service: calls are lost, restarts, partitions",
     .run = with_all,
     .n_servers = 5,
     .unreliable = true,
     SERVICE},
    {.name = "kv-snapshots-everything",
     .title = "Service: snapshots, losses, restarts, partitions, 15 clients",
     .run = crowd_with_all,
     .n_servers = 7,
     .unreliable = true,
     .max_state = 1000,
     SERVICE},
    {.name = NULL},
};
