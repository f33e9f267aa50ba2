// schedules_links.c -- links that work in one direction, clocks that differ,
// servers that freeze, clusters of odd sizes.
#include "adversary.h"
#include "suites.h"

// [ALL.2] A newer term in a reply deposes, too: the old leader's requests get
// through and are answered, but no request ever reaches it.
static void leader_of_an_older_term(struct lab *lab)
{
    one(lab, random_value(lab), 3);
    int old = lab_check_one_leader(lab);
    adversary_begin(lab);
    struct rule *mute = drop(NULL, REQUEST, old, ALL);
    drop(NULL, REQUEST, ALL, old);
    int other = after(lab, old, 1);
    elect(lab, other);
    if (!leads(lab, old)) // it need not, hearing of no majority
        lab_note(lab, "S%d, which hears nobody, leads no more", old + 1);
    lift(mute);
    struct rule *replies = watch(NULL, REPLY, ALL, old);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    if (leads(lab, old) && legs(replies) == 0)
        lab_not_set_up(lab, "nobody replies to an old leader");
    if (leads(lab, old) && term_of(lab, old) < term_of(lab, other))
        lab_fail_by(lab, "ALL.2",
                    "S%d still leads an old term that replies contradict",
                    old + 1);
    adversary_end(lab);
    one(lab, random_value(lab), 3);
}

// The others are some terms ahead when it stands for election.
static void candidate_of_an_older_term(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    int behind = after(lab, leader, 1), other = after(lab, leader, 2);
    only_clock_of(lab, leader);
    lab_disconnect(lab, behind);
    adversary_begin(lab);
    for (int i = 0; i < 3; i++) {
        elect(lab, other);
        elect(lab, leader);
    }
    raft_term newer = term_of(lab, leader);
    drop(NULL, REQUEST, ALL, behind);
    struct rule *replies = watch("RequestVote", REPLY, ALL, behind);
    only_clock_of(lab, behind);
    lab_connect(lab, behind);
    for (int i = 0; i < 3000 && legs(replies) == 0; i++)
        lab_sleep_ms(lab, 1);
    if (legs(replies) == 0)
        lab_not_set_up(lab, "nobody replies to a candidate of an older term");
    lab_sleep_ms(lab, 200); // it may not stand again meanwhile
    raft_term term = term_of(lab, behind);
    if (term < newer)
        lab_fail_by(lab, "ALL.2",
                    "S%d is still in term %llu, although a reply to its"
                    " RequestVote has told it of term %llu",
                    behind + 1, (unsigned long long)term,
                    (unsigned long long)newer);
    adversary_end(lab);
    clocks_agree(lab);
    one(lab, random_value(lab), 3);
}

static void newer_term_in_reply(struct lab *lab)
{
    leader_of_an_older_term(lab);
    candidate_of_an_older_term(lab);
}

// [ALL.2] The same in the reply to a snapshot, and in no other message.
static void newer_term_in_snapshot_reply(struct lab *lab)
{
    fall_behind(lab, 0, 2, 25);
    clocks_agree(lab);
    raft_term term = term_of(lab, 0);
    await_term(lab, 2, term + 2); // alone, it stands again and again
    adversary_begin(lab);
    drop(NULL, REQUEST, 2, ALL);
    drop("AppendEntries", REQUEST, 0, 2);
    struct rule *replies = watch("InstallSnapshot", REPLY, 2, 0);
    lab_connect(lab, 2);
    // The one before, which was lost, may still be waited for.
    for (int i = 0; i < 10000 && legs(replies) == 0; i++)
        lab_sleep_ms(lab, 1);
    if (legs(replies) == 0)
        lab_not_set_up(lab, "S3 does not reply to a snapshot of an older term");
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    if (leads(lab, 0) && term_of(lab, 0) == term)
        lab_fail_by(lab, "ALL.2",
                    "S1 still leads term %llu, which S3's reply to its"
                    " InstallSnapshot contradicts",
                    (unsigned long long)term);
    adversary_end(lab);
    one(lab, random_value(lab), 3);
}

// [AE.1] Heartbeats of an old term are no reason to wait: a deposed leader
// that hears nobody goes on sending, the new leader dies, and the rest must
// elect another all the same.
static void stale_heartbeats(struct lab *lab)
{
    one(lab, random_value(lab), 5);
    int old = lab_check_one_leader(lab);
    int current = after(lab, old, 1);
    for (int server = 0; server < 5; server++)
        if (server != old)
            lab_cut(lab, server, old, true);
    elect(lab, current);
    lab_crash(lab, current);
    raft_index index = one(lab, random_value(lab), 3);
    for (int server = 0; server < 5; server++)
        if (server != old)
            lab_cut(lab, server, old, false);
    lab_restart(lab, current);
    if (one(lab, random_value(lab), 5) <= index)
        lab_fail(lab, "index %llu was given twice", (unsigned long long)index);
}

// [ALL.2] [RV.2] A server that hears nobody but is heard disturbs with newer
// and newer terms. Nothing may be lost, nobody may lead by mistake, and once
// it hears again there is peace.
static void deaf_server(struct lab *lab)
{
    one(lab, random_value(lab), 5);
    int deaf = after(lab, lab_check_one_leader(lab), 1);
    for (int server = 0; server < 5; server++)
        if (server != deaf)
            lab_cut(lab, server, deaf, true);
    for (int i = 0; i < 20; i++) {
        for (int server = 0; server < 5; server++)
            propose(lab, server, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, 250);
    }
    if (leads(lab, deaf))
        lab_fail(lab, "S%d leads without having heard of any vote", deaf + 1);
    for (int server = 0; server < 5; server++)
        if (server != deaf)
            lab_cut(lab, server, deaf, false);
    one(lab, random_value(lab), 5);
}

// [F.2] [L.4] A leader that hears but cannot send is replaced; what it took
// meanwhile is not committed.
static void mute_leader(struct lab *lab)
{
    one(lab, random_value(lab), 3);
    int mute = lab_check_one_leader(lab);
    for (int server = 0; server < 3; server++)
        if (server != mute)
            lab_cut(lab, mute, server, true);
    struct value lost = number(666);
    raft_index index = must_propose(lab, mute, lost);
    one(lab, random_value(lab), 2);
    for (int server = 0; server < 3; server++)
        if (server != mute)
            lab_cut(lab, mute, server, false);
    one(lab, random_value(lab), 3);
    struct value value;
    if (n_committed(lab, index, &value) < 3 || same(value, lost))
        lab_fail(lab, "the mute leader's command stands at index %llu",
                 (unsigned long long)index);
}

// [L.4] A ring in which everybody hears only the one before it: each request
// or its reply is lost, so nothing can be committed and nothing wrong happens.
static void one_way_ring(struct lab *lab)
{
    raft_index last = one(lab, random_value(lab), 3);
    for (int server = 0; server < 3; server++)
        lab_cut(lab, server, after(lab, server, 2), true);
    for (int i = 0; i < 30; i++) {
        for (int server = 0; server < 3; server++)
            propose(lab, server, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, 100);
    }
    check_no_agreement(lab, last + 1);
    for (int server = 0; server < 3; server++)
        lab_cut(lab, server, after(lab, server, 2), false);
    one(lab, random_value(lab), 3);
}

// [ALL.2] [L.4] A leader freezes, a new one is elected and commits, the old
// one goes on as if nothing had happened: its beliefs must not do harm.
static void paused_leader(struct lab *lab)
{
    for (int round = 0; round < 5; round++) {
        one(lab, random_value(lab), 3);
        int leader = lab_check_one_leader(lab);
        must_propose(lab, leader, random_value(lab));
        lab_pause(lab, leader, true);
        lab_disconnect(lab, leader); // nobody asks it
        one(lab, random_value(lab), 2);
        lab_pause(lab, leader, false);
        lab_connect(lab, leader);
        one(lab, random_value(lab), 3);
    }
}

// [F.2] A follower freezes, wakes, and finds its timer long expired: it may
// stand for election, but the log must not suffer.
static void paused_follower(struct lab *lab)
{
    for (int round = 0; round < 5; round++) {
        int server = after(lab, lab_check_one_leader(lab), 1);
        lab_pause(lab, server, true);
        one(lab, random_value(lab), 2);
        lab_sleep_ms(lab, lab_random(lab, 2 * ELECTION_TIMEOUT_MS));
        one(lab, random_value(lab), 2);
        lab_pause(lab, server, false);
        one(lab, random_value(lab), 3);
    }
}

// [F.2] Clocks from half to twice the true speed: timing affects who leads,
// never what is agreed on.
static void drifting_clocks(struct lab *lab)
{
    static const int rates[] = {700, 900, 1000, 1100, 1300};
    for (int round = 0; round < 5; round++) {
        for (int server = 0; server < 5; server++)
            lab_clock_rate(lab, server, rates[(server + round) % 5]);
        for (int i = 0; i < 10; i++) {
            one(lab, random_value(lab), 5);
            lab_sleep_ms(lab, 100);
        }
        int leader = lab_check_one_leader(lab);
        lab_disconnect(lab, leader);
        one(lab, random_value(lab), 4);
        lab_connect(lab, leader);
    }
    clocks_agree(lab);
    one(lab, random_value(lab), 5);
}

// [C.1] A cluster of one elects itself and commits alone, also after a crash.
static void cluster_of_one(struct lab *lab)
{
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++)
            check_index(lab, one(lab, random_value(lab), 1),
                        lab_nth(lab, (raft_index)(5 * round + i + 1)));
        restart_all(lab);
    }
    one(lab, random_value(lab), 1);
}

// [L.4] A majority of two is two: neither server commits alone.
static void cluster_of_two(struct lab *lab)
{
    raft_index last = one(lab, random_value(lab), 2);
    for (int round = 0; round < 4; round++) {
        int leader = lab_check_one_leader(lab);
        int other = after(lab, leader, 1);
        lab_crash(lab, other);
        raft_index index = must_propose(lab, leader, random_value(lab));
        check_index(lab, index, last + 1);
        lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
        check_no_agreement(lab, index);
        lab_restart(lab, other);
        last = one(lab, random_value(lab), 2);
    }
}

// [L.4] [C.2] A majority of four is three: two hold an entry without its being
// committed, two votes elect nobody.
static void cluster_of_four(struct lab *lab)
{
    one(lab, random_value(lab), 4);
    int leader = lab_check_one_leader(lab);
    lab_disconnect(lab, after(lab, leader, 2));
    lab_disconnect(lab, after(lab, leader, 3));
    raft_index index = must_propose(lab, leader, random_value(lab));
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    check_no_agreement(lab, index);

    lab_connect(lab, after(lab, leader, 2)); // three now
    one(lab, random_value(lab), 3);

    // Two on each side: nobody leads, or only by an old belief.
    lab_disconnect(lab, after(lab, leader, 1));
    lab_disconnect(lab, leader);
    lab_connect(lab, after(lab, leader, 3));
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    for (int k = 2; k <= 3; k++)
        if (propose(lab, after(lab, leader, k), number(666), &index, NULL))
            check_no_agreement(lab, index);
    lab_connect(lab, after(lab, leader, 1));
    lab_connect(lab, leader);
    one(lab, random_value(lab), 4);
}

const struct lab_scenario schedules_links_scenarios[] = {
    {.name = "newer-term-in-reply",
     .title = "Schedule: newer term in reply",
     .run = newer_term_in_reply,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "newer-term-in-snapshot-reply",
     .title = "Schedule: newer term in reply to a snapshot",
     .run = newer_term_in_snapshot_reply,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "stale-heartbeats",
     .title = "Schedule: stale heartbeats",
     .run = stale_heartbeats,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "deaf-server",
     .title = "Schedule: deaf server",
     .run = deaf_server,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "mute-leader",
     .title = "Schedule: mute leader",
     .run = mute_leader,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "one-way-ring",
     .title = "Schedule: one way ring",
     .run = one_way_ring,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "paused-leader",
     .title = "Schedule: paused leader",
     .run = paused_leader,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "paused-follower",
     .title = "Schedule: paused follower",
     .run = paused_follower,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "drifting-clocks",
     .title = "Schedule: drifting clocks",
     .run = drifting_clocks,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "cluster-of-one",
     .title = "Schedule: cluster of one",
     .run = cluster_of_one,
     .n_servers = 1,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "cluster-of-two",
     .title = "Schedule: cluster of two",
     .run = cluster_of_two,
     .n_servers = 2,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "cluster-of-four",
     .title = "Schedule: cluster of four",
     .run = cluster_of_four,
     .n_servers = 4,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
