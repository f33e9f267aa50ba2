// story.c -- see story.h.
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

enum { PATIENCE_ROUNDS = 30, LONGEST_PAUSE_MS = 1000 };

// ------------------------------------------------------------------ commands

struct value number(int n)
{
    struct value value;
    snprintf(value.text, sizeof value.text, "%d", n);
    return value;
}

// Always VALUE_BYTES long, so that the size of a log follows from its length.
struct value random_value(struct lab *lab)
{
    return number(10000000 + (int)lab_random(lab, 90000000));
}

struct value small_value(struct lab *lab)
{
    return number((int)lab_random(lab, 10000));
}

bool same(struct value a, struct value b)
{
    return strcmp(a.text, b.text) == 0;
}

static struct value value_of(struct message_bytes command)
{
    struct value value = {""};
    size_t n = command.n < VALUE_ROOM - 1 ? command.n : VALUE_ROOM - 1;
    if (n > 0)
        memcpy(value.text, command.at, n);
    return value;
}

// ----------------------------------------------------------------- the lab

int after(struct lab *lab, int server, int k)
{
    return (server + k) % lab_n_servers(lab);
}

raft_index one(struct lab *lab, struct value value, int n)
{
    return lab_one(lab, value.text, strlen(value.text), n, true);
}

raft_index one_within(struct lab *lab, struct value value, int n,
                      unsigned seconds)
{
    return lab_one_within(lab, value.text, strlen(value.text), n, seconds);
}

raft_index one_at_once(struct lab *lab, struct value value, int n)
{
    return lab_one(lab, value.text, strlen(value.text), n, false);
}

bool propose(struct lab *lab, int server, struct value value, raft_index *index,
             raft_term *term)
{
    raft_index at;
    raft_term in;
    return lab_start(lab, server, value.text, strlen(value.text),
                     index != NULL ? index : &at, term != NULL ? term : &in);
}

raft_index must_propose(struct lab *lab, int server, struct value value)
{
    raft_index index = 0;
    if (propose(lab, server, value, &index, NULL))
        return index;
    raft_term term;
    bool is_leader = false;
    if (lab_get_state(lab, server, &term, &is_leader) && !is_leader)
        lab_not_set_up(lab, "S%d, which was the leader, leads no more",
                       server + 1);
    lab_fail(lab, "S%d refused a command although it was the leader",
             server + 1);
}

int n_committed(struct lab *lab, raft_index index, struct value *value)
{
    struct message_bytes command = {NULL, 0};
    int n = lab_n_committed(lab, index, &command);
    if (value != NULL)
        *value = value_of(command);
    return n;
}

bool term_moved(struct lab *lab, raft_term term)
{
    for (int server = 0; server < lab_n_servers(lab); server++) {
        raft_term now = term;
        bool is_leader;
        lab_get_state(lab, server, &now, &is_leader);
        if (now != term)
            return true;
    }
    return false;
}

static bool term_passed(struct lab *lab, raft_term term)
{
    for (int server = 0; server < lab_n_servers(lab); server++) {
        raft_term now = 0;
        bool is_leader;
        lab_get_state(lab, server, &now, &is_leader);
        if (now > term)
            return true;
    }
    return false;
}

// Looks after 10 ms, 20 ms, 40 ms ... and then about every second.
bool wait_for(struct lab *lab, raft_index index, int n, raft_term term,
              struct value *value)
{
    uint64_t pause_ms = 10;
    for (int round = 0; round < PATIENCE_ROUNDS; round++) {
        if (n_committed(lab, index, value) >= n)
            return true;
        lab_sleep_ms(lab, pause_ms);
        if (pause_ms < LONGEST_PAUSE_MS)
            pause_ms *= 2;
        if (term > 0 && term_passed(lab, term))
            return false;
    }
    int applied = n_committed(lab, index, NULL);
    lab_fail(lab, "index %llu was applied by %d server%s, but %d %s expected",
             (unsigned long long)index, applied, applied == 1 ? "" : "s", n,
             n == 1 ? "was" : "were");
    return false;
}

void check_index(struct lab *lab, raft_index index, raft_index expected)
{
    if (index != expected)
        lab_fail(lab, "a command got index %llu, but %llu was expected",
                 (unsigned long long)index, (unsigned long long)expected);
}

void check_no_agreement(struct lab *lab, raft_index index)
{
    int n = n_committed(lab, index, NULL);
    if (n > 0)
        lab_fail(lab,
                 "index %llu was applied by %d server%s without a majority",
                 (unsigned long long)index, n, n == 1 ? "" : "s");
}

void check_saves(struct lab *lab)
{
    if (lab_state_size(lab) == 0)
        lab_fail(lab, "a command is agreed on, and no server has saved"
                      " anything: config.save() was never called");
}

void restart_all(struct lab *lab)
{
    for (int server = 0; server < lab_n_servers(lab); server++)
        lab_crash(lab, server);
    for (int server = 0; server < lab_n_servers(lab); server++)
        lab_restart(lab, server);
}

uint64_t delivered(struct lab *lab)
{
    uint64_t n = 0;
    for (int server = 0; server < lab_n_servers(lab); server++)
        n += lab_server_calls(lab, server);
    return n;
}

void begin_thread(pthread_t *thread, void *(*body)(void *), void *argument)
{
    must(pthread_create(thread, NULL, body, argument), "pthread_create");
}

void end_thread(pthread_t thread)
{
    must(pthread_join(thread, NULL), "pthread_join");
}
