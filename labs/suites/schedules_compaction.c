// schedules_compaction.c -- servers that compact at different indexes.
//
// The service takes a snapshot after every tenth command.
#include "adversary.h"
#include "suites.h"

#include <string.h>

static raft_index propose_n(struct lab *lab, int server, int n, uint64_t ms)
{
    raft_index index = 0;
    for (int i = 0; i < n; i++) {
        index = must_propose(lab, server, random_value(lab));
        lab_sleep_ms(lab, ms);
    }
    return index;
}

// [AE.2] [AE.3] [AE.4] A follower compacts before its leader does, whose
// service is slow and who has not heard what the follower has stored: it
// sends entries again that the follower's snapshot covers, and new ones
// behind them.
static void follower_compacts_first(struct lab *lab)
{
    adversary_begin(lab);
    for (int i = 0; i < 5; i++)
        one(lab, random_value(lab), 3);
    elect(lab, 0);
    lab_slow_apply(lab, 0, 5000);
    struct rule *untold = drop("AppendEntries", REQUEST, 0, 1);
    raft_index last = propose_n(lab, 0, 12, 5);
    await_applied(lab, 2, last);
    struct rule *unheard = drop("AppendEntries", REPLY, 1, 0);
    covering(unheard, last); // all of it in one message, or one at a time
    lift(untold);
    // A leader may tell it of commits only as far as it is heard.
    for (int i = 0; i < 10000 && lab_last_applied(lab, 1) < last; i++)
        lab_sleep_ms(lab, 1);
    if (lab_last_applied(lab, 1) < last)
        lab_not_set_up(lab, "S2, whose answers are lost, applies nothing");
    lift(unheard);
    last = propose_n(lab, 0, 3, 0);
    await_applied(lab, 1, last);
    lab_slow_apply(lab, 0, 0);
    adversary_end(lab);
    one(lab, random_value(lab), 3);
}

// [IS.6] A follower has acknowledged entries beyond a snapshot, of which it
// does not know that they are committed, when the snapshot arrives: they stay.
static void snapshot_before_suffix(struct lab *lab)
{
    enum { N_ENTRIES = 20 };
    adversary_begin(lab);
    elect(lab, 0);
    raft_index last = 0;
    for (int i = 0; i < 5; i++)
        last = one(lab, random_value(lab), 3);
    only_clock_of(lab, 0);
    lab_disconnect(lab, 2); // so that nothing is committed
    struct rule *unheard = drop("AppendEntries", REPLY, 1, 0);
    last += N_ENTRIES;
    covering(unheard, last);
    for (int i = 0; i < N_ENTRIES; i++)
        must_propose(lab, 0, random_value(lab));
    await_log(lab, 1, last);
    struct rule *untold = drop("AppendEntries", REQUEST, 0, 1);
    lab_connect(lab, 2);
    await_commit(lab, 0, last); // and S1 has compacted
    lab_sleep_ms(lab, 300);     // no heartbeat overtakes the snapshot
    lift(untold);
    lift(unheard);
    await_applied(lab, 1, last);
    if (lab_last_index(lab, 1) < last)
        lab_fail(lab, "S2 lost what it had behind a snapshot");
    adversary_end(lab);
    clocks_agree(lab);
    one(lab, random_value(lab), 3);
}

// It hears of the leader again before its election timeout is over.
static void await_contact(struct lab *lab, int server, raft_term term)
{
    enum { STEP_MS = 5 };
    uint64_t before = lab_server_calls(lab, server);
    while (lab_server_calls(lab, server) == before &&
           term_of(lab, server) == term)
        lab_sleep_ms(lab, STEP_MS);
    if (term_of(lab, server) != term)
        lab_not_set_up(lab,
                       "S%d stood for election before it was sent anything",
                       server + 1);
}

// [F.2] [IS.1] A snapshot of many chunks travels on a slow link for longer
// than an election timeout, and its chunks are all that the follower hears:
// they are as good as heartbeats. Heartbeats beside them begin no others.
static void long_transfer(struct lab *lab)
{
    enum { N_BYTES = 200, N_COMMANDS = 25, HALF_TRIP_US = 50000 };
    enum { MOST_TIMES = 4 }; // nothing is lost
    uint8_t bytes[N_BYTES];
    raft_index last = 0;
    elect(lab, 0);
    one(lab, random_value(lab), 3);
    for (int round = 0; round < 2; round++) {
        raft_term term = term_of(lab, 0);
        lab_disconnect(lab, 1);
        for (int i = 0; i < N_COMMANDS; i++) {
            memset(bytes, 'a' + i, sizeof bytes);
            lab_start(lab, 0, bytes, sizeof bytes, &last, &term);
        }
        await_commit(lab, 0, last); // and S1 has compacted
        net_delay(lab_net(lab), 0, 1, HALF_TRIP_US, HALF_TRIP_US);
        lab_connect(lab, 1);
        await_contact(lab, 1, term);
        await_applied(lab, 1, last);
        net_delay(lab_net(lab), 0, 1, 0, 0);
        if (term_of(lab, 0) != term)
            lab_fail(lab, "the transfer to S2 cost S1 its leadership");
        one(lab, random_value(lab), 3);
    }
    uint64_t sent = lab_snapshot_sent(lab), needed = lab_snapshot_needed(lab);
    if (sent > MOST_TIMES * needed)
        lab_fail(lab,
                 "%llu bytes of snapshots were sent, and %llu were needed: does"
                 " a transfer begin again while one is under way?",
                 (unsigned long long)sent, (unsigned long long)needed);
}

// [IS.8] Snapshots go out at the very moments at which the leader takes new
// ones: the bytes that travel are those of the index that travels with them.
// A transfer takes about as long as ten commands, and the follower's answers
// are lost, so that the transfers never end.
static void snapshot_under_load(struct lab *lab)
{
    enum { N_BURSTS = 10, BURST = 100, TRIP_US = 80 };
    adversary_begin(lab);
    one(lab, random_value(lab), 3);
    fall_behind(lab, 0, 1, 25);
    struct rule *unheard = drop("InstallSnapshot", REPLY, 1, 0);
    net_delay(lab_net(lab), 0, 1, TRIP_US, TRIP_US);
    lab_connect(lab, 1);
    await_need(lab, unheard, 1,
               "a snapshot"); // calls that were lost before are over
    clocks_agree(lab);
    for (int i = 0; i < N_BURSTS; i++) {
        for (int k = 0; k < BURST && leads(lab, 0); k++)
            propose(lab, 0, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, 5 + lab_random(lab, 10));
    }
    net_delay(lab_net(lab), 0, 1, 0, 0);
    lift(unheard);
    adversary_end(lab);
    one(lab, random_value(lab), 3);
}

const struct lab_scenario schedules_compaction_scenarios[] = {
    {.name = "follower-compacts-first",
     .title = "Schedule: follower compacts first",
     .run = follower_compacts_first,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "snapshot-before-suffix",
     .title = "Schedule: snapshot before suffix",
     .run = snapshot_before_suffix,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "long-transfer",
     .title = "Schedule: long transfer",
     .run = long_transfer,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600,
     .snapshot_chunk = 256},
    {.name = "snapshot-under-load",
     .title = "Schedule: snapshot under load",
     .run = snapshot_under_load,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
