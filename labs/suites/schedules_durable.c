// schedules_durable.c -- entries that were acknowledged, and must be there.
//
// Where a step of a schedule did not come about, the round is given up: that
// is no failure.
#include "adversary.h"
#include "suites.h"

#include "wire/figure2.h"

enum { N_ROUNDS = 6, N_WRONG = 3, SAVE_MS = 250 };

// Two servers that hear each other: one leads, the other does not.
static void agree_on_one(struct lab *lab, int absent, int *leader, int *other)
{
    one(lab, random_value(lab), 2);
    *leader = lab_check_one_leader(lab);
    *other = after(lab, absent, 1);
    if (*other == *leader)
        *other = after(lab, absent, 2);
}

// [AE.4] An old leader gets its successor's entries in the place of its own,
// while its slow disk is busy with these, and crashes. What it acknowledged is
// committed with its help; its disk must have it, and not something else as
// long.
static void overwrite_on_a_slow_disk(struct lab *lab)
{
    for (int round = 0; round < N_ROUNDS; round++) {
        one(lab, random_value(lab), 3);
        int old = lab_check_one_leader(lab), leader, other;
        lab_disconnect(lab, old);
        for (int i = 0; i < N_WRONG; i++)
            propose(lab, old, random_value(lab), NULL, NULL);
        agree_on_one(lab, old, &leader, &other);
        lab_slow_save(lab, old, SAVE_MS);
        lab_connect(lab, old);
        lab_sleep_ms(lab, 100 + lab_random(lab, 400));
        lab_disconnect(lab, other);
        propose(lab, leader, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, lab_random(lab, 400));
        lab_crash(lab, old);
        lab_slow_save(lab, old, 0);
        lab_restart(lab, old);
        lab_crash(lab, leader);
        lab_connect(lab, other);
        one(lab, random_value(lab), 2);
        lab_restart(lab, leader);
        one(lab, random_value(lab), 3);
    }
}

// What one schedule at a time is about: messages that tell of commits up to
// there, or behind.
static raft_index told;

static bool tells_commit(const struct net_leg *leg)
{
    struct append_entries_args args;
    if (!message_decode(&append_entries_args_type, leg->bytes, leg->n_bytes,
                        &args))
        return false;
    raft_index index = args.leader_commit;
    message_clear(&append_entries_args_type, &args);
    return index >= told;
}

static bool has_applied(struct lab *lab, int server, raft_index index)
{
    for (int i = 0; i < 30 && lab_last_applied(lab, server) < index; i++)
        lab_sleep_ms(lab, 100);
    return lab_last_applied(lab, server) >= index;
}

// S1's message to S2 is held until S2 has compacted its log behind what that
// brings. NULL: S2 did not get there without it.
static struct rule *compact_before_it_comes(struct lab *lab)
{
    raft_index index = 0;
    while (one(lab, random_value(lab), 3) % 10 != 0)
        continue;
    struct rule *old = hold("AppendEntries", REQUEST, 0, 1);
    only(old, has_entries);
    at_most(old, 1);
    for (int i = 0; i < 9; i++)
        index = one(lab, random_value(lab), 2);
    bool set_up = index % 10 == 9 && has_applied(lab, 1, index);
    return set_up && legs(old) == 1 ? old : NULL;
}

// [AE.3] A message that begins before the snapshot of its receiver is no
// conflict: what S2 holds behind its snapshot it has acknowledged, and S1 has
// committed it.
static void old_request_after_compaction(struct lab *lab)
{
    for (int round = 0; round < N_ROUNDS / 2; round++) {
        adversary_begin(lab);
        elect(lab, 0);
        struct rule *old = compact_before_it_comes(lab);
        raft_index index = 0;
        lab_disconnect(lab, 2);
        told = lab_last_applied(lab, 1) + 1;
        struct rule *commits = drop("AppendEntries", REQUEST, 0, 1);
        only(commits, tells_commit);
        if (old != NULL && propose(lab, 0, random_value(lab), &index, NULL) &&
            has_applied(lab, 0, index) && lab_last_applied(lab, 1) < index) {
            lift(old);
            lab_sleep_ms(lab, 20);
            lab_crash(lab, 0);
        }
        adversary_end(lab);
        lab_connect(lab, 2);
        one(lab, random_value(lab), 2);
        lab_restart(lab, 0);
        one(lab, random_value(lab), 3);
    }
}

const struct lab_scenario schedules_durable_scenarios[] = {
    {.name = "overwrite-on-a-slow-disk",
     .title = "Schedule: overwrite on a slow disk",
     .run = overwrite_on_a_slow_disk,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "old-request-after-compaction",
     .title = "Schedule: an old request after compaction",
     .run = old_request_after_compaction,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
