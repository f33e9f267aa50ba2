// schedules_snapshots.c -- snapshots that race, come late, or meet other logs.
//
// The service takes a snapshot after every tenth command.
#include "adversary.h"
#include "suites.h"

static raft_index agree_n(struct lab *lab, int n, int n_servers)
{
    raft_index index = 0;
    for (int i = 0; i < n; i++)
        index = one(lab, random_value(lab), n_servers);
    return index;
}

// [IS.8] [ALL.1] A follower far behind gets a snapshot while commands keep
// coming, and its service is slow: snapshot and entries still reach it in
// order, none missing.
static void snapshot_races_appends(struct lab *lab)
{
    agree_n(lab, 5, 3);
    for (int round = 0; round < 4; round++) {
        int leader = lab_check_one_leader(lab);
        int absent = after(lab, leader, 1);
        lab_disconnect(lab, absent);
        agree_n(lab, 35, 2);
        lab_slow_apply(lab, absent, 20);
        lab_connect(lab, absent);
        for (int i = 0; i < 60; i++) {
            propose(lab, leader, random_value(lab), NULL, NULL);
            lab_sleep_ms(lab, lab_random(lab, 10));
        }
        lab_slow_apply(lab, absent, 0);
        one(lab, random_value(lab), 3);
    }
}

// S2 falls behind its leader S1, comes back, and the first snapshot that S1
// sends it does not arrive, as it seems; arrive_again() shows that it was late.
static void delay_snapshot(struct lab *lab)
{
    fall_behind(lab, 0, 1, 30);
    struct rule *late = keep("InstallSnapshot", 0, 1);
    at_most(late, 1);
    lab_connect(lab, 1);
    await_need(lab, late, 1, "a snapshot");
    clocks_agree(lab);
}

// [IS.5] An InstallSnapshot arrives again after newer entries were applied:
// the state machine must not be thrown back.
static void late_snapshot(struct lab *lab)
{
    adversary_begin(lab);
    agree_n(lab, 5, 3);
    delay_snapshot(lab);
    raft_index last = agree_n(lab, 25, 3); // by another InstallSnapshot
    arrive_again(lab);
    lab_sleep_ms(lab, 500);
    if (lab_last_applied(lab, 1) < last)
        lab_fail(lab, "an old snapshot threw S2 back to index %llu",
                 (unsigned long long)lab_last_applied(lab, 1));
    one(lab, random_value(lab), 3);
    adversary_end(lab);
}

// [IS.5] Every InstallSnapshot arrives twice, the network is slow, and
// commands keep coming.
static void snapshot_twice(struct lab *lab)
{
    adversary_begin(lab);
    twice("InstallSnapshot", REQUEST, ALL, ALL);
    net_delay_all(lab_net(lab), 0, 30000);
    for (int round = 0; round < 4; round++) {
        int absent = after(lab, lab_check_one_leader(lab), 1);
        lab_disconnect(lab, absent);
        agree_n(lab, 25, 2);
        lab_connect(lab, absent);
        agree_n(lab, 5, 3);
    }
    net_delay_all(lab_net(lab), 0, 0);
    adversary_end(lab);
}

// [IS.6] What follows a snapshot in the log and was acknowledged stays: S2
// holds entries beyond a snapshot, of which it does not know that they are
// committed, when that snapshot arrives once more.
static void snapshot_keeps_suffix(struct lab *lab)
{
    adversary_begin(lab);
    agree_n(lab, 5, 3);
    delay_snapshot(lab);
    one(lab, random_value(lab), 3); // S2 has caught up
    lab_disconnect(lab, 2);
    // S1 and S2 agree; S2 is not told, since nothing more reaches it.
    struct rule *told = drop("AppendEntries", REQUEST, 0, 1);
    only(told, NULL);
    raft_index index = must_propose(lab, 0, random_value(lab));
    lab_sleep_ms(lab, 20);
    lift(told);
    one(lab, random_value(lab), 2);
    arrive_again(lab);
    lab_sleep_ms(lab, 100);
    lab_disconnect(lab, 0);
    lab_connect(lab, 2);
    one(lab, random_value(lab), 2); // S2 must win, or S3 must lack nothing
    lab_connect(lab, 0);
    one(lab, random_value(lab), 3);
    struct value value;
    if (n_committed(lab, index, &value) < 3)
        lab_fail(lab, "index %llu is not everywhere",
                 (unsigned long long)index);
    adversary_end(lab);
}

// Of tail_beyond_snapshot(): counts the snapshots that were sent.
static struct rule *snapshots_sent;

// Called for a rule, under the adversary's lock.
static bool has_entries_behind_snapshot(const struct net_leg *leg)
{
    return snapshots_sent->n_legs > 0 && has_entries(leg);
}

// [IS.7] The wrong tail of an old leader is longer than the snapshot that it
// gets: an entry at the snapshot's index does not make the tail right. No
// AppendEntries behind it may come to its help.
static void tail_beyond_snapshot(struct lab *lab)
{
    enum { N_WRONG = 60, SAVED_MS = 200 };
    for (int round = 0; round < 3; round++) {
        adversary_begin(lab);
        raft_index fork = one(lab, random_value(lab), 3);
        int old = lab_check_one_leader(lab);
        lab_disconnect(lab, old);
        for (int i = 0; i < N_WRONG; i++)
            must_propose(lab, old, random_value(lab));
        raft_index last = agree_n(lab, 35, 2);
        snapshots_sent = watch("InstallSnapshot", REQUEST, ALL, old);
        struct rule *entries = drop("AppendEntries", REQUEST, ALL, old);
        only(entries, has_entries_behind_snapshot);
        lab_connect(lab, old);
        await_applied(lab, old, fork + 20); // a snapshot
        raft_index end = lab_last_index(lab, old);
        for (int i = 0; i < SAVED_MS && end >= fork + N_WRONG; i++) {
            lab_sleep_ms(lab, 1); // the service may have it before the disk
            end = lab_last_index(lab, old);
        }
        if (end >= fork + N_WRONG && end != LAB_UNKNOWN)
            lab_fail_by(lab, "IS.7",
                        "S%d keeps its wrong tail behind a snapshot", old + 1);
        adversary_end(lab);
        await_applied(lab, old, last);
        agree_n(lab, 5, 3);
    }
}

// [RV.2] A voter whose whole log is in its snapshot still knows its last term
// and index: a candidate that lacks committed entries is refused.
static void compacted_voter(struct lab *lab)
{
    elect(lab, 0);
    one(lab, random_value(lab), 3);
    lab_disconnect(lab, 2);
    while (agree_n(lab, 1, 2) % 10 != 9) // snapshots cover all
        continue;
    lab_sleep_ms(lab, 200);
    raft_index last = lab_last_applied(lab, 1);
    lab_disconnect(lab, 0);
    lab_connect(lab, 2);
    adversary_begin(lab);
    drop("RequestVote", REQUEST, 1, ALL); // only S3 runs
    lab_sleep_ms(lab, 3 * ELECTION_TIMEOUT_MS);
    if (leads(lab, 2))
        lab_fail(lab, "S3 was elected although it lacks committed entries");
    adversary_end(lab);
    if (one(lab, random_value(lab), 2) <= last)
        lab_fail(lab, "an index below %llu was given again",
                 (unsigned long long)last);
    lab_connect(lab, 0);
    one(lab, random_value(lab), 3);
}

// [IS.2] [IS.3] [IS.4] A snapshot travels in chunks of 256 bytes over a network
// that loses a fifth of the calls, while the leader takes new ones.
static void snapshot_in_chunks(struct lab *lab)
{
    for (int round = 0; round < 4; round++) {
        one(lab, random_value(lab), 3);
        int leader = lab_check_one_leader(lab);
        int absent = after(lab, leader, 1);
        lab_disconnect(lab, absent);
        agree_n(lab, 25, 2);
        lab_connect(lab, absent);
        for (int i = 0; i < 30; i++) {
            propose(lab, leader, random_value(lab), NULL, NULL);
            lab_sleep_ms(lab, 20);
        }
        one(lab, random_value(lab), 3);
    }
}

// [IS.8] The follower crashes while a snapshot is on its way to it, and the
// old request reaches its next life.
static void crash_during_snapshot(struct lab *lab)
{
    adversary_begin(lab);
    agree_n(lab, 5, 3);
    for (int round = 0; round < 3; round++) {
        delay_snapshot(lab);
        lab_crash(lab, 1);
        lab_restart(lab, 1);
        arrive_again(lab);
        agree_n(lab, 3, 3);
    }
    adversary_end(lab);
}

const struct lab_scenario schedules_snapshots_scenarios[] = {
    {.name = "snapshot-races-appends",
     .title = "Schedule: snapshot races appends",
     .run = snapshot_races_appends,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "late-snapshot",
     .title = "Schedule: late snapshot",
     .run = late_snapshot,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "snapshot-twice",
     .title = "Schedule: snapshot twice",
     .run = snapshot_twice,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "snapshot-keeps-suffix",
     .title = "Schedule: snapshot keeps suffix",
     .run = snapshot_keeps_suffix,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "tail-beyond-snapshot",
     .title = "Schedule: tail beyond snapshot",
     .run = tail_beyond_snapshot,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "compacted-voter",
     .title = "Schedule: compacted voter",
     .run = compacted_voter,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "snapshot-in-chunks",
     .title = "Schedule: snapshot in chunks",
     .run = snapshot_in_chunks,
     .n_servers = 3,
     .unreliable = true,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600,
     .snapshot_chunk = 256},
    {.name = "crash-during-snapshot",
     .title = "Schedule: crash during snapshot",
     .run = crash_during_snapshot,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
