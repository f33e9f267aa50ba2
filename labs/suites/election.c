// election.c -- lab A: a leader is elected, and another when it is gone.
#include "suites.h"

// [F.2] [C.2] A quiet cluster elects one leader and keeps it: heartbeats
// [L.1] hold the others back.
static void initial_election(struct lab *lab)
{
    lab_check_one_leader(lab);
    lab_sleep_ms(lab, 50); // the others may still learn of the election
    raft_term before = lab_check_terms(lab);
    if (before < 1)
        lab_fail(lab, "the term is 0 although a leader was elected");
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    raft_term after = lab_check_terms(lab);
    if (after != before)
        lab_note(lab, "the term changed from %llu to %llu without any failure",
                 (unsigned long long)before, (unsigned long long)after);
    lab_check_one_leader(lab);
}

// [ALL.2] [C.2] A new leader replaces a lost one, the lost one comes back as a
// follower, and a server without a majority leads nobody.
static void re_election(struct lab *lab)
{
    int first = lab_check_one_leader(lab);
    lab_disconnect(lab, first);
    lab_check_one_leader(lab);

    lab_connect(lab, first);
    int second = lab_check_one_leader(lab);

    lab_disconnect(lab, second);
    lab_disconnect(lab, after(lab, second, 1));
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    lab_check_no_leader(lab);

    lab_connect(lab, after(lab, second, 1));
    lab_check_one_leader(lab);
    lab_connect(lab, second);
    lab_check_one_leader(lab);
}

// [RV.2] Seven servers, any three of them away at a time: the other four
// always agree on one leader.
static void many_elections(struct lab *lab)
{
    lab_check_one_leader(lab);
    for (int round = 0; round < 9; round++) {
        int away[3];
        for (int i = 0; i < 3; i++)
            away[i] = (int)lab_random(lab, 7);
        for (int i = 0; i < 3; i++)
            lab_disconnect(lab, away[i]);
        lab_check_one_leader(lab);
        for (int i = 0; i < 3; i++)
            lab_connect(lab, away[i]);
    }
    lab_check_one_leader(lab);
}

const struct lab_scenario election_scenarios[] = {
    {.name = "initial-election",
     .title = "Test (3A): initial election",
     .run = initial_election,
     .n_servers = 3},
    {.name = "re-election",
     .title = "Test (3A): election after network failure",
     .run = re_election,
     .n_servers = 3},
    {.name = "many-elections",
     .title = "Test (3A): multiple elections",
     .run = many_elections,
     .n_servers = 7},
    {.name = NULL},
};
