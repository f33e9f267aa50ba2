// replication_failures.c -- lab B: agreement while servers come and go.
#include "suites.h"

// [L.4] Two of three still agree; one of three agrees on nothing.
static void follower_failure(struct lab *lab)
{
    one_at_once(lab, number(101), 3);
    int leader = lab_check_one_leader(lab);
    lab_disconnect(lab, after(lab, leader, 1));
    one_at_once(lab, number(102), 2);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    one_at_once(lab, number(103), 2);

    leader = lab_check_one_leader(lab);
    lab_disconnect(lab, after(lab, leader, 1));
    lab_disconnect(lab, after(lab, leader, 2));
    raft_index index = must_propose(lab, leader, number(104));
    check_index(lab, index, lab_nth(lab, 4));
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    check_no_agreement(lab, index);
}

// [L.4] The same with leaders: the second loss leaves no majority.
static void leader_failure(struct lab *lab)
{
    one_at_once(lab, number(101), 3);
    int first = lab_check_one_leader(lab);
    lab_disconnect(lab, first);
    one_at_once(lab, number(102), 2);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    one_at_once(lab, number(103), 2);

    int second = lab_check_one_leader(lab);
    lab_disconnect(lab, second);
    for (int server = 0; server < 3; server++)
        propose(lab, server, number(104), NULL, NULL);
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    check_no_agreement(lab, 4);
}

// [L.3] A follower that was away gets what it missed.
static void fail_agree(struct lab *lab)
{
    one_at_once(lab, number(101), 3);
    int leader = lab_check_one_leader(lab);
    lab_disconnect(lab, after(lab, leader, 1));
    one_at_once(lab, number(102), 2);
    one_at_once(lab, number(103), 2);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    one_at_once(lab, number(104), 2);
    one_at_once(lab, number(105), 2);

    lab_connect(lab, after(lab, leader, 1));
    one(lab, number(106), 3);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    one(lab, number(107), 3);
}

// [L.4] Two of five agree on nothing, and go on once the others are back.
static void fail_no_agree(struct lab *lab)
{
    one_at_once(lab, number(10), 5);
    int leader = lab_check_one_leader(lab);
    for (int k = 1; k <= 3; k++)
        lab_disconnect(lab, after(lab, leader, k));
    raft_index index = must_propose(lab, leader, number(20));
    check_index(lab, index, lab_nth(lab, 2));
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    check_no_agreement(lab, index);

    for (int k = 1; k <= 3; k++)
        lab_connect(lab, after(lab, leader, k));
    // The lost majority may have elected one of its own, forgetting index 2.
    leader = lab_check_one_leader(lab);
    index = must_propose(lab, leader, number(30));
    if (index < lab_nth(lab, 2) || index > lab_nth(lab, 3))
        lab_fail(lab, "index %llu for the next command, expected 2 or 3",
                 (unsigned long long)index);
    one(lab, number(1000), 5);
}

// [AE.3] [RV.2] A leader that was cut off took commands that nobody else has;
// they give way when it rejoins.
static void rejoin(struct lab *lab)
{
    one(lab, number(101), 3);
    int first = lab_check_one_leader(lab);
    lab_disconnect(lab, first);
    for (int value = 102; value <= 104; value++)
        propose(lab, first, number(value), NULL, NULL);
    one(lab, number(103), 2);

    int second = lab_check_one_leader(lab);
    lab_disconnect(lab, second);
    lab_connect(lab, first);
    one(lab, number(104), 2);

    lab_connect(lab, second);
    one(lab, number(105), 3);
}

// A burst of commands that are lost with their leader.
static void propose_many(struct lab *lab, int leader, int n)
{
    for (int i = 0; i < n; i++)
        propose(lab, leader, random_value(lab), NULL, NULL);
}

static void agree_many(struct lab *lab, int n, int n_servers)
{
    for (int i = 0; i < n; i++)
        one(lab, random_value(lab), n_servers);
}

// [AE.2] [AE.3] Five logs that part early and for long: the leader must skip
// back over whole terms to meet each of them within the time limits.
static void backup(struct lab *lab)
{
    one(lab, random_value(lab), 5);
    int first = lab_check_one_leader(lab);
    for (int k = 2; k <= 4; k++)
        lab_disconnect(lab, after(lab, first, k));
    propose_many(lab, first, 50); // cannot be committed
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS / 2);

    lab_disconnect(lab, first);
    lab_disconnect(lab, after(lab, first, 1));
    for (int k = 2; k <= 4; k++)
        lab_connect(lab, after(lab, first, k));
    agree_many(lab, 50, 3);

    int second = lab_check_one_leader(lab);
    int other = after(lab, first, 2);
    if (other == second)
        other = after(lab, second, 1);
    lab_disconnect(lab, other);
    propose_many(lab, second, 50); // cannot be committed either
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS / 2);

    for (int server = 0; server < 5; server++)
        lab_disconnect(lab, server);
    lab_connect(lab, first);
    lab_connect(lab, after(lab, first, 1));
    lab_connect(lab, other);
    agree_many(lab, 50, 3);

    for (int server = 0; server < 5; server++)
        lab_connect(lab, server);
    one(lab, random_value(lab), 5);
}

const struct lab_scenario replication_failures_scenarios[] = {
    {.name = "follower-failure",
     .title = "Test (3B): progressive failure of followers",
     .run = follower_failure,
     .n_servers = 3},
    {.name = "leader-failure",
     .title = "Test (3B): failure of leaders",
     .run = leader_failure,
     .n_servers = 3},
    {.name = "fail-agree",
     .title = "Test (3B): agreement after a follower reconnects",
     .run = fail_agree,
     .n_servers = 3},
    {.name = "fail-no-agree",
     .title = "Test (3B): no agreement if too many followers disconnect",
     .run = fail_no_agree,
     .n_servers = 5},
    {.name = "rejoin",
     .title = "Test (3B): rejoin of a partitioned leader",
     .run = rejoin,
     .n_servers = 3},
    {.name = "backup",
     .title = "Test (3B): leader backs up quickly over incorrect follower logs",
     .run = backup,
     .n_servers = 5},
    {.name = NULL},
};
