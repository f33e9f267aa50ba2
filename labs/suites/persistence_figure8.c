// persistence_figure8.c -- lab C: leaders that last a moment (Figure 8).
#include "suites.h"

enum { N_ITERATIONS = 1000, REORDER_FROM = 200 };

// Mostly a pause in which a leader can send but hardly hear, now and then one
// in which it can commit.
static void pause_a_moment(struct lab *lab)
{
    if (lab_random(lab, 1000) < 100)
        lab_sleep_ms(lab, lab_random(lab, ELECTION_TIMEOUT_MS / 2));
    else
        lab_sleep_ms(lab, lab_random(lab, 13));
}

// [L.4] Figure 8: each leader crashes soon after it took a command, so that
// entries of old terms reach majorities without being committed. A leader
// that counts them as committed will be contradicted.
static void figure_8(struct lab *lab)
{
    one(lab, random_value(lab), 1);
    int n_up = 5;
    for (int i = 0; i < N_ITERATIONS; i++) {
        int leader = -1;
        struct value value = random_value(lab);
        for (int server = 0; server < 5; server++)
            if (lab_is_up(lab, server) &&
                propose(lab, server, value, NULL, NULL))
                leader = server;
        pause_a_moment(lab);
        if (leader >= 0) {
            lab_crash(lab, leader);
            n_up--;
        }
        int server = (int)lab_random(lab, 5);
        if (n_up < 3 && !lab_is_up(lab, server)) {
            lab_restart(lab, server);
            n_up++;
        }
    }
    for (int server = 0; server < 5; server++)
        if (!lab_is_up(lab, server))
            lab_restart(lab, server);
    one(lab, random_value(lab), 5);
}

// [L.4] [AE.3] The same with cut links instead of crashes, on a network that
// loses calls and, from iteration 200 on, holds most replies back. The old
// leaders live on and come back with long logs of their own.
static void figure_8_unreliable(struct lab *lab)
{
    one(lab, small_value(lab), 1);
    int n_connected = 5;
    for (int i = 0; i < N_ITERATIONS; i++) {
        if (i == REORDER_FROM)
            lab_long_reordering(lab, true);
        int leader = -1;
        struct value value = small_value(lab);
        for (int server = 0; server < 5; server++)
            if (propose(lab, server, value, NULL, NULL) &&
                lab_is_connected(lab, server))
                leader = server;
        pause_a_moment(lab);
        if (leader >= 0 && lab_random(lab, 1000) < 500) {
            lab_disconnect(lab, leader);
            n_connected--;
        }
        int server = (int)lab_random(lab, 5);
        if (n_connected < 3 && !lab_is_connected(lab, server)) {
            lab_connect(lab, server);
            n_connected++;
        }
    }
    // Logs part by hundreds of entries, and one may travel at a time.
    lab_long_reordering(lab, false);
    for (int server = 0; server < 5; server++)
        if (!lab_is_connected(lab, server))
            lab_connect(lab, server);
    one_within(lab, small_value(lab), 5, 30);
}

const struct lab_scenario persistence_figure8_scenarios[] = {
    {.name = "figure-8",
     .title = "Test (3C): Figure 8",
     .run = figure_8,
     .n_servers = 5},
    {.name = "figure-8-unreliable",
     .title = "Test (3C): Figure 8 (unreliable)",
     .run = figure_8_unreliable,
     .n_servers = 5,
     .unreliable = true},
    {.name = NULL},
};
