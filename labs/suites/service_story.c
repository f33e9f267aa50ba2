// service_story.c -- see service_story.h.
#include "service_story.h"
#include "adversary.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 20000, SIDES_MS = 1000, DOWN_MS = 1000, HEALED_MS = 300 };

// ------------------------------------------------------------------- crowds

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    worker->body(worker);
    return NULL;
}

void crowd_begin(struct crowd *crowd, struct lab *lab, int n,
                 void (*body)(struct worker *worker), void *story)
{
    crowd->lab = lab;
    crowd->n = n;
    for (int i = 0; i < n; i++) {
        struct worker *worker = &crowd->worker[i];
        if (worker->client == NULL)
            worker->client = client_make(lab);
        worker->lab = lab;
        worker->number = i;
        worker->body = body;
        worker->story = story;
        begin_thread(&worker->thread, worker_main, worker);
    }
}

void crowd_end(struct crowd *crowd, uint64_t ms)
{
    lab_clients_await(crowd->lab, ms);
    for (int i = 0; i < crowd->n; i++)
        end_thread(crowd->worker[i].thread);
}

void token(char text[24], int client, int number)
{
    snprintf(text, 24, "%d.%d;", client, number);
}

void expect(struct lab *lab, struct client *client, const char *key,
            const char *value)
{
    const char *found = NULL;
    if (!client_get(client, key, &found))
        lab_fail(lab, "C%d's get %s was given up", client_number(client), key);
    if (strcmp(found, value) != 0)
        lab_fail(lab, "C%d's get %s returned \"%.100s\", expected \"%.100s\"",
                 client_number(client), key, found, value);
}

// --------------------------------------------------------------------- loads

// What the workers of a load share.
struct working {
    const struct load *load;
    atomic_bool over;
    int n_done[MOST_CLIENTS]; // each worker's own
};

// A request of each kind, by chance; values that are written are all different.
static void do_something(struct worker *worker)
{
    struct working *working = worker->story;
    struct lab *lab = worker->lab;
    char key[16], value[24];
    const char *now = NULL;
    snprintf(key, sizeof key, "k%d",
             (int)lab_random(lab, (uint64_t)working->load->n_keys));
    token(value, client_number(worker->client),
          ++working->n_done[worker->number]);
    uint64_t dice = lab_random(lab, 100);
    if (dice < 45)
        client_append(worker->client, key, value);
    else if (dice < 55)
        client_put(worker->client, key, value);
    else if (client_get(worker->client, key, &now) && dice < 65)
        client_cas(worker->client, key, now, value, NULL);
}

static void keep_working(struct worker *worker)
{
    struct working *working = worker->story;
    int pause_ms = working->load->pause_ms > 0 ? working->load->pause_ms : 40;
    while (!atomic_load(&working->over)) {
        lab_sleep_ms(worker->lab, lab_random(worker->lab, (uint64_t)pause_ms));
        do_something(worker);
    }
}

// Each server goes to one side or the other, and once more after a second.
static void partition_for(struct lab *lab, int ms)
{
    while (ms > 0) {
        int now_ms = SIDES_MS + (int)lab_random(lab, 200);
        now_ms = now_ms < ms ? now_ms : ms;
        lab_partition(lab, (unsigned)lab_random(lab, 1u << lab_n_servers(lab)));
        lab_sleep_ms(lab, (uint64_t)now_ms);
        ms -= now_ms;
    }
    lab_heal(lab);
}

void work(struct lab *lab, const struct load *load)
{
    static struct crowd crowd;
    static struct working working;
    char key[16];
    int n_rounds = load->n_rounds > 0 ? load->n_rounds : 3;
    int round_ms = load->round_ms > 0 ? load->round_ms : 1000;
    working.load = load;
    for (int round = 1; round <= n_rounds; round++) {
        lab_act(lab, "round %d", round);
        atomic_store(&working.over, false);
        crowd_begin(&crowd, lab, load->n_clients, keep_working, &working);
        if (load->partition)
            partition_for(lab, round_ms);
        else
            lab_sleep_ms(lab, (uint64_t)round_ms);
        atomic_store(&working.over, true);
        if (load->restart) {
            for (int server = 0; server < lab_n_servers(lab); server++)
                lab_crash(lab, server);
            lab_sleep_ms(lab, DOWN_MS);
            for (int server = 0; server < lab_n_servers(lab); server++)
                lab_restart(lab, server);
        }
        crowd_end(&crowd, PATIENCE_MS);
    }
    lab_act(lab, "what is there in the end");
    for (int i = 0; i < load->n_keys; i++) {
        snprintf(key, sizeof key, "k%d", i);
        client_get(crowd.worker[0].client, key, NULL);
    }
}

// ---------------------------------------------------------- without a clerk

enum { ANSWER_MS = 2000, LOST_MS = 300 };

// What the client asked had no answer that is one.
_Noreturn static void unanswered(struct lab *lab, struct client *client,
                                 int server, const char *what, enum sent sent)
{
    if (!leads(lab, server))
        lab_not_set_up(lab, "S%d, which was the leader, leads no more",
                       server + 1);
    if (sent == SENT_EXPIRED && lab_sessions_fit(lab))
        lab_fail_service(lab, "KV.13",
                         "S%d refused C%d's %s: its session is gone"
                         " (KV_EXPIRED). There were never more sessions than"
                         " are kept.",
                         server + 1, client_number(client), what);
    if (sent == SENT_EXPIRED || sent == SENT_WRONG_LEADER)
        lab_fail(lab,
                 "S%d leads and can reach a majority, but said to C%d's"
                 " %s that %s",
                 server + 1, client_number(client), what,
                 sent == SENT_EXPIRED ? "its session is gone (KV_EXPIRED)"
                                      : "it does not lead (KV_WRONG_LEADER)");
    lab_fail(lab,
             "S%d leads and can reach a majority, but did not answer C%d's %s"
             " within two seconds",
             server + 1, client_number(client), what);
}

static const char *name_of(enum kv_kind kind)
{
    return kind == KV_GET      ? "get"
           : kind == KV_PUT    ? "put"
           : kind == KV_APPEND ? "append"
                               : "cas";
}

struct client *customer(struct lab *lab, int server)
{
    struct client *client = client_make(lab);
    enum sent sent = client_register(client, server, ANSWER_MS);
    if (sent != SENT_ANSWERED)
        unanswered(lab, client, server, "request for a session", sent);
    return client;
}

void must_do(struct lab *lab, struct client *client, int server,
             enum kv_kind kind, const char *key, const char *value)
{
    struct asked *asked = client_begin(client, kind, key, value, NULL);
    must_repeat(lab, client, asked, server);
}

const char *must_get(struct lab *lab, struct client *client, int server,
                     const char *key)
{
    struct asked *asked = client_begin(client, KV_GET, key, NULL, NULL);
    must_repeat(lab, client, asked, server);
    return asked_value(asked);
}

struct client *leader_alone(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *other = client_make(lab);
    must_do(lab, other, 0, KV_PUT, "a", "1");
    all_have(lab, 0);
    int others[] = {1, 2};
    group(lab, others, 2);
    return other;
}

void must_repeat(struct lab *lab, struct client *client, struct asked *asked,
                 int server)
{
    enum sent sent = client_send(client, asked, server, ANSWER_MS);
    if (sent != SENT_ANSWERED)
        unanswered(lab, client, server, name_of(asked_kind(asked)), sent);
}

struct asked *lose_answer(struct lab *lab, struct client *client, int server,
                          enum kv_kind kind, const char *key, const char *value,
                          const char *expected)
{
    struct rule *lost = drop("ClientRequest", REPLY, server, TRACE_NONE);
    raft_index before = lab_last_applied(lab, server);
    struct asked *asked = client_begin(client, kind, key, value, expected);
    if (client_send(client, asked, server, LOST_MS) != SENT_SILENT)
        lab_fail(lab, "the answer of S%d to C%d was lost, but came", server + 1,
                 client_number(client));
    lift(lost);
    if (kind != KV_GET) // which need no entry
        await_applied(lab, server, before + 1);
    return asked;
}

void all_have(struct lab *lab, int server)
{
    raft_index index = lab_last_applied(lab, server);
    for (int other = 0; other < lab_n_servers(lab); other++)
        await_applied(lab, other, index);
}
