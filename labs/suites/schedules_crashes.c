// schedules_crashes.c -- crashes at exact events: each save, each send.
#include "adversary.h"
#include "suites.h"

enum { N_POINTS = 24 };

// A leader is lost and comes back: votes, appends and truncations everywhere.
static void unrest(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    propose(lab, leader, random_value(lab), NULL, NULL);
    lab_disconnect(lab, leader);
    one(lab, random_value(lab), 3);
    if (lab_is_up(lab, leader))
        lab_connect(lab, leader);
}

// [RV.2] [AE.4] A crash just before and just after the k-th save of a server,
// for each k: nothing that follows from a save may have left before it.
static void crash_at_each_save(struct lab *lab)
{
    for (int k = 1; k <= N_POINTS; k++) {
        int server = k % 5;
        lab_crash_at_save(lab, server, k / 2 + 1, k % 2 == 0);
        one(lab, random_value(lab), 3);
        unrest(lab);
        lab_crash_at_save(lab, server, 0, false);
        if (!lab_is_up(lab, server))
            lab_restart(lab, server);
        one(lab, random_value(lab), 5);
    }
    check_saves(lab);
}

// [RV.2] [AE.4] A crash right after the k-th message that a server sends,
// request or answer, for each k: the next one never leaves.
static void crash_at_each_send(struct lab *lab)
{
    for (int k = 1; k <= N_POINTS; k++) {
        int server = k % 5;
        adversary_begin(lab);
        struct rule *last = drop(NULL, BOTH, server, ALL);
        skip_first(last, k / 2);
        int leader = lab_check_one_leader(lab);
        propose(lab, leader, random_value(lab), NULL, NULL);
        await_legs(lab, last, k / 2 + 1);
        lab_crash(lab, server);
        adversary_end(lab);
        one(lab, random_value(lab), 4);
        lab_restart(lab, server);
        one(lab, random_value(lab), 5);
    }
}

// [RV.2] [P.3] Servers crash and come back every tenth of a second, mostly in
// the middle of an election, and clients keep asking.
static void restart_storm(struct lab *lab)
{
    for (int i = 0; i < 200; i++) {
        int server = (int)lab_random(lab, 5);
        for (int s = 0; s < 5; s++)
            propose(lab, s, random_value(lab), NULL, NULL);
        lab_crash(lab, server);
        lab_sleep_ms(lab, lab_random(lab, 20));
        lab_restart(lab, server);
        lab_sleep_ms(lab, lab_random(lab, 100));
    }
    one(lab, random_value(lab), 5);
}

// [P.3] [P.4] All servers crash at the same moment, mostly in the middle of
// something; each recovers from its own disk alone.
static void blackouts(struct lab *lab)
{
    raft_index last = 0;
    for (int i = 0; i < 30; i++) {
        for (int s = 0; s < 3; s++)
            for (int k = 0; k < 3; k++)
                propose(lab, s, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, lab_random(lab, 600));
        restart_all(lab);
        if (i % 5 != 4)
            continue;
        raft_index index = one(lab, random_value(lab), 3);
        if (index <= last)
            lab_fail(lab, "index %llu was given again",
                     (unsigned long long)index);
        last = index;
    }
}

// ------------------------------------------------------------ crash points

// Brings back, after a while, whoever is down.
struct nurse {
    struct lab *lab;
    pthread_mutex_t mutex;
    bool stop; // guarded by mutex
};

static void *nurse_main(void *argument)
{
    struct nurse *nurse = argument;
    for (bool stop = false; !stop;) {
        lab_sleep_ms(nurse->lab, 200);
        for (int s = 0; s < lab_n_servers(nurse->lab); s++)
            lab_restart(nurse->lab, s);
        pthread_mutex_lock(&nurse->mutex);
        stop = nurse->stop;
        pthread_mutex_unlock(&nurse->mutex);
    }
    return NULL;
}

// Something of everything: an election, agreement, entries that are
// overwritten, a snapshot and its installation.
static void small_life(struct lab *lab)
{
    for (int i = 0; i < 3; i++)
        one(lab, random_value(lab), 3);
    int leader = lab_check_one_leader(lab);
    lab_disconnect(lab, leader);
    for (int i = 0; i < 2; i++)
        propose(lab, leader, random_value(lab), NULL, NULL);
    one(lab, random_value(lab), 2);
    lab_connect(lab, leader);
    one(lab, random_value(lab), 3);
    int laggard = after(lab, lab_check_one_leader(lab), 1);
    lab_disconnect(lab, laggard);
    for (int i = 0; i < 12; i++)
        one(lab, random_value(lab), 2);
    lab_connect(lab, laggard);
    one(lab, random_value(lab), 3);
    check_saves(lab);
}

// [RV.2] [AE.4] [P.3] A small life, in which a server dies at one point:
// before a save, after it, before a message leaves, or when an answer is made
// and does not leave. `glassraft run crash-points --crash-points` enumerates
// the points; without, nobody dies.
static void crash_points(struct lab *lab)
{
    struct nurse nurse = {.lab = lab};
    pthread_t thread;
    pthread_mutex_init(&nurse.mutex, NULL);
    begin_thread(&thread, nurse_main, &nurse);
    small_life(lab);
    one(lab, random_value(lab), 3);
    pthread_mutex_lock(&nurse.mutex);
    nurse.stop = true;
    pthread_mutex_unlock(&nurse.mutex);
    end_thread(thread);
    pthread_mutex_destroy(&nurse.mutex);
}

const struct lab_scenario schedules_crashes_scenarios[] = {
    {.name = "crash-points",
     .title = "Schedule: a crash at any point",
     .run = crash_points,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .crash_points = true},
    {.name = "crash-at-each-save",
     .title = "Schedule: crash at each save",
     .run = crash_at_each_save,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "crash-at-each-send",
     .title = "Schedule: crash at each send",
     .run = crash_at_each_send,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "restart-storm",
     .title = "Schedule: restart storm",
     .run = restart_storm,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "blackouts",
     .title = "Schedule: blackouts",
     .run = blackouts,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
