// replication.c -- lab B: commands are agreed on, at the price of few RPCs.
#include "suites.h"

#include <pthread.h>
#include <string.h>

#include "base/thread.h"

// [L.2] [L.3] [L.4] Three commands, one after the other: each gets the next
// index, and nothing is committed before it was asked for.
static void basic_agree(struct lab *lab)
{
    for (int i = 1; i <= 3; i++) {
        if (n_committed(lab, lab_nth(lab, (raft_index)i), NULL) > 0)
            lab_fail(lab, "index %d is committed before its command came", i);
        raft_index index = one_at_once(lab, number(100 * i), 3);
        check_index(lab, index, lab_nth(lab, (raft_index)i));
    }
}

// Commands of the byte count: ten of 5,000 characters.
enum { LARGE_BYTES = 5000, N_LARGE = 10, RPC_SLACK = 50000 };

// [L.3] Each command travels to each follower once. What is necessary is two
// times the payload; three times and 50,000 bytes of overhead are allowed, so
// that sending everything twice is not.
static void rpc_bytes(struct lab *lab)
{
    one_at_once(lab, number(99), 3);
    uint64_t before = lab_bytes(lab);
    for (int i = 0; i < N_LARGE; i++) {
        char text[LARGE_BYTES];
        for (size_t k = 0; k < sizeof text; k++)
            text[k] = (char)('a' + lab_random(lab, 26));
        raft_index index = lab_one(lab, text, sizeof text, 3, false);
        check_index(lab, index, lab_nth(lab, (raft_index)i + 2));
    }
    uint64_t spent = lab_bytes(lab) - before;
    uint64_t most = (uint64_t)3 * N_LARGE * LARGE_BYTES + RPC_SLACK;
    if (spent > most)
        lab_fail(lab, "%llu bytes were sent for %d commands, at most %llu fit",
                 (unsigned long long)spent, N_LARGE, (unsigned long long)most);
}

// ------------------------------------------------------- concurrent starts

enum { N_STARTERS = 5, N_TRIES = 5 };

struct starter {
    struct lab *lab;
    int leader, value;
    bool taken;
    raft_index index;
    raft_term term;
};

static void *start_one(void *argument)
{
    struct starter *starter = argument;
    starter->taken =
        propose(starter->lab, starter->leader, number(starter->value),
                &starter->index, &starter->term);
    return NULL;
}

// Are the commands that were taken in this term committed? False: the term
// went by, and nothing can be said.
static bool collect(struct lab *lab, struct starter *starters, raft_term term,
                    bool seen[N_STARTERS])
{
    for (int i = 0; i < N_STARTERS; i++) {
        struct starter *starter = &starters[i];
        if (!starter->taken || starter->term != term)
            continue;
        struct value value;
        if (!wait_for(lab, starter->index, 3, term, &value))
            return false;
        for (int k = 0; k < N_STARTERS; k++)
            seen[k] = seen[k] || same(value, number(100 + k));
    }
    return true;
}

static bool try_concurrent_starts(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    raft_index index;
    raft_term term;
    if (!propose(lab, leader, number(1), &index, &term))
        return false;

    struct starter starters[N_STARTERS];
    pthread_t threads[N_STARTERS];
    for (int i = 0; i < N_STARTERS; i++) {
        starters[i] = (struct starter){.lab = lab, .leader = leader};
        starters[i].value = 100 + i;
        begin_thread(&threads[i], start_one, &starters[i]);
    }
    for (int i = 0; i < N_STARTERS; i++)
        end_thread(threads[i]);
    if (term_moved(lab, term))
        return false;

    bool seen[N_STARTERS] = {false};
    if (!collect(lab, starters, term, seen))
        return false;
    for (int i = 0; i < N_STARTERS; i++)
        if (!seen[i])
            lab_fail(lab,
                     "command %d is missing from the log: raft_start() said"
                     " index %llu, where S%d has another one of that term",
                     100 + i, (unsigned long long)starters[i].index,
                     leader + 1);
    return true;
}

// [L.2] Commands that come at the same time all get an index of their own.
static void concurrent_starts(struct lab *lab)
{
    for (int try = 0; try < N_TRIES; try++) {
        if (try > 0)
            lab_sleep_ms(lab, 3000); // let the cluster settle
        if (try_concurrent_starts(lab))
            return;
    }
    lab_fail(lab, "the term changed too often, %d times", N_TRIES);
}

// ------------------------------------------------------------------- counts

// An idle second: heartbeats every 25 ms to each of two followers.
enum { N_COUNTED = 10, IDLE_RPCS = 80 };

// Twelve commands in one term; returns false when the term moved on.
static bool agree_in_one_term(struct lab *lab, int leader)
{
    raft_index first, index;
    raft_term term, now;
    if (!propose(lab, leader, number(1), &first, &term))
        return false;
    struct value values[N_COUNTED + 1];
    for (int i = 0; i < N_COUNTED + 1; i++) {
        values[i] = random_value(lab);
        if (!propose(lab, leader, values[i], &index, &now) || now != term)
            return false;
        check_index(lab, index, first + 1 + (raft_index)i);
    }
    for (int i = 0; i < N_COUNTED; i++) {
        struct value value;
        if (!wait_for(lab, first + 1 + (raft_index)i, 3, term, &value))
            return false;
        if (!same(value, values[i]))
            lab_fail(lab, "wrong command at index %llu: %s, expected %s",
                     (unsigned long long)first + 1 + (unsigned)i, value.text,
                     values[i].text);
    }
    return true;
}

static bool try_count(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    uint64_t before = delivered(lab);
    raft_term term, after_term;
    bool leads;
    lab_get_state(lab, leader, &term, &leads);
    if (!agree_in_one_term(lab, leader))
        return false;
    uint64_t spent = delivered(lab) - before;
    lab_get_state(lab, leader, &after_term, &leads);
    if (term_moved(lab, after_term) || after_term != term)
        return false;
    if (spent > (N_COUNTED + 1 + 3) * 3)
        lab_fail(lab, "%llu RPCs for %d commands, at most %d are needed",
                 (unsigned long long)spent, N_COUNTED, (N_COUNTED + 1 + 3) * 3);
    return true;
}

// [L.1] [L.3] Elections, agreement and idleness each take only so many RPCs.
static void count(struct lab *lab)
{
    uint64_t begin_ms = now_ms();
    lab_check_one_leader(lab);
    uint64_t election = delivered(lab);
    uint64_t most = 30 + (now_ms() - begin_ms) * IDLE_RPCS / 1000;
    if (election < 1 || election > most)
        lab_fail(lab, "%llu RPCs to elect a first leader, expected 1 to %llu",
                 (unsigned long long)election, (unsigned long long)most);
    bool done = false;
    for (int try = 0; try < N_TRIES && !done; try++) {
        if (try > 0)
            lab_sleep_ms(lab, 3000);
        done = try_count(lab);
    }
    if (!done)
        lab_fail(lab, "the term changed too often, %d times", N_TRIES);
    uint64_t before = delivered(lab);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    uint64_t idle = delivered(lab) - before;
    if (idle > IDLE_RPCS)
        lab_fail(lab, "%llu RPCs in one idle second, at most %d are allowed",
                 (unsigned long long)idle, IDLE_RPCS);
}

const struct lab_scenario replication_scenarios[] = {
    {.name = "basic-agree",
     .title = "Test (3B): basic agreement",
     .run = basic_agree,
     .n_servers = 3},
    {.name = "rpc-bytes",
     .title = "Test (3B): RPC byte count",
     .run = rpc_bytes,
     .n_servers = 3},
    {.name = "concurrent-starts",
     .title = "Test (3B): concurrent starts",
     .run = concurrent_starts,
     .n_servers = 3},
    {.name = "count",
     .title = "Test (3B): RPC counts are not too high",
     .run = count,
     .n_servers = 3},
    {.name = NULL},
};
