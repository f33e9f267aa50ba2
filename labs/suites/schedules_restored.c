// schedules_restored.c -- snapshots of an earlier life, and older ones.
//
// The service takes a snapshot after every tenth command.
#include "adversary.h"
#include "suites.h"

#include "base/random.h"

static raft_index agree_n(struct lab *lab, int n, int n_servers)
{
    raft_index index = 0;
    for (int i = 0; i < n; i++)
        index = one(lab, random_value(lab), n_servers);
    return index;
}

// On half of the seeds the service has no state, and its snapshots no bytes.
static void draw(uint64_t seed, struct lab_scenario *scenario)
{
    uint64_t random = seed ^ 0x656d707479; // "empty"
    scenario->empty_snapshots = random_next(&random) % 2 == 0;
    if (!scenario->empty_snapshots)
        return;
    scenario->young = true;
    scenario->title = "Schedule: snapshot of no bytes after restart";
}

// [L.3] [IS.8] A leader that has its snapshot from its disk sends it to a
// server that lacks what it covers, before the service takes another.
static void snapshot_after_restart(struct lab *lab)
{
    for (int round = 0; round < 2; round++) {
        fall_behind(lab, 0, 2, 25);
        while (agree_n(lab, 1, 2) % 10 > 3) // the next one is far
            continue;
        lab_crash(lab, 0);
        lab_crash(lab, 1);
        lab_restart(lab, 0);
        lab_restart(lab, 1);
        await_leader(lab, 0);
        raft_index last = one(lab, random_value(lab), 2);
        lab_connect(lab, 2);
        await_applied(lab, 2, last);
        clocks_agree(lab);
        one(lab, random_value(lab), 3);
    }
}

// [IS.5] The service hands in snapshots that are older than one that it has
// handed in before, and the same one twice: the newest stays, also after a
// restart and for a server that needs it.
static void older_snapshots(struct lab *lab)
{
    agree_n(lab, 35, 3);
    restart_all(lab);
    agree_n(lab, 10, 3);
    int absent = after(lab, lab_check_one_leader(lab), 1);
    lab_disconnect(lab, absent);
    agree_n(lab, 25, 2);
    lab_connect(lab, absent);
    agree_n(lab, 3, 3);
    restart_all(lab);
    agree_n(lab, 3, 3);
}

const struct lab_scenario schedules_restored_scenarios[] = {
    {.name = "snapshot-after-restart",
     .title = "Schedule: snapshot after restart",
     .run = snapshot_after_restart,
     .draw = draw,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "older-snapshots",
     .title = "Schedule: older snapshots",
     .run = older_snapshots,
     .n_servers = 3,
     .snapshots = true,
     .old_snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
