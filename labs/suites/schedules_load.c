// schedules_load.c -- what clients ask for: equal, large, many, or nothing
// more.
#include "adversary.h"
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

// [AE.5] [L.1] After the last command there is silence; all the same every
// server learns that it is committed, also one that was away.
static void silence_after_commit(struct lab *lab)
{
    for (int round = 0; round < 5; round++) {
        int leader = lab_check_one_leader(lab);
        int absent = after(lab, leader, 1 + round % 2);
        lab_disconnect(lab, absent);
        raft_index index = one(lab, random_value(lab), 2);
        lab_connect(lab, absent);
        for (int server = 0; server < 3; server++)
            await_applied(lab, server, index);
    }
}

// [ALL.1] Commands come in bursts, so that commit_index moves just when the
// appliers have caught up with it, and then none comes: all are applied.
static void bursts_and_silence(struct lab *lab)
{
    enum { N_BURSTS = 60, BURST = 4 };
    int leader = lab_check_one_leader(lab);
    for (int i = 0; i < N_BURSTS; i++) {
        raft_index last = 0;
        for (int k = 0; k < BURST; k++)
            last = must_propose(lab, leader, random_value(lab));
        for (int server = 0; server < 3; server++)
            await_applied(lab, server, last);
    }
}

// [L.2] Equal commands are different entries: each gets an index of its own
// and is applied as often as it was asked for.
static void equal_commands(struct lab *lab)
{
    for (int i = 1; i <= 10; i++)
        check_index(lab, one_at_once(lab, number(7), 3),
                    lab_nth(lab, (raft_index)i));
    int old = lab_check_one_leader(lab);
    lab_disconnect(lab, old);
    for (int i = 0; i < 3; i++)
        must_propose(lab, old, number(7)); // the same bytes, and yet not the
    one(lab, number(7), 2);                // same entries as these
    one(lab, number(8), 2);
    lab_connect(lab, old);
    raft_index index = one(lab, number(7), 3);
    for (int server = 0; server < 3; server++)
        await_applied(lab, server, index);
}

// A command is bytes and their number: any bytes, also none.
static void any_bytes(struct lab *lab)
{
    static const struct {
        const char *bytes;
        size_t n;
    } commands[] = {
        {"", 0}, {"\0", 1}, {"a\0b", 3}, {"a\0c", 3}, {"\xff\n\x80", 3}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        size_t n = commands[i].n;
        struct message_bytes got = {NULL, 0};
        raft_index index = lab_one(lab, commands[i].bytes, n, 3, true);
        lab_n_committed(lab, index, &got);
        if (got.n != n || (n > 0 && memcmp(got.at, commands[i].bytes, n) != 0))
            lab_fail(lab,
                     "a command of %zu bytes came back as another, of %zu"
                     " bytes",
                     n, got.n);
    }
}

// [L.2] [AE.4] Commands of no bytes and of bytes that are not text. One entry
// is a thousand times as large as its neighbours: a batch must not skip it, and
// no buffer may be too small.
static void large_entry(struct lab *lab)
{
    enum { LARGE = 300000 };
    one(lab, number(1), 3);
    any_bytes(lab);
    int absent = after(lab, lab_check_one_leader(lab), 1);
    lab_disconnect(lab, absent);
    one(lab, number(2), 2);
    char *text = must_malloc(LARGE);
    for (int i = 0; i < LARGE; i++)
        text[i] = (char)('a' + i % 26);
    lab_one(lab, text, LARGE, 2, true);
    free(text);
    one(lab, number(3), 2);
    lab_connect(lab, absent);
    one(lab, number(4), 3);
}

// [L.3] [AE.5] Entries travel three at a time: a follower that is far behind,
// with a wrong tail, is brought up batch by batch while the leader's commit
// index is far ahead of each message.
static void small_batches(struct lab *lab)
{
    one(lab, random_value(lab), 5);
    for (int round = 0; round < 3; round++) {
        int first = lab_check_one_leader(lab);
        int second = after(lab, first, 1);
        group(lab, (int[]){first, second}, 2);
        for (int i = 0; i < 20; i++)
            propose(lab, first, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, 200);
        lab_disconnect(lab, first);
        lab_disconnect(lab, second);
        for (int i = 0; i < 10; i++)
            one(lab, random_value(lab), 3);
        one_world(lab);
        lab_connect(lab, second);
        one(lab, random_value(lab), 4);
        lab_connect(lab, first);
        one(lab, random_value(lab), 5);
    }
}

// [L.2] [L.4] Two leaders take commands at the same time, one of them
// deposed and unaware of it: only the majority's count.
static void two_leaders(struct lab *lab)
{
    one(lab, random_value(lab), 5);
    int old = lab_check_one_leader(lab);
    group(lab, (int[]){old, after(lab, old, 1)}, 2);
    int current = after(lab, old, 2);
    elect(lab, current);
    if (!leads(lab, old)) // it need not, without a majority
        lab_note(lab, "S%d, alone with one other, leads no more", old + 1);
    for (int i = 0; i < 20; i++) {
        propose(lab, old, number(1000 + i), NULL, NULL);
        propose(lab, current, number(2000 + i), NULL, NULL);
        lab_sleep_ms(lab, lab_random(lab, 30));
    }
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    one_world(lab);
    raft_index last = one(lab, number(3000), 5);
    for (raft_index index = lab_nth(lab, 2); index < last; index++) {
        struct value value;
        n_committed(lab, index, &value);
        if (atoi(value.text) < 2000)
            lab_fail(lab, "index %llu has a command of the deposed leader",
                     (unsigned long long)index);
    }
}

// [AE.3] [AE.4] Half of all requests arrive twice, a fifth arrive up to two
// seconds late, after their caller has given them up.
static void twice_and_late(struct lab *lab)
{
    struct net *net = lab_net(lab);
    net_duplicate(net, 500, 200000);
    net_late(net, 200, 1000, 2000000);
    for (int i = 0; i < 60; i++) {
        one(lab, random_value(lab), 2);
        if (i % 15 == 14) {
            int leader = lab_check_one_leader(lab);
            lab_disconnect(lab, leader);
            one(lab, random_value(lab), 2);
            lab_connect(lab, leader);
        }
    }
    net_duplicate(net, 0, 0);
    net_late(net, 0, 0, 0);
    one(lab, random_value(lab), 3);
}

// [L.4] Commands never cease, and every acknowledgement is of a log that has
// grown since: what stands on a majority is committed all the same.
static void steady_stream(struct lab *lab)
{
    enum { EVERY_MS = 2, FOR_MS = 4000 };
    one(lab, random_value(lab), 5);
    int leader = lab_check_one_leader(lab);
    net_delay_all(lab_net(lab), 5000, 20000);
    raft_index first = must_propose(lab, leader, random_value(lab)),
               last = first;
    for (int ms = 0; ms < FOR_MS; ms += EVERY_MS) {
        lab_sleep_ms(lab, EVERY_MS);
        if (!propose(lab, leader, random_value(lab), &last, NULL))
            break; // another leads, and nothing was promised
        if (ms == FOR_MS / 2 && n_committed(lab, first, NULL) < 3)
            lab_fail(lab,
                     "of %llu commands in two seconds, index %llu is still"
                     " not applied by three servers",
                     (unsigned long long)(last - first + 1),
                     (unsigned long long)first);
    }
    net_delay_all(lab_net(lab), 0, 0);
    one(lab, random_value(lab), 5);
}

// [L.4] Servers are counted, not acknowledgements: S2 has a command and says
// so again and again, since its leader hears nothing of that for long.
static void acknowledged_twice(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    one(lab, random_value(lab), 5);
    struct rule *entries[3];
    for (int server = 2; server < 5; server++) {
        entries[server - 2] = drop("AppendEntries", REQUEST, 0, server);
        only(entries[server - 2], has_entries);
    }
    struct rule *replies = hold("AppendEntries", REPLY, 1, 0);
    raft_index index = must_propose(lab, 0, random_value(lab));
    lab_sleep_ms(lab, 250);
    lift(replies); // all at once
    lab_sleep_ms(lab, 50);
    check_no_agreement(lab, index);
    for (int i = 0; i < 3; i++)
        lift(entries[i]);
    adversary_end(lab);
    one(lab, random_value(lab), 5);
}

// [AE.1] [RV.1] Requests of the first minute arrive in the second, from
// leaders and candidates long gone.
static void a_minute_late(struct lab *lab)
{
    struct net *net = lab_net(lab);
    net_late(net, 100, 10000000, 40000000);
    for (int i = 0; i < 8; i++) {
        one(lab, random_value(lab), 2);
        int leader = lab_check_one_leader(lab);
        lab_disconnect(lab, leader);
        one(lab, random_value(lab), 2);
        lab_connect(lab, leader);
    }
    net_late(net, 0, 0, 0);
    for (int i = 0; i < 40; i++) { // now they come
        one(lab, random_value(lab), 3);
        lab_sleep_ms(lab, 500);
    }
}

// [ALL.1] The service of one server takes a second for each command: neither
// elections nor the others wait for it, and in the end it has them all.
static void slow_applier(struct lab *lab)
{
    one(lab, random_value(lab), 3);
    int leader = lab_check_one_leader(lab);
    raft_term term = term_of(lab, leader);
    int slow = after(lab, leader, (int)lab_random(lab, 3));
    lab_slow_apply(lab, slow, 1000);
    raft_index last = 0;
    for (int i = 0; i < 20; i++)
        last = one(lab, random_value(lab), 2);
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    if (term_of(lab, leader) != term)
        lab_fail(lab, "the slow service of S%d cost S%d its leadership",
                 slow + 1, leader + 1);
    lab_slow_apply(lab, slow, 0);
    await_applied(lab, slow, last);
}

// [RV.2] [AE.4] A save takes tens of milliseconds, each disk has its own pace,
// and servers crash in the middle of it: no vote and no acknowledgement may
// have left before.
static void slow_disk(struct lab *lab)
{
    // Shorter than any election timeout, or nobody could stay a leader.
    for (int s = 0; s < 3; s++)
        lab_slow_save(lab, s, 20 + lab_random(lab, 100));
    for (int i = 0; i < 20; i++) {
        for (int s = 0; s < 3; s++)
            propose(lab, s, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, lab_random(lab, 700));
        int server = (int)lab_random(lab, 3);
        lab_crash(lab, server);
        lab_sleep_ms(lab, lab_random(lab, 500));
        lab_restart(lab, server);
        if (i % 4 == 3)
            one(lab, random_value(lab), 3);
    }
}

const struct lab_scenario schedules_load_scenarios[] = {
    {.name = "silence-after-commit",
     .title = "Schedule: silence after commit",
     .run = silence_after_commit,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "bursts-and-silence",
     .title = "Schedule: bursts and silence",
     .run = bursts_and_silence,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "equal-commands",
     .title = "Schedule: equal commands",
     .run = equal_commands,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "large-entry",
     .title = "Schedule: entries of any bytes, and a large one",
     .run = large_entry,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "small-batches",
     .title = "Schedule: small batches",
     .run = small_batches,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600,
     .max_entries = 3},
    {.name = "two-leaders",
     .title = "Schedule: two leaders",
     .run = two_leaders,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "steady-stream",
     .title = "Schedule: steady stream",
     .run = steady_stream,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "acknowledged-twice",
     .title = "Schedule: acknowledged twice",
     .run = acknowledged_twice,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "twice-and-late",
     .title = "Schedule: twice and late",
     .run = twice_and_late,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "a-minute-late",
     .title = "Schedule: a minute late",
     .run = a_minute_late,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "slow-applier",
     .title = "Schedule: slow applier",
     .run = slow_applier,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "slow-disk",
     .title = "Schedule: slow disk",
     .run = slow_disk,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
