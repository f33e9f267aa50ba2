// schedules_clients.c -- clients one after the other, and many at a time.
#include "adversary.h"
#include "suites.h"

#include <string.h>

// [L.3] Entries leave when they are there, not with the next heartbeat. How
// often heartbeats leave is counted, and twenty commands, each given when the
// one before is applied, must not take as long as so many heartbeats.
static void between_heartbeats(struct lab *lab)
{
    enum { COUNT_MS = 3000, N_COMMANDS = 20, FLOOR_MS = 25 };
    adversary_begin(lab);
    elect(lab, 0);
    struct rule *sent = watch("AppendEntries", REQUEST, 0, 1);
    lab_sleep_ms(lab, COUNT_MS);
    int every_ms = COUNT_MS / (legs(sent) > 0 ? legs(sent) : 1);
    adversary_end(lab);
    raft_term term = term_of(lab, 0);
    int waited_ms = 0;
    for (int i = 0; i < N_COMMANDS; i++) {
        raft_index index = 0;
        bool taken = propose(lab, 0, random_value(lab), &index, NULL);
        for (; taken && lab_last_applied(lab, 0) < index; waited_ms++) {
            lab_sleep_ms(lab, 1);
            taken = term_of(lab, 0) == term && waited_ms < 60000;
        }
        if (!taken) {
            lab_note(lab, "another election: nothing was measured");
            return;
        }
    }
    int most_ms = every_ms * 3 / 4 > FLOOR_MS ? every_ms * 3 / 4 : FLOOR_MS;
    if (waited_ms > N_COMMANDS * most_ms)
        lab_fail(lab,
                 "%d commands, one after the other, took %d ms, and heartbeats"
                 " leave every %d ms: do entries wait for the next one?",
                 N_COMMANDS, waited_ms, every_ms);
}

// ---------------------------------------------------------- a slow disk

enum { N_CLIENTS = 6, N_EACH = 4 };

// What raft_start() said of a command.
struct answer {
    bool taken;
    raft_index index;
    raft_term term;
    struct value value;
};

struct client {
    struct lab *lab;
    int number;
    struct answer answer[N_EACH];
};

static void *client_main(void *argument)
{
    struct client *client = argument;
    for (int i = 0; i < N_EACH; i++) {
        struct answer *answer = &client->answer[i];
        lab_sleep_ms(client->lab, lab_random(client->lab, 50));
        answer->value = number(1000 * (client->number + 1) + i);
        answer->taken = propose(client->lab, 0, answer->value, &answer->index,
                                &answer->term);
    }
    return NULL;
}

static void ask_all(struct lab *lab, struct client *clients)
{
    pthread_t threads[N_CLIENTS];
    for (int i = 0; i < N_CLIENTS; i++) {
        clients[i] = (struct client){.lab = lab, .number = i};
        begin_thread(&threads[i], client_main, &clients[i]);
    }
    for (int i = 0; i < N_CLIENTS; i++)
        end_thread(threads[i]);
}

// [L.2] Clients come while the leader saves: each gets an index of its own, and
// what was taken is durable when raft_start() returns. Nobody else has it: the
// leader crashes right then, comes back and is elected again.
static void clients_on_a_slow_disk(struct lab *lab)
{
    for (int round = 0; round < 3; round++) {
        struct client clients[N_CLIENTS];
        adversary_begin(lab);
        elect(lab, 0);
        raft_term term = term_of(lab, 0);
        struct rule *entries = drop("AppendEntries", REQUEST, 0, ALL);
        only(entries, has_entries);
        only_clock_of(lab, 0);
        lab_slow_save(lab, 0, 20 + lab_random(lab, 40));
        ask_all(lab, clients);
        bool set_up = leads(lab, 0) && term_of(lab, 0) == term;
        lab_crash(lab, 0);
        lab_slow_save(lab, 0, 0);
        adversary_end(lab);
        lab_restart(lab, 0);
        elect(lab, 0);
        one(lab, random_value(lab), 3);
        for (int i = 0; set_up && i < N_CLIENTS * N_EACH; i++) {
            const struct answer *answer =
                &clients[i / N_EACH].answer[i % N_EACH];
            struct value value;
            if (!answer->taken || answer->term != term)
                continue;
            if (n_committed(lab, answer->index, &value) == 0)
                lab_fail(
                    lab,
                    "S1 took \"%s\" at index %llu and crashed, and, elected"
                    " again, does not have it: was it saved when"
                    " raft_start() returned?",
                    answer->value.text, (unsigned long long)answer->index);
            if (!same(value, answer->value))
                lab_fail(lab,
                         "S1 took \"%s\" at index %llu of term %llu, where"
                         " \"%s\" was agreed on",
                         answer->value.text, (unsigned long long)answer->index,
                         (unsigned long long)term, value.text);
        }
    }
}

const struct lab_scenario schedules_clients_scenarios[] = {
    {.name = "between-heartbeats",
     .title = "Schedule: between two heartbeats",
     .run = between_heartbeats,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "clients-on-a-slow-disk",
     .title = "Schedule: clients on a slow disk",
     .run = clients_on_a_slow_disk,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
