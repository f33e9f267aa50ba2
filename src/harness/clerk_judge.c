// clerk_judge.c -- what a clerk may not do: give up, stick to one server, or
// say what no server has answered.
#include "clients_internal.h"

#include <stdio.h>

#include "base/thread.h"

enum { AWAIT_STEP_MS = 10, FEW_TRIES = 4, LONGEST_MS = 60000 };
enum { SESSIONS = 64 }; // the default of kv_config

void clerk_calls(struct client *client, int server)
{
    struct lab_clients *clients = client->lab->clients;
    pthread_mutex_lock(&clients->mutex);
    client->n_tries++;
    client->tried |= 1u << server;
    pthread_mutex_unlock(&clients->mutex);
}

void clerk_strays(struct client *client, int server)
{
    uint64_t named = atomic_load(&client->named);
    int most = client->lab->n_servers - 1;
    char why[160] = "", text[300];
    if (named > 0 && server == (int)named)
        snprintf(why, sizeof why,
                 " The last reply had leader %d, which is S%d, server %d for"
                 " the clerk: replies count from 1, clerk_config.call from 0.",
                 server, server, server - 1);
    snprintf(text, sizeof text,
             "C%d's clerk called server %d, which does not exist: they are 0 to"
             " %d.%s",
             client->number, server, most, why);
    lab_run_fails(client->lab, FINDING_SERVICE, "KV.9", text);
}

void clerk_rests_not(struct client *client, int n_calls, int server)
{
    char text[400], never[120] = "";
    for (int i = 0, n = 0; i < client->lab->n_servers; i++)
        if ((client->tried >> i & 1) == 0)
            n += snprintf(never + n, sizeof never - (size_t)n, "%sS%d",
                          n == 0 ? " For this request it has not asked " : ", ",
                          i + 1);
    snprintf(text, sizeof text,
             "C%d's clerk has called servers %d times within a second, S%d"
             " last: does it ask the others, and rest when none leads?%s%s",
             client->number, n_calls, server + 1, never,
             never[0] != '\0' ? "." : "");
    bool some = never[0] != '\0';
    lab_run_fails(client->lab, some ? FINDING_SERVICE : FINDING_EXPECTATION,
                  some ? "KV.9" : "", text);
}

static unsigned bit_of(uint64_t status)
{
    return 1u << (status < 31 ? status : 31);
}

static uint64_t hash_of(struct message_bytes value)
{
    return message_hash(0, value.at, value.n);
}

void clerk_replied(struct client *client, const uint8_t *bytes, size_t n)
{
    struct kv_reply reply = {0};
    if (!message_decode(&kv_reply_type, bytes, n, &reply))
        return;
    unsigned i = atomic_fetch_add(&client->n_values, 1) % MOST_TOLD;
    atomic_store(&client->value[i], hash_of(reply.value));
    atomic_fetch_or(&client->statuses, bit_of(reply.status));
    atomic_store(&client->named, reply.leader);
    message_clear(&kv_reply_type, &reply);
}

// What a clerk says it has from a server: of a get its value, too.
static void check_told(struct client *client, enum kv_kind kind,
                       const struct kv_reply *reply)
{
    unsigned n = atomic_load(&client->n_values);
    bool found = kind != KV_GET;
    char text[160];
    for (unsigned i = 0; i < n && i < MOST_TOLD; i++)
        found |= atomic_load(&client->value[i]) == hash_of(reply->value);
    snprintf(text, sizeof text,
             "C%d's clerk gave an answer that no server had given it since it"
             " was asked.",
             client->number);
    if (!found || (atomic_load(&client->statuses) & bit_of(reply->status)) == 0)
        lab_run_fails(client->lab, FINDING_CAME_BY_NO_MESSAGE, "", text);
}

// What a clerk may not say.
void clerk_judge(struct client *client, const struct asked *asked,
                 const struct kv_reply *reply)
{
    char words[160];
    asked_name(asked, words, sizeof words);
    if (reply == NULL &&
        (atomic_load(&client->statuses) & bit_of(KV_EXPIRED)) == 0)
        lab_fail_service(client->lab, "KV.9",
                         "%s was given up after %d call%s: clerk_ask() returned"
                         " false, though nobody killed the clerk and no server"
                         " said that its session is gone (KV_EXPIRED).",
                         words, client->n_tries,
                         client->n_tries == 1 ? "" : "s");
    if (reply != NULL)
        check_told(client, asked->kind, reply);
    if (reply == NULL || reply->status == KV_OK ||
        (reply->status == KV_REFUSED && asked->kind == KV_CAS))
        return;
    char status[24];
    snprintf(status, sizeof status, "%llu", (unsigned long long)reply->status);
    lab_fail_service(client->lab, "KV.9",
                     "clerk_ask() returned true for %s, and the status %s,"
                     " which is no answer.",
                     words,
                     reply->status == KV_WRONG_LEADER ? "KV_WRONG_LEADER"
                     : reply->status == KV_EXPIRED    ? "KV_EXPIRED"
                     : reply->status == KV_REFUSED    ? "KV_REFUSED"
                                                      : status);
}

// Has its clerk called one server again and again, and no other? Which; -1.
static int only_server(struct client *client, int *n_tries)
{
    struct lab_clients *clients = client->lab->clients;
    int only = -1;
    pthread_mutex_lock(&clients->mutex);
    *n_tries = client->n_tries;
    for (int server = 0; server < client->lab->n_servers; server++)
        if (client->tried == 1u << server && client->n_tries >= FEW_TRIES &&
            client->lab->n_servers > 1)
            only = server;
    pthread_mutex_unlock(&clients->mutex);
    return only;
}

static void too_late(struct lab *lab, const struct asked *asked, uint64_t ms)
{
    char words[160];
    int n_tries, only = only_server(asked->by_clerk, &n_tries);
    asked_name(asked, words, sizeof words);
    if (only >= 0)
        lab_fail_service(lab, "KV.9",
                         "%s has not been answered within %.1f s, though a"
                         " majority can be reached: the clerk has called S%d"
                         " for it %d times, and no other server.",
                         words, (double)ms / 1e3, only + 1, n_tries);
    lab_fail(lab,
             "%s has not been answered within %.1f s, though a majority can be"
             " reached",
             words, (double)ms / 1e3);
}

// A story that asks by itself has no other patience. No partition lasts so
// long.
void clerk_lasts(struct client *client)
{
    struct lab_clients *clients = client->lab->clients;
    pthread_mutex_lock(&clients->mutex);
    const struct asked *asked = client->asks;
    bool waits = asked != NULL && !asked->over && !client->killed;
    pthread_mutex_unlock(&clients->mutex);
    if (waits && now_ms() - asked->begin_ms > LONGEST_MS)
        too_late(client->lab, asked, LONGEST_MS);
}

void lab_clients_await(struct lab *lab, uint64_t ms)
{
    const struct asked *asked;
    uint64_t begin_ms = now_ms();
    while ((asked = asked_waiting(lab->clients)) != NULL) {
        if (now_ms() - begin_ms > ms)
            too_late(lab, asked, ms);
        sleep_ms(AWAIT_STEP_MS);
    }
}

size_t lab_kept_sessions(const struct lab *lab)
{
    size_t kept = lab->scenario->max_sessions;
    return kept > 0 ? kept : SESSIONS;
}

bool lab_sessions_fit(struct lab *lab)
{
    pthread_mutex_lock(&lab->clients->mutex);
    size_t n = (size_t)lab->clients->n_clients;
    pthread_mutex_unlock(&lab->clients->mutex);
    return n <= lab_kept_sessions(lab);
}
