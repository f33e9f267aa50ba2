// persistence_churn.c -- lab C: clients go on while servers come and go.
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum { N_CLIENTS = 3, N_CHANGES = 20 };

// Shared by the clients and the story; one of each client's own otherwise.
struct churn {
    struct lab *lab;
    pthread_mutex_t mutex;
    bool stop; // guarded by mutex
};

struct client {
    struct churn *churn;
    int number;
    struct value *known; // commands that it saw committed
    size_t n_known, room;
};

static bool stopped(struct churn *churn)
{
    pthread_mutex_lock(&churn->mutex);
    bool stop = churn->stop;
    pthread_mutex_unlock(&churn->mutex);
    return stop;
}

static void remember(struct client *client, struct value value)
{
    if (client->n_known == client->room) {
        client->room = client->room > 0 ? 2 * client->room : 64;
        client->known =
            must_realloc(client->known, client->room * sizeof value);
    }
    client->known[client->n_known++] = value;
}

// Looks a few times whether the index is committed, and with which command.
// The pause before the first look is a client's own: without it, a network
// without delay would let one ask for thousands of commands in no time at all.
static void watch(struct client *client, raft_index index, struct value value)
{
    static const unsigned pauses[] = {10, 20, 50, 100, 200};
    struct lab *lab = client->churn->lab;
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        struct value committed;
        lab_sleep_ms(lab, pauses[i]);
        if (n_committed(lab, index, &committed) > 0) {
            if (same(committed, value))
                remember(client, value);
            return;
        }
    }
}

static void *client_main(void *argument)
{
    struct client *client = argument;
    struct lab *lab = client->churn->lab;
    while (!stopped(client->churn)) {
        struct value value = random_value(lab);
        raft_index index = 0;
        bool taken = false;
        for (int server = 0; server < 5; server++) {
            raft_index at;
            if (lab_is_up(lab, server) &&
                propose(lab, server, value, &at, NULL)) {
                taken = true;
                index = at;
            }
        }
        if (taken)
            watch(client, index, value);
        else
            lab_sleep_ms(lab, 79 + 17 * (unsigned)client->number);
    }
    return NULL;
}

// Twenty times: perhaps cut one off, perhaps bring one back, perhaps crash.
static void change_servers(struct lab *lab)
{
    for (int i = 0; i < N_CHANGES; i++) {
        if (lab_random(lab, 1000) < 200)
            lab_disconnect(lab, (int)lab_random(lab, 5));
        if (lab_random(lab, 1000) < 500) {
            int server = (int)lab_random(lab, 5);
            if (!lab_is_up(lab, server))
                lab_restart(lab, server);
            lab_connect(lab, server);
        }
        if (lab_random(lab, 1000) < 200) {
            int server = (int)lab_random(lab, 5);
            if (lab_is_up(lab, server))
                lab_crash(lab, server);
        }
        // Long enough that mostly a leader is elected, and not always.
        lab_sleep_ms(lab, ELECTION_TIMEOUT_MS * 7 / 10);
    }
}

static void settle(struct lab *lab)
{
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    lab_reliable(lab, true);
    for (int server = 0; server < 5; server++) {
        if (!lab_is_up(lab, server))
            lab_restart(lab, server);
        lab_connect(lab, server);
    }
}

static int by_text(const void *one, const void *two)
{
    const struct value *a = one, *b = two;
    return strcmp(a->text, b->text);
}

// Every command that a client saw committed must be in the log for good. The
// values of the log are sorted.
static void check_known(struct lab *lab, const struct client *client,
                        const struct value *values, size_t n)
{
    for (size_t i = 0; i < client->n_known; i++)
        if (bsearch(&client->known[i], values, n, sizeof *values, by_text) ==
            NULL)
            lab_fail(lab, "command %s was seen committed and is gone",
                     client->known[i].text);
}

static void check_log(struct lab *lab, const struct client *clients)
{
    raft_index last = one(lab, random_value(lab), 5);
    size_t n = (size_t)(last - lab_nth(lab, 0));
    struct value *values = must_calloc(n, sizeof *values);
    for (size_t i = 0; i < n; i++)
        wait_for(lab, lab_nth(lab, i + 1), 5, 0, &values[i]);
    qsort(values, n, sizeof *values, by_text);
    for (int i = 0; i < N_CLIENTS; i++)
        check_known(lab, &clients[i], values, n);
    free(values);
}

// [P.4] [L.4] What was committed once stays, whatever fails meanwhile. With
// the reliable network, and with the one that loses calls.
static void churn(struct lab *lab)
{
    struct churn all = {.lab = lab};
    struct client clients[N_CLIENTS];
    pthread_t threads[N_CLIENTS];
    pthread_mutex_init(&all.mutex, NULL);
    for (int i = 0; i < N_CLIENTS; i++) {
        clients[i] = (struct client){.churn = &all, .number = i};
        begin_thread(&threads[i], client_main, &clients[i]);
    }
    change_servers(lab);
    settle(lab);

    pthread_mutex_lock(&all.mutex);
    all.stop = true;
    pthread_mutex_unlock(&all.mutex);
    for (int i = 0; i < N_CLIENTS; i++)
        end_thread(threads[i]);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    check_log(lab, clients);
    for (int i = 0; i < N_CLIENTS; i++)
        free(clients[i].known);
    pthread_mutex_destroy(&all.mutex);
}

const struct lab_scenario persistence_churn_scenarios[] = {
    {.name = "reliable-churn",
     .title = "Test (3C): churn",
     .run = churn,
     .n_servers = 5},
    {.name = "unreliable-churn",
     .title = "Test (3C): unreliable churn",
     .run = churn,
     .n_servers = 5,
     .unreliable = true},
    {.name = NULL},
};
