// persistence.c -- lab C: servers crash, come back, and remember.
#include "suites.h"

// [RV.2] [AE.4] Term, vote and log outlive a crash of everybody, of leaders
// and of followers.
static void persist_1(struct lab *lab)
{
    one(lab, number(11), 3);
    restart_all(lab);
    one(lab, number(12), 3);

    int first = lab_check_one_leader(lab);
    lab_crash(lab, first);
    lab_restart(lab, first);
    one(lab, number(13), 3);

    int second = lab_check_one_leader(lab);
    lab_crash(lab, second);
    one(lab, number(14), 2);
    lab_restart(lab, second);
    wait_for(lab, lab_nth(lab, 4), 3, 0,
             NULL); // the restarted one gets it, too

    int third = after(lab, lab_check_one_leader(lab), 1);
    lab_crash(lab, third);
    one(lab, number(15), 2);
    lab_restart(lab, third);
    one(lab, number(16), 3);
}

// [L.4] Five servers crash and come back in an order that leaves the log of
// each commit in a different majority.
static void persist_2(struct lab *lab)
{
    int value = 11;
    for (int round = 0; round < 5; round++) {
        one(lab, number(value++), 5);
        int leader = lab_check_one_leader(lab);
        lab_crash(lab, after(lab, leader, 1));
        lab_crash(lab, after(lab, leader, 2));
        one(lab, number(value++), 3);

        lab_crash(lab, leader);
        lab_crash(lab, after(lab, leader, 3));
        lab_crash(lab, after(lab, leader, 4));
        lab_restart(lab, after(lab, leader, 1));
        lab_restart(lab, after(lab, leader, 2));
        lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);

        lab_restart(lab, after(lab, leader, 3));
        one(lab, number(value++), 3);
        lab_restart(lab, after(lab, leader, 4));
        lab_restart(lab, leader);
    }
    one(lab, number(1000), 5);
}

// [L.4] The leader and one follower crash; the leader meets a third server
// that was cut off, and what was committed without it must survive.
static void persist_3(struct lab *lab)
{
    one(lab, number(101), 3);
    int leader = lab_check_one_leader(lab);
    lab_disconnect(lab, after(lab, leader, 2));
    one(lab, number(102), 2);

    lab_crash(lab, leader);
    lab_crash(lab, after(lab, leader, 1));
    lab_connect(lab, after(lab, leader, 2));
    lab_restart(lab, leader);
    one(lab, number(103), 2);

    lab_restart(lab, after(lab, leader, 1));
    one(lab, number(104), 3);
}

// -------------------------------------------------------- unreliable agree

struct agreement {
    struct lab *lab;
    int value;
};

static void *agree_one(void *argument)
{
    struct agreement *agreement = argument;
    one(agreement->lab, number(agreement->value), 1);
    return NULL;
}

enum { N_ROUNDS = 49, N_BACKGROUND = 4 };

// [L.3] Lost requests and replies are repeated until they arrive: 245
// commands, many at a time, over a network that loses a fifth of the calls.
static void unreliable_agree(struct lab *lab)
{
    pthread_t threads[N_ROUNDS][N_BACKGROUND];
    struct agreement agreements[N_ROUNDS][N_BACKGROUND];
    for (int round = 0; round < N_ROUNDS; round++) {
        for (int k = 0; k < N_BACKGROUND; k++) {
            struct agreement *agreement = &agreements[round][k];
            *agreement = (struct agreement){lab, 100 * (round + 1) + k};
            begin_thread(&threads[round][k], agree_one, agreement);
        }
        one(lab, number(round + 1), 1);
    }
    lab_reliable(lab, true);
    for (int round = 0; round < N_ROUNDS; round++)
        for (int k = 0; k < N_BACKGROUND; k++)
            end_thread(threads[round][k]);
    one(lab, number(100), 5);
}

const struct lab_scenario persistence_scenarios[] = {
    {.name = "persist-1",
     .title = "Test (3C): basic persistence",
     .run = persist_1,
     .n_servers = 3},
    {.name = "persist-2",
     .title = "Test (3C): more persistence",
     .run = persist_2,
     .n_servers = 5},
    {.name = "persist-3",
     .title = "Test (3C): partitioned leader and one follower crash, leader "
              "restarts",
     .run = persist_3,
     .n_servers = 3},
    {.name = "unreliable-agree",
     .title = "Test (3C): unreliable agreement",
     .run = unreliable_agree,
     .n_servers = 5,
     .unreliable = true},
    {.name = NULL},
};
