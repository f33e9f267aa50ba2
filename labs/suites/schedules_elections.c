// schedules_elections.c -- votes that come late, twice, or to the wrong life.
#include "adversary.h"
#include "suites.h"

// Two servers that stand for election in the same term, their requests held:
// what several stories begin with. The others' clocks go slow, so that nobody
// else runs.
struct rivals {
    struct rule *first, *second;
    raft_term term;
};

static struct rivals make_rivals(struct lab *lab, int first, int second)
{
    struct rivals rivals;
    rivals.first = hold("RequestVote", REQUEST, first, ALL);
    rivals.second = hold("RequestVote", REQUEST, second, ALL);
    only_clock_of(lab, first);
    await_legs(lab, rivals.first, 1);
    rivals.term = term_of(lab, first);
    only_clock_of(lab, second); // the first one waits for answers now
    while (term_of(lab, second) < rivals.term)
        lab_sleep_ms(lab, 1);
    only_clock_of(lab, -1);
    close_rule(rivals.first);
    close_rule(rivals.second);
    return rivals;
}

// [RV.2] One vote a term, however late the second request comes: S1 votes for
// S2, hears S2's heartbeats, and then gets S3's request of the same term. A
// server that forgets its vote when a leader of its own term speaks votes
// twice.
static void late_vote_request(struct lab *lab)
{
    adversary_begin(lab);
    struct rivals rivals = make_rivals(lab, 1, 2);
    lift(rivals.first);
    await_leader(lab, 1);
    lab_sleep_ms(lab, 300); // heartbeats arrive
    lift(rivals.second);
    lab_sleep_ms(lab, 300);
    if (leads(lab, 2) && term_of(lab, 2) == rivals.term)
        lab_fail(lab, "S3 leads term %llu, which S2 has won",
                 (unsigned long long)rivals.term);
    clocks_agree(lab);
    one(lab, random_value(lab), 3);
    adversary_end(lab);
}

// [RV.2] The vote is durable before it is given: S1 votes for S2 and crashes,
// and, restarted, is asked by S3 for the same term. S5 supports S3, so that
// one more vote would make a second leader of that term.
static void vote_across_restart(struct lab *lab)
{
    adversary_begin(lab);
    struct rule *ignorant = drop(NULL, REQUEST, ALL, 2);
    struct rule *unasked = drop(NULL, REQUEST, 1, 4);
    elect(lab, 1); // by its own vote and those of S1 and S4
    raft_term term = term_of(lab, 1);
    drop(NULL, REQUEST, 1, ALL); // nobody hears of it
    drop(NULL, REQUEST, 2, 3);
    lab_crash(lab, 0);
    lab_restart(lab, 0);
    only_clock_of(lab, 2);
    await_term(lab, 2, term);
    lab_sleep_ms(lab, 100);
    if (leads(lab, 2) && term_of(lab, 2) == term)
        lab_fail(lab, "S1 voted for S2 and, restarted, for S3 in term %llu",
                 (unsigned long long)term);
    lift(ignorant);
    lift(unasked);
    adversary_end(lab);
    clocks_agree(lab);
    one(lab, random_value(lab), 5);
}

// [C.1] A candidate's own vote is durable before it asks for others: S2
// crashes while its requests are on their way, and, restarted, is asked by S3
// for the same term. With S1 silent, S3 can only win by that vote.
static void candidate_restarts(struct lab *lab)
{
    adversary_begin(lab);
    drop(NULL, REQUEST, 0, ALL);
    drop(NULL, REQUEST, ALL, 0);
    struct rule *requests = drop("RequestVote", REQUEST, 1, 2);
    only_clock_of(lab, 1);
    await_legs(lab, requests, 1);
    raft_term term = term_of(lab, 1);
    lab_crash(lab, 1);
    lab_restart(lab, 1);
    only_clock_of(lab, 2);
    await_term(lab, 2, term);
    lab_sleep_ms(lab, 100);
    if (leads(lab, 2) && term_of(lab, 2) == term)
        lab_fail(lab, "S2 ran in term %llu and, restarted, voted for S3",
                 (unsigned long long)term);
    adversary_end(lab);
    clocks_agree(lab);
    one(lab, random_value(lab), 3);
}

// [C.2] A vote counts in the term in which it was asked for: S1's votes for
// S3's first election arrive during a later one, where nobody hears S3.
static void late_vote_reply(struct lab *lab)
{
    adversary_begin(lab);
    struct rule *votes = hold("RequestVote", REPLY, ALL, 2);
    only_clock_of(lab, 2);
    await_legs(lab, votes, 2);
    raft_term term = term_of(lab, 2);
    struct rule *mute = drop("RequestVote", REQUEST, 2, ALL);
    await_term(lab, 2, term + 1);
    lift(votes);
    lab_sleep_ms(lab, 100);
    if (leads(lab, 2))
        lab_fail(lab, "S3 leads term %llu by votes of term %llu",
                 (unsigned long long)term_of(lab, 2), (unsigned long long)term);
    lift(mute);
    adversary_end(lab);
    clocks_agree(lab);
    one(lab, random_value(lab), 3);
}

// [RV.2] The network brings every vote request twice, and every reply late:
// the same candidate may be granted its vote again, and counts it once.
static void repeated_votes(struct lab *lab)
{
    adversary_begin(lab);
    twice("RequestVote", REQUEST, ALL, ALL);
    net_delay_all(lab_net(lab), 0, 20000);
    for (int round = 0; round < 8; round++) {
        int leader = lab_check_one_leader(lab);
        lab_disconnect(lab, leader);
        one(lab, random_value(lab), 3);
        lab_connect(lab, leader);
    }
    net_delay_all(lab_net(lab), 0, 0);
    adversary_end(lab);
    one(lab, random_value(lab), 5);
}

// [C.4] All replies of the first elections are lost: candidates run again and
// again, and the first election whose replies arrive ends it.
static void lost_elections(struct lab *lab)
{
    adversary_begin(lab);
    struct rule *deaf = drop("RequestVote", REPLY, ALL, ALL);
    lab_sleep_ms(lab, 5 * ELECTION_TIMEOUT_MS);
    lab_check_no_leader(lab);
    lift(deaf);
    lab_check_one_leader(lab);
    adversary_end(lab);
    one(lab, random_value(lab), 3);
}

// [F.2] All followers find at the same moment that they have heard nothing for
// long: whoever has just given its vote does not run against it.
static void all_wake_at_once(struct lab *lab)
{
    enum { N_ROUNDS = 12 };
    int n = lab_n_servers(lab);
    for (int round = 0; round < N_ROUNDS; round++) {
        int leader = lab_check_one_leader(lab);
        lab_disconnect(lab, leader);
        for (int i = 1; i < n; i++)
            lab_pause(lab, after(lab, leader, i), true);
        lab_sleep_ms(lab, ELECTION_TIMEOUT_MS);
        for (int i = 1; i < n; i++)
            lab_pause(lab, after(lab, leader, i), false);
        one(lab, random_value(lab), n - 1);
        lab_connect(lab, leader);
    }
    one(lab, random_value(lab), n);
}

// [C.4] §5.2: on slow links two servers that run at the same time split the
// vote. Only timeouts that are drawn anew each time part them.
static void slow_votes(struct lab *lab)
{
    net_delay_all(lab_net(lab), 10000, 20000);
    for (int round = 0; round < 6; round++) {
        int leader = lab_check_one_leader(lab);
        lab_disconnect(lab, leader);
        lab_check_one_leader(lab);
        lab_connect(lab, leader);
    }
    net_delay_all(lab_net(lab), 0, 0);
    one(lab, random_value(lab), 3);
}

// [F.2] A leader of long standing is deposed by a candidate that it does not
// vote for, and must wait for its own timeout from then on: what it heard
// before its reign is long ago.
static void deposed_leader(struct lab *lab)
{
    enum { SOON_MS = 50 }; // no election timeout is as short
    adversary_begin(lab);
    for (int round = 0; round < 5; round++) {
        elect(lab, 0);
        one(lab, random_value(lab), 3);
        lab_disconnect(lab, 1);
        one(lab, random_value(lab), 2); // S2 lacks it, and stands alone
        lab_sleep_ms(lab, 3 * ELECTION_TIMEOUT_MS);
        struct rule *stands = drop("RequestVote", REQUEST, 0, ALL);
        lab_connect(lab, 1);
        for (int i = 0; i < 5000 && leads(lab, 0); i++)
            lab_sleep_ms(lab, 1);
        if (leads(lab, 0) && term_of(lab, 1) <= term_of(lab, 0))
            lab_not_set_up(lab, "S2, alone, has not raised its term");
        if (leads(lab, 0))
            lab_fail_by(lab, "ALL.2",
                        "S1 leads on although S2 is in a newer term");
        int before = legs(stands);
        lab_sleep_ms(lab, SOON_MS);
        if (legs(stands) > before)
            lab_fail_by(
                lab, "F.2",
                "S1 asks for votes less than %d ms after it has lost its"
                " leadership: has it waited for a whole timeout?",
                SOON_MS);
        lift(stands);
    }
    adversary_end(lab);
    one(lab, random_value(lab), 3);
}

const struct lab_scenario schedules_elections_scenarios[] = {
    {.name = "slow-votes",
     .title = "Schedule: slow votes",
     .run = slow_votes,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "late-vote-request",
     .title = "Schedule: late vote request",
     .run = late_vote_request,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "vote-across-restart",
     .title = "Schedule: vote across restart",
     .run = vote_across_restart,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "candidate-restarts",
     .title = "Schedule: candidate restarts",
     .run = candidate_restarts,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "late-vote-reply",
     .title = "Schedule: late vote reply",
     .run = late_vote_reply,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "repeated-votes",
     .title = "Schedule: repeated votes",
     .run = repeated_votes,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "lost-elections",
     .title = "Schedule: lost elections",
     .run = lost_elections,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "deposed-leader",
     .title = "Schedule: deposed leader",
     .run = deposed_leader,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "all-wake-at-once",
     .title = "Schedule: all wake at once",
     .run = all_wake_at_once,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
