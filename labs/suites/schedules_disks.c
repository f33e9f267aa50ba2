// schedules_disks.c -- disks that hang.
#include "adversary.h"
#include "suites.h"

enum { HANG_MS = 15000 };

// Agreement by the two that are healthy; whoever is asked about the third may
// wait for its disk.
static raft_index agree_without(struct lab *lab, int hung)
{
    enum { PATIENCE_MS = 10000, STEP_MS = 20, COMMIT_MS = 2000 };
    raft_index index = 0;
    for (int ms = 0; ms < PATIENCE_MS; ms += STEP_MS) {
        bool taken =
            propose(lab, after(lab, hung, 1), random_value(lab), &index,
                    NULL) ||
            propose(lab, after(lab, hung, 2), random_value(lab), &index, NULL);
        for (int more = 0; taken && more < COMMIT_MS; more += STEP_MS) {
            if (n_committed(lab, index, NULL) >= 2)
                return index;
            lab_sleep_ms(lab, STEP_MS);
            ms += STEP_MS;
        }
        lab_sleep_ms(lab, STEP_MS);
    }
    lab_fail(lab,
             "the disk of S%d hangs, and the other two do not agree on a"
             " command within ten seconds",
             hung + 1);
}

// [L.4] The disk of one follower hangs for a quarter of a minute. The others
// are a majority: they go on, command by command, and the follower has them all
// when its disk is back.
static void hung_follower_disk(struct lab *lab)
{
    one(lab, random_value(lab), 3);
    int leader = lab_check_one_leader(lab);
    int hung = after(lab, leader, 1);
    lab_untimed(lab); // the calls to it pile up, until no more are made
    lab_slow_save(lab, hung, HANG_MS);
    raft_index last = 0;
    for (int second = 0; second < HANG_MS / 1000; second += 2) {
        last = agree_without(lab, hung);
        lab_sleep_ms(lab, 2000);
    }
    lab_slow_save(lab, hung, 0);
    lab_sleep_ms(lab, HANG_MS); // a save that had begun is over
    await_applied(lab, hung, last);
    one(lab, random_value(lab), 3);
}

struct blocked {
    struct lab *lab;
    int server;
};

static void *ask_blocked(void *argument)
{
    struct blocked *blocked = argument;
    propose(blocked->lab, blocked->server, random_value(blocked->lab), NULL,
            NULL);
    return NULL;
}

// [L.2] The leader's disk hangs for a quarter of a minute, with a command under
// way. Heartbeats may go on or not, and others may lead or not; what was
// promised holds, and when the disk is back so is the service.
static void hung_leader_disk(struct lab *lab)
{
    raft_index before = one(lab, random_value(lab), 3);
    int leader = lab_check_one_leader(lab);
    struct blocked blocked = {lab, leader};
    pthread_t thread;
    lab_untimed(lab);
    lab_slow_save(lab, leader, HANG_MS);
    begin_thread(&thread, ask_blocked, &blocked);
    lab_sleep_ms(lab, 1000);
    lab_slow_save(lab, leader, 0);
    lab_sleep_ms(lab, HANG_MS);
    end_thread(thread);
    if (one(lab, random_value(lab), 3) <= before)
        lab_fail(lab, "an index was given twice");
    lab_disconnect(lab, leader);
    one(lab, random_value(lab), 2);
    lab_connect(lab, leader);
    one(lab, random_value(lab), 3);
}

// A server that its disk refused comes back, with a disk that works.
static void replace_disk(struct lab *lab, int server)
{
    lab_crash(lab, server);
    lab_fail_saves(lab, server, false);
    lab_restart(lab, server);
}

// [AE.4] [L.4] save() fails for a while at a follower that a majority needs,
// then at the leader: what was not saved is not acknowledged, not counted and
// not promised. When the server comes back with a disk that works, all go on.
static void failing_disk(struct lab *lab)
{
    raft_index last = one(lab, random_value(lab), 3), index = 0;
    int leader = lab_check_one_leader(lab);
    int fails = after(lab, leader, 1);
    lab_untimed(lab);
    lab_disconnect(lab, after(lab, leader, 2));
    lab_fail_saves(lab, fails, true);
    if (propose(lab, leader, random_value(lab), &index, NULL)) {
        lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
        if (n_committed(lab, index, NULL) > 0)
            lab_fail_by(lab, "AE.4",
                        "the command at index %llu was committed, though S%d"
                        " could not save it and S%d was cut off: save()"
                        " returned false",
                        (unsigned long long)index, fails + 1,
                        after(lab, leader, 2) + 1);
    }
    replace_disk(lab, fails);
    lab_connect(lab, after(lab, leader, 2));
    one(lab, random_value(lab), 3);

    leader = lab_check_one_leader(lab);
    struct blocked blocked = {lab, leader};
    pthread_t thread;
    lab_fail_saves(lab, leader, true);
    begin_thread(&thread, ask_blocked, &blocked);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    replace_disk(lab, leader);
    end_thread(thread);
    if (one(lab, random_value(lab), 3) <= last)
        lab_fail(lab, "an index was given twice");
}

// [C.1] [RV.2] [AE.4] Each save takes as long as an election timeout, on every
// disk, while servers are cut off one by one: terms, votes and entries change
// while an older save is under way, and nothing leaves before its own save.
// When the disks are fast again, all go on.
static void saves_as_long_as_timeouts(struct lab *lab)
{
    enum { SAVE_MS = 350, N_ROUNDS = 8 };
    one(lab, random_value(lab), 3);
    lab_untimed(lab);
    for (int server = 0; server < 3; server++)
        lab_slow_save(lab, server, SAVE_MS);
    for (int round = 0; round < N_ROUNDS; round++) {
        int away = (int)lab_random(lab, 3);
        lab_disconnect(lab, away);
        for (int server = 0; server < 3; server++)
            propose(lab, server, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, 500 + lab_random(lab, 1500));
        lab_connect(lab, away);
        lab_sleep_ms(lab, lab_random(lab, 1000));
    }
    for (int server = 0; server < 3; server++)
        lab_slow_save(lab, server, 0);
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS); // saves that had begun are over
    one(lab, random_value(lab), 3);
}

const struct lab_scenario schedules_disks_scenarios[] = {
    {.name = "hung-follower-disk",
     .title = "Schedule: a follower's disk hangs",
     .run = hung_follower_disk,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "hung-leader-disk",
     .title = "Schedule: the leader's disk hangs",
     .run = hung_leader_disk,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "saves-as-long-as-timeouts",
     .title = "Schedule: saves as long as election timeouts",
     .run = saves_as_long_as_timeouts,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "failing-disk",
     .title = "Schedule: a disk refuses what is saved",
     .run = failing_disk,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
