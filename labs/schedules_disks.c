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
    {.name = NULL},
};
