// schedules_logs.c -- logs that part and meet again, as exact scripts.
#include "adversary.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/figure2.h"

// Connects these servers with each other, and cuts them off from all others,
// which stay connected among themselves.
static void together(struct lab *lab, int n, const int *servers)
{
    group(lab, servers, n);
}

#define TOGETHER(lab, ...)                                                     \
    together(lab, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)),           \
             (const int[]){__VA_ARGS__})

static struct value value_at(struct lab *lab, raft_index index)
{
    struct value value = {""};
    n_committed(lab, index, &value);
    return value;
}

static void propose_n(struct lab *lab, int server, int first, int n)
{
    for (int i = 0; i < n; i++)
        must_propose(lab, server, number(first + i));
}

// Figure 8 up to (c): index 2 has S1's entry of an older term on S1, S2 and,
// sent by S1 as the leader of a newer term, on S3; S5 has another one of a
// term between. Returns with S1 leading and only S1, S2, S3 together.
static void figure_8_to_c(struct lab *lab)
{
    elect(lab, 0);
    one(lab, number(1), 5);
    TOGETHER(lab, 0, 1); // (a)
    must_propose(lab, 0, number(21));
    await_log(lab, 1, lab_nth(lab, 2));

    TOGETHER(lab, 2, 3, 4); // (b)
    elect(lab, 4);
    TOGETHER(lab, 4);
    must_propose(lab, 4, number(25));

    TOGETHER(lab, 0, 1, 2); // (c)
    elect(lab, 0);
    await_log(lab, 2, lab_nth(lab, 2));
}

// [L.4] Figure 8, (a) to (d): S1's entry stands on a majority and is still not
// committed, since S5 may overwrite it, and does.
static void figure_8_overwritten(struct lab *lab)
{
    figure_8_to_c(lab);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
    check_no_agreement(lab, 2);

    TOGETHER(lab, 1, 2, 3, 4); // (d)
    elect(lab, 4);
    agree_on(lab, 4, number(3), 4);
    if (!same(value_at(lab, lab_nth(lab, 2)), number(25)))
        lab_fail(lab, "S5's entry did not replace S1's at index 2");
    one_world(lab);
    one(lab, number(4), 5);
}

// [L.4] [RV.2] Figure 8, (a) to (c) and (e): S1 brings an entry of its own
// term to a majority, and thereby commits the older one; S5 cannot win.
static void figure_8_committed(struct lab *lab)
{
    figure_8_to_c(lab);
    agree_on(lab, 0, number(4), 3);
    if (!same(value_at(lab, lab_nth(lab, 2)), number(21)))
        lab_fail(lab, "S1's entry is not committed along with its newer one");

    adversary_begin(lab); // (e): only S5 runs
    for (int server = 0; server < 4; server++)
        drop("RequestVote", REQUEST, server, ALL);
    TOGETHER(lab, 1, 2, 3, 4);
    lab_sleep_ms(lab, 3 * ELECTION_TIMEOUT_MS);
    // Nobody need have told it that its term of (b) is over.
    if (leads(lab, 4) && term_of(lab, 4) >= term_of(lab, 1))
        lab_fail(lab, "S5 was elected although it lacks committed entries");
    adversary_end(lab);
    one_world(lab);
    one(lab, number(5), 5);
}

// [L.3] [C.2] What a leader knew of a follower in an earlier leadership is
// void: S2 acknowledged a long tail of S1's, lost it to S3, and S1 is elected
// again. With `late`, the acknowledgement itself arrives only then.
static void leader_again(struct lab *lab, bool late)
{
    struct rule *replies = NULL;
    adversary_begin(lab);
    elect(lab, 0);
    one(lab, number(1), 5);
    TOGETHER(lab, 0, 1);
    if (late) {
        replies = hold("AppendEntries", REPLY, 1, 0);
        only(replies, is_success);
        covering(replies, 21); // a leader may send one entry at a time
    }
    propose_n(lab, 0, 200, 20);
    await_log(lab, 1, lab_nth(lab, 21));
    if (late)
        close_rule(replies);
    else
        lab_sleep_ms(lab, 200);

    TOGETHER(lab, 1, 2, 3, 4);
    elect(lab, 2);
    agree_on(lab, 2, number(300), 4);
    one_world(lab);
    one(lab, number(301), 5); // also S1 and S2 have lost their tails

    elect(lab, 0);
    TOGETHER(lab, 0, 4); // two of five
    raft_index index = must_propose(lab, 0, number(400));
    await_log(lab, 4, index);
    if (late)
        lift(replies);
    lab_sleep_ms(lab, 300);
    check_no_agreement(lab, index);
    one_world(lab);
    one(lab, number(401), 5);
    adversary_end(lab);
}

static void leader_elected_twice(struct lab *lab)
{
    leader_again(lab, false);
}

static void reply_two_elections_late(struct lab *lab)
{
    leader_again(lab, true);
}

// [AE.1] A request of an old leadership, with entries, arrives when a newer
// leader's entries stand there.
static void request_one_election_late(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    one(lab, number(1), 5);
    struct rule *requests = hold("AppendEntries", REQUEST, 0, ALL);
    only(requests, has_entries);
    propose_n(lab, 0, 200, 5);
    await_legs(lab, requests, 4);
    lab_sleep_ms(lab, 50);
    lab_disconnect(lab, 0); // before a request that is not held can leave
    close_rule(requests);
    elect(lab, 1);
    for (int i = 0; i < 5; i++)
        agree_on(lab, 1, number(300 + i), 4);
    lab_connect(lab, 0);
    one(lab, number(305), 5);
    lift(requests);
    lab_sleep_ms(lab, 500);
    one(lab, number(306), 5);
    for (int i = 2; i <= 6; i++)
        if (!same(value_at(lab, lab_nth(lab, (raft_index)i)), number(298 + i)))
            lab_fail(lab, "index %llu was overwritten by an old request",
                     (unsigned long long)lab_nth(lab, (raft_index)i));
    adversary_end(lab);
}

// [AE.3] [AE.5] Two requests of one leadership change places: the earlier,
// shorter one must neither cut the log nor take the commit back.
static void requests_change_places(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    one(lab, number(1), 3);
    struct rule *first = hold("AppendEntries", REQUEST, 0, 1);
    only(first, has_entries);
    at_most(first, 1);
    must_propose(lab, 0, number(2));
    await_legs(lab, first, 1);
    propose_n(lab, 0, 3, 4);
    if (!log_comes_to(lab, 1, lab_nth(lab, 6))) // S2 has acknowledged all five
        lab_not_set_up(lab, "S1 sends S2 no other entries as long as the first"
                            " ones are under way");
    await_applied(lab, 1, lab_nth(lab, 6));
    struct rule *newer = drop("AppendEntries", REQUEST, 0, 1);
    lift(first);
    lab_sleep_ms(lab, 50); // no newer request repairs what it does
    if (lab_last_index(lab, 1) < lab_nth(lab, 6))
        lab_fail(lab, "an old request cut the log of S2");
    lift(newer);
    lab_disconnect(lab, 2);
    lab_sleep_ms(lab, 300);
    lab_connect(lab, 2);
    one(lab, number(7), 3);
    adversary_end(lab);
}

// [L.3] A refusal that comes late says nothing of today: the follower has
// caught up long since.
static void late_refusal(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    one(lab, number(1), 3);
    lab_disconnect(lab, 1);
    for (int i = 0; i < 30; i++)
        one_at_once(lab, number(100 + i), 2);
    struct rule *refusals = hold("AppendEntries", REPLY, 1, ALL);
    only(refusals, is_refusal);
    at_most(refusals, 1);
    lab_connect(lab, 1);
    await_need(lab, refusals, 1, "a refusal");
    one(lab, number(200), 3); // another refusal brought S2 up to date
    lift(refusals);
    lab_sleep_ms(lab, 300);
    one_at_once(lab, number(201), 3);
    adversary_end(lab);
}

// Sends a heartbeat in a leader's name that shows only the entry at
// prev_log_index: Figure 2 allows it, whatever else the leader sends.
static void empty_heartbeat(struct lab *lab, int leader, int to,
                            raft_index prev_log_index, raft_term prev_log_term,
                            raft_index leader_commit)
{
    struct append_entries_args args = {.term = term_of(lab, leader),
                                       .leader_id = (uint64_t)leader,
                                       .prev_log_index = prev_log_index,
                                       .prev_log_term = prev_log_term,
                                       .leader_commit = leader_commit};
    char name[16];
    size_t n_bytes = 0, n_reply = 0;
    uint8_t *bytes = message_encode(&append_entries_args_type, &args, &n_bytes);
    uint8_t *reply = NULL;
    snprintf(name, sizeof name, "S%d", to + 1);
    struct net_end *end = net_make_end(lab_net(lab), leader);
    net_connect(end, name);
    net_enable(end, true);
    if (net_call(end, "AppendEntries", bytes, n_bytes, &reply, &n_reply))
        free(reply);
    free(bytes);
}

// [AE.5] What a follower has behind the last entry of a message may be stale,
// whatever leader_commit says: S2 has entries of S1's term behind the fork and
// hears from S3, the new leader, of the entry before the fork only.
static void commit_no_further(struct lab *lab)
{
    enum { N_WRONG = 4 };
    raft_index fork;
    raft_term term;
    elect(lab, 0);
    one(lab, random_value(lab), 5);
    if (!propose(lab, 0, random_value(lab), &fork, &term))
        lab_fail(lab, "S1 refused a command although it was the leader");
    wait_for(lab, fork, 5, 0, NULL);
    TOGETHER(lab, 0, 1);
    for (int i = 0; i < N_WRONG; i++)
        must_propose(lab, 0, random_value(lab));
    await_log(lab, 1, fork + N_WRONG);
    elect(lab, 2);
    for (int i = 0; i < N_WRONG; i++)
        agree_on(lab, 2, random_value(lab), 3);
    adversary_begin(lab);
    struct rule *entries = drop("AppendEntries", REQUEST, ALL, 1);
    only(entries, has_entries);
    only_clock_of(lab, 2);
    TOGETHER(lab, 0);
    empty_heartbeat(lab, 2, 1, fork, term, fork + N_WRONG);
    lab_sleep_ms(lab, 100);
    if (lab_last_applied(lab, 1) > fork)
        lab_fail(lab, "S2 applied what no leader has shown it");
    adversary_end(lab);
    clocks_agree(lab);
    one_world(lab);
    one(lab, random_value(lab), 5);
}

// [AE.2] [L.3] A log that lacks hundreds of entries is found to lack them in a
// few steps, not in hundreds (end of §5.3), or a slow link takes for ever. How
// many entries travel in a message is the leader's choice.
static void long_way_back(struct lab *lab)
{
    enum { N_MISSED = 1000, MOST_REFUSALS = 100, PATIENCE_S = 90 };
    elect(lab, 0);
    one(lab, number(1), 3);
    lab_disconnect(lab, 2);
    propose_n(lab, 0, 2, N_MISSED);
    one(lab, number(5000), 2);
    net_delay_all(lab_net(lab), 10000, 15000);
    elect(lab, 1); // its first word to S3 will be about its own last entry
    adversary_begin(lab);
    struct rule *refusals = watch("AppendEntries", REPLY, 2, ALL);
    only(refusals, is_refusal);
    lab_connect(lab, 2);
    one_within(lab, number(5001), 3, PATIENCE_S);
    if (legs(refusals) > MOST_REFUSALS)
        lab_fail_by(lab, "L.3",
                    "S3 lacked %d entries, and refused %d messages before its"
                    " leader knew: next_index goes back too slowly.",
                    N_MISSED, legs(refusals));
    adversary_end(lab);
    net_delay_all(lab_net(lab), 0, 0);
}

// [AE.2] S3 always lacks exactly the entry that the new leader speaks of first:
// what lies just behind its own last one is none, whatever its length.
static void one_behind(struct lab *lab)
{
    enum { N_ROUNDS = 36 };
    adversary_begin(lab);
    elect(lab, 0);
    one(lab, number(1), 3);
    one(lab, number(2), 3);
    struct rule *missed[2];
    for (int leader = 0; leader < 2; leader++) {
        missed[leader] = drop("AppendEntries", REQUEST, leader, 2);
        lift(missed[leader]);
    }
    for (int round = 0; round < N_ROUNDS; round++) {
        int leader = round % 2;
        renew(missed[leader]);
        agree_on(lab, leader, number(10 + round), 2);
        elect(lab, 1 - leader);
        lift(missed[leader]);
        one(lab, number(100 + round), 3);
        if (round == N_ROUNDS / 2)
            one(lab, number(1000), 3); // odd lengths from here on
    }
    adversary_end(lab);
}

const struct lab_scenario schedules_logs_scenarios[] = {
    {.name = "long-way-back",
     .title = "Schedule: long way back",
     .run = long_way_back,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "one-behind",
     .title = "Schedule: one behind",
     .run = one_behind,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "figure-8-overwritten",
     .title = "Schedule: figure 8 overwritten",
     .run = figure_8_overwritten,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "figure-8-committed",
     .title = "Schedule: figure 8 committed",
     .run = figure_8_committed,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "reply-two-elections-late",
     .title = "Schedule: reply two elections late",
     .run = reply_two_elections_late,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "request-one-election-late",
     .title = "Schedule: request one election late",
     .run = request_one_election_late,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "requests-change-places",
     .title = "Schedule: requests change places",
     .run = requests_change_places,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "late-refusal",
     .title = "Schedule: late refusal",
     .run = late_refusal,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "leader-elected-twice",
     .title = "Schedule: leader elected twice",
     .run = leader_elected_twice,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "commit-no-further",
     .title = "Schedule: commit no further",
     .run = commit_no_further,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
