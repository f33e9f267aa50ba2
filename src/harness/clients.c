// clients.c -- see clients.h: clients, their clerks and their calls.
#define _GNU_SOURCE // pthread_cond_clockwait
#include "clients_internal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/die.h"
#include "sim/sim.h"

enum { CALL_MS = 500, MOST_CALLS_S = 2000 };

struct lab_clients *lab_clients_make(struct lab *lab)
{
    struct lab_clients *clients = must_calloc(1, sizeof *clients);
    clients->lab = lab;
    mutex_init_brief(&clients->mutex);
    crew_init(&clients->crew, lab->trace);
    return clients;
}

// ---------------------------------------------------------------- one call

// A call that somebody waits for, for a while. Freed by the last of the two.
struct call {
    struct lab_clients *clients;
    struct net_end *end;
    const char *method;
    uint8_t *args, *reply;
    size_t n_args, n_reply;
    uint64_t cause; // of what the answer makes the client do

    // Guarded by the clients' mutex.
    pthread_cond_t over;
    bool is_over, answered, left;
};

static void free_call(struct call *call)
{
    pthread_cond_destroy(&call->over);
    free(call->args);
    free(call->reply);
    free(call);
}

static void call_thread(void *owner, struct errand errand)
{
    struct lab_clients *clients = owner;
    struct call *call = (struct call *)(uintptr_t)errand.number;
    bool answered = net_call(call->end, call->method, call->args, call->n_args,
                             &call->reply, &call->n_reply);
    call->cause = trace_cause(clients->lab->trace);
    pthread_mutex_lock(&clients->mutex);
    if (!answered)
        call->reply = NULL;
    call->answered = answered;
    call->is_over = true;
    bool left = call->left;
    pthread_cond_signal(&call->over);
    pthread_mutex_unlock(&clients->mutex);
    if (left)
        free_call(call);
}

static struct timespec after_ms(uint64_t ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t ns = (uint64_t)now.tv_nsec + ms % 1000 * 1000000;
    now.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    now.tv_nsec = (long)(ns % 1000000000);
    return now;
}

// Waits until it is over, or for so long; false then, and the call is left to
// its thread.
static bool wait_for_call(struct call *call, uint64_t ms)
{
    struct lab_clients *clients = call->clients;
    struct timespec until = after_ms(ms);
    int error = 0;
    pthread_mutex_lock(&clients->mutex);
    while (!call->is_over && error == 0)
        error = pthread_cond_clockwait(&call->over, &clients->mutex,
                                       CLOCK_MONOTONIC, &until);
    bool over = call->is_over;
    call->left = !over;
    pthread_mutex_unlock(&clients->mutex);
    return over;
}

static bool client_call(struct client *client, int server, const char *method,
                        const uint8_t *args, size_t n_args, uint64_t ms,
                        uint8_t **reply, size_t *n_reply)
{
    struct lab_clients *clients = client->lab->clients;
    struct call *call = must_calloc(1, sizeof *call);
    call->clients = clients;
    call->end = client->end[server];
    call->method = method;
    call->args = must_copy(args, n_args);
    call->n_args = n_args;
    must(pthread_cond_init(&call->over, NULL), "pthread_cond_init");
    crew_send(&clients->crew, "client", call_thread, clients,
              (struct errand){.number = (uintptr_t)call});
    if (!wait_for_call(call, ms))
        return false;
    bool answered = call->answered;
    if (answered) {
        *reply = call->reply;
        *n_reply = call->n_reply;
        call->reply = NULL;
        trace_set_cause(client->lab->trace, call->cause);
    }
    free_call(call);
    return answered;
}

// ------------------------------------------------------------------- clients

struct client *client_make(struct lab *lab)
{
    struct lab_clients *clients = lab->clients;
    struct client *client = must_calloc(1, sizeof *client);
    char name[16];
    client->lab = lab;
    for (int server = 0; server < lab->n_servers; server++) {
        snprintf(name, sizeof name, "S%d", server + 1);
        client->end[server] = net_make_end(lab->net, TRACE_NONE);
        net_connect(client->end[server], name);
        net_enable(client->end[server], true);
    }
    pthread_mutex_lock(&clients->mutex);
    client->number = ++clients->n_clients;
    client->next = clients->newest;
    clients->newest = client;
    pthread_mutex_unlock(&clients->mutex);
    return client;
}

int client_number(const struct client *client)
{
    return client->number;
}

void client_reach(struct client *client, unsigned servers)
{
    for (int server = 0; server < client->lab->n_servers; server++)
        net_enable(client->end[server], (servers >> server & 1) != 0);
}

void client_kill(struct client *client)
{
    struct lab_clients *clients = client->lab->clients;
    pthread_mutex_lock(&clients->mutex);
    client->killed = true;
    pthread_mutex_unlock(&clients->mutex);
    client_reach(client, 0);
    if (client->clerk == NULL)
        return;
    struct sim_space *before = sim_space_enter(client->space);
    client->lab->kv->clerk_kill(client->clerk);
    sim_space_enter(before);
}

// ---------------------------------------------------------- through the clerk

// clerk_config.call
static bool call(void *context, int server, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply)
{
    struct client *client = context;
    if (server < 0 || server >= client->lab->n_servers)
        clerk_strays(client, server);
    if (now_ms() / 1000 != client->second)
        client->n_calls = 0;
    client->second = now_ms() / 1000;
    if (++client->n_calls > MOST_CALLS_S)
        clerk_rests_not(client, MOST_CALLS_S, server);
    clerk_calls(client, server);
    clerk_lasts(client);
    bool answered = client_call(client, server, method, args, n_args, CALL_MS,
                                reply, n_reply);
    if (answered)
        clerk_replied(client, *reply, *n_reply);
    return answered;
}

static struct clerk *clerk_of(struct client *client)
{
    struct clerk_config config = {
        .n_servers = client->lab->n_servers, .context = client, .call = call};
    if (client->clerk == NULL) {
        client->space = sim_space_new(-1);
        struct sim_space *before = sim_space_enter(client->space);
        client->clerk = client->lab->kv->clerk_make(&config);
        sim_space_enter(before);
    }
    return client->clerk;
}

static struct message_bytes bytes_of(const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;
    return (struct message_bytes){(const uint8_t *)text, n};
}

static struct kv_request request_of(enum kv_kind kind, const char *key,
                                    const char *value, const char *expected)
{
    return (struct kv_request){.kind = kind,
                               .key = bytes_of(key),
                               .value = bytes_of(value),
                               .expected = bytes_of(expected)};
}

// Asks through the clerk; NULL when that gave up.
static struct asked *ask(struct client *client, enum kv_kind kind,
                         const char *key, const char *value,
                         const char *expected)
{
    struct lab_clients *clients = client->lab->clients;
    struct kv_request request = request_of(kind, key, value, expected);
    struct kv_reply reply = {0};
    struct clerk *clerk = clerk_of(client);
    struct asked *asked =
        asked_begin(clients, client->number, kind, key, value, expected);
    pthread_mutex_lock(&clients->mutex);
    asked->by_clerk = client;
    client->asks = asked;
    client->n_tries = 0;
    client->tried = 0;
    pthread_mutex_unlock(&clients->mutex);
    // That its session is gone, it may remember.
    atomic_fetch_and(&client->statuses, 1u << KV_EXPIRED);
    atomic_store(&client->n_values, 0);
    struct sim_space *before = sim_space_enter(client->space);
    bool answered = client->lab->kv->clerk_ask(clerk, &request, &reply);
    sim_space_enter(before);
    pthread_mutex_lock(&clients->mutex);
    bool killed = client->killed;
    pthread_mutex_unlock(&clients->mutex);
    if (!killed)
        clerk_judge(client, asked, answered ? &reply : NULL);
    if (answered && !killed)
        asked_end(clients, asked, &reply);
    else
        asked_give_up(clients, asked, killed);
    return answered && !killed ? asked : NULL;
}

bool client_get(struct client *client, const char *key, const char **value)
{
    const struct asked *asked = ask(client, KV_GET, key, NULL, NULL);
    if (asked != NULL && value != NULL)
        *value = asked->answer;
    return asked != NULL;
}

bool client_put(struct client *client, const char *key, const char *value)
{
    return ask(client, KV_PUT, key, value, NULL) != NULL;
}

bool client_append(struct client *client, const char *key, const char *value)
{
    return ask(client, KV_APPEND, key, value, NULL) != NULL;
}

bool client_cas(struct client *client, const char *key, const char *expected,
                const char *value, bool *done)
{
    const struct asked *asked = ask(client, KV_CAS, key, value, expected);
    if (asked != NULL && done != NULL)
        *done = asked->outcome == LINEAR_DONE;
    return asked != NULL;
}

// ------------------------------------------------------------ without a clerk

static bool send(struct client *client, const struct kv_request *request,
                 int server, uint64_t ms, struct kv_reply *reply,
                 uint8_t **bytes)
{
    size_t n, n_reply = 0;
    uint8_t *args = message_encode(&kv_request_type, request, &n);
    *bytes = NULL;
    bool answered =
        client_call(client, server, service_rpcs[RPC_CLIENT_REQUEST].method,
                    args, n, ms, bytes, &n_reply) &&
        message_decode(&kv_reply_type, *bytes, n_reply, reply);
    free(args);
    return answered;
}

static enum sent sent_by(const struct kv_reply *reply)
{
    return reply->status == KV_WRONG_LEADER ? SENT_WRONG_LEADER
           : reply->status == KV_EXPIRED    ? SENT_EXPIRED
                                            : SENT_ANSWERED;
}

enum sent client_register(struct client *client, int server, uint64_t ms)
{
    struct lab_clients *clients = client->lab->clients;
    struct kv_request request = {.kind = KV_REGISTER};
    struct kv_reply reply;
    uint8_t *bytes;
    enum sent sent = SENT_SILENT;
    if (send(client, &request, server, ms, &reply, &bytes))
        sent = sent_by(&reply);
    bool good = sent == SENT_ANSWERED;
    free(bytes);
    pthread_mutex_lock(&clients->mutex);
    if (good) {
        client->session = reply.index;
        client->sequence = 0;
    }
    pthread_mutex_unlock(&clients->mutex);
    return sent;
}

struct asked *client_begin(struct client *client, enum kv_kind kind,
                           const char *key, const char *value,
                           const char *expected)
{
    struct lab_clients *clients = client->lab->clients;
    struct asked *asked =
        asked_begin(clients, client->number, kind, key, value, expected);
    pthread_mutex_lock(&clients->mutex);
    asked->session = client->session;
    asked->sequence = client->session != 0 ? ++client->sequence : 0;
    pthread_mutex_unlock(&clients->mutex);
    return asked;
}

enum sent client_send(struct client *client, struct asked *asked, int server,
                      uint64_t ms)
{
    struct lab_clients *clients = client->lab->clients;
    struct kv_request request =
        request_of(asked->kind, asked->key, asked->value, asked->expected);
    struct kv_reply reply;
    uint8_t *bytes;
    request.client = asked->session;
    request.sequence = asked->sequence;
    trace_set_cause(client->lab->trace, asked->event);
    enum sent sent = SENT_SILENT;
    if (send(client, &request, server, ms, &reply, &bytes))
        sent = sent_by(&reply);
    pthread_mutex_lock(&clients->mutex);
    bool killed = client->killed;
    pthread_mutex_unlock(&clients->mutex);
    if (sent == SENT_ANSWERED && !killed)
        asked_end(clients, asked, &reply);
    trace_set_cause(client->lab->trace, 0);
    free(bytes);
    return sent;
}

// -------------------------------------------------------------------- the end

void lab_clients_free(struct lab_clients *clients)
{
    if (clients == NULL)
        return;
    pthread_mutex_lock(&clients->mutex);
    for (struct client *c = clients->newest; c != NULL; c = c->next)
        c->killed = true;
    pthread_mutex_unlock(&clients->mutex);
    for (struct client *c = clients->newest, *next; c != NULL; c = next) {
        next = c->next;
        struct sim_space *before = sim_space_enter(c->space);
        if (c->clerk != NULL)
            clients->lab->kv->clerk_free(c->clerk);
        sim_space_enter(before);
        free(c);
    }
    crew_end(&clients->crew);
    asked_free(clients);
    pthread_mutex_destroy(&clients->mutex);
    free(clients);
}
