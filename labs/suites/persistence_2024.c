// persistence_2024.c -- lab C as the edition of 2024 told it: servers are cut
// off first, and crash and restart in one go.
//
// A server that is cut off keeps running: its term, its role and its entries
// of no majority are still in memory when it crashes.
#include "suites.h"

static void crash_and_restart(struct lab *lab, int server)
{
    lab_crash(lab, server);
    lab_restart(lab, server);
}

// [RV.2] [AE.4] The servers crash one after the other, not together, and
// leaders are cut off before they crash.
static void persist_1(struct lab *lab)
{
    one(lab, number(11), 3);
    for (int server = 0; server < 3; server++)
        crash_and_restart(lab, server);
    for (int server = 0; server < 3; server++) {
        lab_disconnect(lab, server);
        lab_connect(lab, server);
    }
    one(lab, number(12), 3);

    int first = lab_check_one_leader(lab);
    lab_disconnect(lab, first);
    crash_and_restart(lab, first);
    one(lab, number(13), 3);

    int second = lab_check_one_leader(lab);
    lab_disconnect(lab, second);
    one(lab, number(14), 2);
    crash_and_restart(lab, second);
    wait_for(lab, lab_nth(lab, 4), 3, 0,
             NULL); // the restarted one gets it, too

    int third = after(lab, lab_check_one_leader(lab), 1);
    lab_disconnect(lab, third);
    one(lab, number(15), 2);
    crash_and_restart(lab, third);
    one(lab, number(16), 3);
}

// [L.4] As persist-2, with servers that are cut off and live on; two of them
// never crash at all.
static void persist_2(struct lab *lab)
{
    int value = 11;
    for (int round = 0; round < 5; round++) {
        one(lab, number(value++), 5);
        int leader = lab_check_one_leader(lab);
        lab_disconnect(lab, after(lab, leader, 1));
        lab_disconnect(lab, after(lab, leader, 2));
        one(lab, number(value++), 3);

        lab_disconnect(lab, leader);
        lab_disconnect(lab, after(lab, leader, 3));
        lab_disconnect(lab, after(lab, leader, 4));
        crash_and_restart(lab, after(lab, leader, 1));
        crash_and_restart(lab, after(lab, leader, 2));
        lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);

        crash_and_restart(lab, after(lab, leader, 3));
        one(lab, number(value++), 3);
        lab_connect(lab, after(lab, leader, 4));
        lab_connect(lab, leader);
    }
    one(lab, number(1000), 5);
}

const struct lab_scenario persistence_2024_scenarios[] = {
    {.name = "persist-1-2024",
     .title = "Test (3C): basic persistence, 2024",
     .run = persist_1,
     .n_servers = 3},
    {.name = "persist-2-2024",
     .title = "Test (3C): more persistence, 2024",
     .run = persist_2,
     .n_servers = 5},
    {.name = NULL},
};
