// warmup.c -- lab 0: a counter that many add to, and a ping.
//
// The stories of the counter play on S1, which the others call; those of the
// ping have S1 call the others. No Raft is in them.
#include "suites.h"

#include <stdatomic.h>

#include "harness/warmup_api.h"
#include "base/thread.h"
#include "warmup_cluster.h"

enum {
    SERVERS = 5,
    MAJORITY = 3,
    CLIENTS = 8,
    ADDS = 8,       // of each client
    LEG_US = 1000,  // of a request or a reply to the counter
    SOON_MS = 25,   // what needs no waiting is done by then
    UNLIMITED = 100 // far above what is ever added
};

// ------------------------------------------------------------------ counter

// A thread of a story that calls S1's counter, and what it got to know.
struct client {
    struct lab *lab;
    struct cluster *cluster;
    int from;
    uint64_t at_least;            // that it waits for
    uint64_t value, values[ADDS]; // that it was answered
    bool answered;
    atomic_bool done; // all of the above may be read
};

static void start_clients(struct client *clients, pthread_t *threads, int n,
                          struct lab *lab, struct cluster *cluster,
                          void *(*body)(void *client))
{
    for (int i = 0; i < n; i++) {
        uint64_t at_least = clients[i].at_least;
        clients[i] = (struct client){.lab = lab,
                                     .cluster = cluster,
                                     .from = 1 + i % (SERVERS - 1),
                                     .at_least = at_least};
        begin_thread(&threads[i], body, &clients[i]);
    }
}

static void *add_ones(void *argument)
{
    struct client *client = argument;
    for (int i = 0; i < ADDS; i++)
        if (!cluster_add(client->cluster, client->from, 0, 1,
                         &client->values[i]))
            lab_fail(client->lab, "S1's counter did not answer a Counter.Add");
    return NULL;
}

// No two adds may have made the same value.
static void check_distinct(struct lab *lab, const struct client *clients)
{
    int seen[CLIENTS * ADDS + 1] = {0};
    for (int i = 0; i < CLIENTS; i++)
        for (int k = 0; k < ADDS; k++) {
            uint64_t value = clients[i].values[k];
            if (value < 1 || value > CLIENTS * ADDS)
                lab_fail(lab, "a Counter.Add was answered with the value %llu",
                         (unsigned long long)value);
            if (seen[value]++ > 0)
                lab_fail(lab,
                         "two Counter.Adds of 1 were both answered with the"
                         " value %llu",
                         (unsigned long long)value);
        }
}

static void counter_sum(struct lab *lab)
{
    struct cluster *cluster = cluster_make(lab);
    struct client clients[CLIENTS] = {0};
    pthread_t threads[CLIENTS];
    uint64_t value = 0;
    net_delay_all(lab_net(lab), LEG_US, LEG_US);
    lab_act(lab, "eight clients add 1 to S1's counter, eight times each");
    start_clients(clients, threads, CLIENTS, lab, cluster, add_ones);
    for (int i = 0; i < CLIENTS; i++)
        end_thread(threads[i]);
    lab_act(lab, "what is its value now?");
    if (!cluster_get(cluster, 1, 0, 0, &value))
        lab_fail(lab, "S1's counter did not answer a Counter.Get");
    if (value != CLIENTS * ADDS)
        lab_fail(lab,
                 "S1's counter was %d times told to add 1, but its value is"
                 " %llu: %d updates were lost",
                 CLIENTS * ADDS, (unsigned long long)value,
                 CLIENTS * ADDS - (int)value);
    check_distinct(lab, clients);
    cluster_end(cluster);
}

static void *audit_often(void *argument)
{
    struct client *client = argument;
    for (int i = 0; i < ADDS; i++) {
        struct audit_reply reply = {0};
        if (!cluster_audit(client->cluster, client->from, 0, &reply))
            lab_fail(client->lab,
                     "S1's counter did not answer a Counter.Audit");
        if (reply.value != reply.sum)
            lab_fail(client->lab,
                     "an audit of S1's counter found the value %llu, but a"
                     " history of %llu",
                     (unsigned long long)reply.value,
                     (unsigned long long)reply.sum);
    }
    return NULL;
}

static void counter_audit(struct lab *lab)
{
    struct cluster *cluster = cluster_make(lab);
    struct client adders[CLIENTS] = {0}, auditors[CLIENTS] = {0};
    pthread_t adding[CLIENTS], auditing[CLIENTS];
    net_delay_all(lab_net(lab), LEG_US, LEG_US);
    lab_act(lab, "eight clients add to S1's counter, eight others audit it");
    start_clients(adders, adding, CLIENTS, lab, cluster, add_ones);
    start_clients(auditors, auditing, CLIENTS, lab, cluster, audit_often);
    for (int i = 0; i < CLIENTS; i++) {
        end_thread(adding[i]);
        end_thread(auditing[i]);
    }
    cluster_end(cluster);
}

static void *get_in_time(void *argument)
{
    struct client *client = argument;
    client->answered = cluster_get(client->cluster, client->from, 0,
                                   client->at_least, &client->value);
    client->done = true;
    return NULL;
}

// Who waits for no more than the value has an answer now, and a right one.
static void check_waiting(struct lab *lab, const struct client *clients, int n,
                          uint64_t value)
{
    for (int i = 0; i < n; i++) {
        const struct client *client = &clients[i];
        if (client->done && !client->answered)
            lab_fail(lab, "S%d's Counter.Get(at_least %llu) got no answer",
                     client->from + 1, (unsigned long long)client->at_least);
        if (client->done && client->value < client->at_least)
            lab_fail(lab,
                     "S%d's Counter.Get(at_least %llu) was answered with the"
                     " value %llu",
                     client->from + 1, (unsigned long long)client->at_least,
                     (unsigned long long)client->value);
        if (!client->done && client->at_least <= value)
            lab_fail(lab,
                     "S%d's Counter.Get(at_least %llu) still waits, %d ms after"
                     " the value became %llu",
                     client->from + 1, (unsigned long long)client->at_least,
                     SOON_MS, (unsigned long long)value);
    }
}

static void counter_wait(struct lab *lab)
{
    enum { WAITING = 6, STEPS = 4 };
    struct cluster *cluster = cluster_make(lab);
    struct client clients[WAITING] = {0};
    pthread_t threads[WAITING];
    uint64_t value = 0;
    for (int i = 0; i < WAITING; i++)
        clients[i].at_least = 1 + (uint64_t)i % STEPS;
    lab_act(lab, "six clients wait for S1's counter to reach 1 to 4");
    start_clients(clients, threads, WAITING, lab, cluster, get_in_time);
    lab_sleep_ms(lab, SOON_MS);
    check_waiting(lab, clients, WAITING, 0);
    for (uint64_t step = 1; step <= STEPS; step++) {
        lab_act(lab, "the value becomes %llu", (unsigned long long)step);
        if (!cluster_add(cluster, SERVERS - 1, 0, 1, &value))
            lab_fail(lab, "S1's counter did not answer a Counter.Add");
        lab_sleep_ms(lab, SOON_MS);
        check_waiting(lab, clients, WAITING, step);
    }
    for (int i = 0; i < WAITING; i++)
        end_thread(threads[i]);
    cluster_end(cluster);
}

static void counter_stop(struct lab *lab)
{
    enum { WAITING = 4 };
    struct cluster *cluster = cluster_make(lab);
    struct client clients[WAITING] = {0};
    pthread_t threads[WAITING];
    uint64_t value = 0;
    for (int i = 0; i < WAITING; i++)
        clients[i].at_least = UNLIMITED;
    lab_act(lab, "four clients wait for what will never be");
    start_clients(clients, threads, WAITING, lab, cluster, get_in_time);
    if (!cluster_add(cluster, 1, 0, 1, &value))
        lab_fail(lab, "S1's counter did not answer a Counter.Add");
    lab_sleep_ms(lab, SOON_MS);
    check_waiting(lab, clients, WAITING, value);
    lab_act(lab, "S1's counter is told to stop");
    cluster_kill_counter(cluster, 0);
    lab_sleep_ms(lab, SOON_MS);
    for (int i = 0; i < WAITING; i++) {
        if (!clients[i].done)
            lab_fail(lab,
                     "S%d's Counter.Get still waits, %d ms after"
                     " counter_kill()",
                     clients[i].from + 1, SOON_MS);
        if (clients[i].answered)
            lab_fail(lab, "S1's counter answered a Counter.Get after it was"
                          " told to stop");
        end_thread(threads[i]);
    }
    if (cluster_add(cluster, 1, 0, 1, &value))
        lab_fail(lab, "S1's counter answered a Counter.Add after it was told to"
                      " stop");
    cluster_end(cluster);
}

// --------------------------------------------------------------------- ping

// S1 pings all and must hear a majority, not later than after most_ms.
static void ping_in_time(struct lab *lab, struct cluster *cluster,
                         uint64_t most_ms, const char *question)
{
    uint64_t begin_ms = now_ms();
    int n = cluster_ping(cluster, 0, 1000);
    uint64_t ms = now_ms() - begin_ms;
    if (n < MAJORITY)
        lab_fail(lab,
                 "S1's ping_all() returned %d after %llu ms, but %d servers"
                 " answer",
                 n, (unsigned long long)ms, MAJORITY);
    if (ms > most_ms)
        lab_fail(lab,
                 "S1's ping_all() took %llu ms, but a majority has answered"
                 " after %llu: %s",
                 (unsigned long long)ms,
                 (unsigned long long)(most_ms - SOON_MS), question);
}

static void ping_parallel(struct lab *lab)
{
    struct cluster *cluster = cluster_make(lab);
    lab_act(lab, "every peer answers after 100 ms");
    net_delay_all(lab_net(lab), 50000, 50000);
    for (int round = 0; round < 3; round++) {
        ping_in_time(lab, cluster, 100 + SOON_MS,
                     "is each peer asked in a thread of its own?");
        lab_sleep_ms(lab, 500);
    }
    cluster_end(cluster);
}

static void ping_slow(struct lab *lab)
{
    struct cluster *cluster = cluster_make(lab);
    lab_act(lab, "S4 takes two seconds, S5 is cut off");
    net_delay_all(lab_net(lab), 5000, 5000);
    net_delay(lab_net(lab), 0, 3, 2000000, 2000000);
    lab_cut(lab, 0, 4, true);
    lab_cut(lab, 4, 0, true);
    for (int round = 0; round < 3; round++) {
        ping_in_time(lab, cluster, 10 + SOON_MS,
                     "does it wait for the slow ones, too?");
        lab_sleep_ms(lab, lab_random(lab, 400));
    }
    cluster_end(cluster);
}

// S1 hears fewer than a majority: so many after exactly the time.
static void ping_in_vain(struct lab *lab, struct cluster *cluster,
                         uint64_t timeout_ms, int expected)
{
    uint64_t begin_ms = now_ms();
    int n = cluster_ping(cluster, 0, timeout_ms);
    uint64_t ms = now_ms() - begin_ms;
    if (n != expected)
        lab_fail(lab, "S1's ping_all() returned %d, but %d servers answer", n,
                 expected);
    if (ms + 1 < timeout_ms || ms > timeout_ms + SOON_MS)
        lab_fail(lab,
                 "S1's ping_all() heard no majority and returned after %llu ms,"
                 " but its timeout was %llu ms",
                 (unsigned long long)ms, (unsigned long long)timeout_ms);
}

static void ping_silent(struct lab *lab)
{
    struct cluster *cluster = cluster_make(lab);
    net_delay_all(lab_net(lab), 1000, 5000);
    for (int round = 0; round < 3; round++) {
        lab_act(lab, "S1 and S2 are on their own");
        lab_partition(lab, 1 << 0 | 1 << 1);
        ping_in_vain(lab, cluster, 300, 2);
        lab_act(lab, "the others are back");
        lab_heal(lab);
        ping_in_time(lab, cluster, 10 + SOON_MS, "why?");
    }
    cluster_end(cluster);
}

static void ping_late(struct lab *lab)
{
    struct cluster *cluster = cluster_make(lab);
    lab_act(lab, "round 1: the answers of S3, S4 and S5 are late");
    net_delay_all(lab_net(lab), 2000, 2000);
    for (int peer = 2; peer < SERVERS; peer++)
        net_delay(lab_net(lab), peer, 0, 500000, 550000);
    ping_in_vain(lab, cluster, 200, 2);
    lab_act(lab, "round 2: S1 is alone, and the answers to round 1 arrive");
    lab_partition(lab, 1 << 0);
    ping_in_vain(lab, cluster, 600, 1);
    cluster_end(cluster);
}

static void *ping_for_long(void *argument)
{
    struct client *client = argument;
    cluster_ping(client->cluster, 0, 10000);
    client->done = true;
    return NULL;
}

static void ping_stop(struct lab *lab)
{
    struct cluster *cluster = cluster_make(lab);
    struct client client = {.lab = lab, .cluster = cluster};
    pthread_t thread;
    lab_act(lab, "S1 pings, but S3, S4 and S5 do not hear it");
    net_delay(lab_net(lab), 0, 1, 1000000, 1500000);
    lab_partition(lab, 1 << 0 | 1 << 1);
    cluster_watch(cluster, 0);
    begin_thread(&thread, ping_for_long, &client);
    lab_sleep_ms(lab, 1000);
    if (client.done)
        lab_fail(lab, "S1's ping_all() has returned, although only S2 hears it"
                      " and its time is not over");
    if (cluster_n_sent(cluster, 0) < 2 * (SERVERS - 1))
        lab_fail(lab,
                 "S1 watches, and has called ping_all(), but has sent only %d"
                 " pings in a second",
                 cluster_n_sent(cluster, 0));
    lab_act(lab, "S1's pinger is told to stop");
    cluster_kill_pinger(cluster, 0);
    lab_sleep_ms(lab, SOON_MS);
    if (!client.done)
        lab_fail(lab, "S1's ping_all() still waits, %d ms after ping_kill()",
                 SOON_MS);
    end_thread(thread);
    // S2 hears nobody but S1, and that only if a dead pinger answers.
    if (cluster_ping(cluster, 1, 2000) > 1)
        lab_fail(lab, "S1's pinger answered a ping after ping_kill()");
    cluster_end(cluster);
}

// Does S1 take exactly the others but these for alive?
static void check_alive(struct lab *lab, struct cluster *cluster, int away)
{
    for (int peer = 1; peer < SERVERS; peer++) {
        bool alive = cluster_is_alive(cluster, 0, peer);
        if (alive && peer == away)
            lab_fail(lab,
                     "S1 takes S%d for alive, but has heard nothing of it for"
                     " %d ms",
                     peer + 1, 2 * ALIVE_MS);
        if (!alive && peer != away)
            lab_fail(lab,
                     "S1 does not take S%d for alive, which answers every ping",
                     peer + 1);
    }
}

static void ping_watching(struct lab *lab)
{
    enum { ROUNDS = 3, PEERS = SERVERS - 1 };
    struct cluster *cluster = cluster_make(lab);
    uint64_t begin_ms = now_ms();
    net_delay_all(lab_net(lab), 1000, 5000);
    for (int peer = 1; peer < SERVERS; peer++)
        if (cluster_is_alive(cluster, 0, peer))
            lab_fail(lab,
                     "S1 takes S%d for alive, but has never had an answer from"
                     " it",
                     peer + 1);
    cluster_watch(cluster, 0);
    for (int round = 0; round < ROUNDS; round++) {
        int away = 1 + (int)lab_random(lab, PEERS);
        lab_act(lab, "S1 watches the others");
        lab_sleep_ms(lab, 2 * ALIVE_MS);
        check_alive(lab, cluster, TRACE_NONE);
        lab_act(lab, "S%d goes away", away + 1);
        lab_partition(lab, 1u << away);
        lab_sleep_ms(lab, 2 * ALIVE_MS + SOON_MS);
        check_alive(lab, cluster, away);
        lab_heal(lab);
    }
    int expected = (int)((now_ms() - begin_ms) / PING_EVERY_MS) * PEERS;
    int sent = cluster_n_sent(cluster, 0);
    if (sent < expected * 3 / 4 || sent > expected * 5 / 4)
        lab_fail(lab,
                 "S1's pinger has sent %d pings in %llu ms; one to each of %d"
                 " peers every %d ms would be about %d",
                 sent, (unsigned long long)(now_ms() - begin_ms), PEERS,
                 PING_EVERY_MS, expected);
    cluster_end(cluster);
}

static void ping_unreliable(struct lab *lab)
{
    enum { ROUNDS = 40 };
    struct cluster *cluster = cluster_make(lab);
    int n_good = 0;
    lab_act(lab, "a network that loses and delays, %d rounds", ROUNDS);
    lab_long_reordering(lab, true);
    for (int round = 0; round < ROUNDS; round++) {
        n_good +=
            cluster_ping(cluster, 0, 200 + lab_random(lab, 2000)) >= MAJORITY;
        lab_sleep_ms(lab, lab_random(lab, 100));
    }
    if (n_good < ROUNDS / 4)
        lab_fail(lab, "of %d rounds only %d have heard a majority", ROUNDS,
                 n_good);
    cluster_end(cluster);
}

#define STORY(name_, title_, run_, ...)                                        \
    {                                                                          \
        .name = name_, .title = "Lab 0: " title_, .run = run_,                 \
        .n_servers = SERVERS, .rpcs = warmup_rpcs, .load = warmup_api_load,    \
        __VA_ARGS__                                                            \
    }

const struct lab_scenario warmup_scenarios[] = {
    STORY("counter-sum", "many add, no update is lost", counter_sum,
          .limit_s = 60),
    STORY("counter-audit", "value and history agree", counter_audit,
          .limit_s = 60),
    STORY("counter-wait", "a get waits for its value", counter_wait,
          .simulated_only = true),
    STORY("counter-stop", "who waits is told of the end", counter_stop,
          .simulated_only = true),
    STORY("ping-parallel", "all are asked at once", ping_parallel,
          .simulated_only = true),
    STORY("ping-slow", "a majority is enough", ping_slow,
          .simulated_only = true),
    STORY("ping-silent", "no majority, but in time", ping_silent,
          .simulated_only = true),
    STORY("ping-late", "answers to an earlier round", ping_late,
          .simulated_only = true),
    STORY("ping-stop", "the end comes with calls under way", ping_stop,
          .simulated_only = true),
    STORY("ping-watch", "who is alive", ping_watching, .simulated_only = true),
    STORY("ping-unreliable", "a network that loses and delays", ping_unreliable,
          .simulated_only = true, .unreliable = true),
    {.name = NULL},
};
