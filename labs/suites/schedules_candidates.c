// schedules_candidates.c -- candidates in clusters of one and of four, and one
// who hears late that it was refused.
#include "adversary.h"
#include "suites.h"

// [C.2] A majority of one is one: a server alone leads without asking anybody.
static void lone_server(struct lab *lab)
{
    for (int round = 0; round < 3; round++) {
        if (lab_check_one_leader(lab) != 0)
            lab_fail(lab, "S1 is alone, and another server leads");
        raft_term term = term_of(lab, 0);
        lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
        if (term_of(lab, 0) != term)
            lab_fail(lab, "S1 is alone, led term %llu and did not stay there",
                     (unsigned long long)term);
    }
}

// [C.2] Half of four is no majority: a cluster in two halves elects nobody on
// either side. Its leader of before may go on believing that it leads.
static void split_in_half(struct lab *lab)
{
    int leader = lab_check_one_leader(lab);
    for (int round = 0; round < 4; round++) {
        // Both halves begin without a leader.
        raft_term before = term_of(lab, leader);
        lab_disconnect(lab, leader);
        lab_disconnect(lab, after(lab, leader, 1));
        lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
        for (int k = 1; k < 4; k++) {
            int server = after(lab, leader, k);
            if (leads(lab, server) && term_of(lab, server) > before)
                lab_fail(lab,
                         "S%d leads term %llu by two votes of four servers",
                         server + 1, (unsigned long long)term_of(lab, server));
        }
        lab_connect(lab, after(lab, leader, 1));
        lab_check_one_leader(lab); // three of four
        lab_connect(lab, leader);
        leader = lab_check_one_leader(lab);
    }
}

// [F.2] [ALL.2] A follower that meets a newer term in a reply follows it, and
// that is all: only a leader's word, a vote that it gives and an election of
// its own set its timer back. S1 has stood for election, and what it asked S2
// then is held. Meanwhile S3 has become its leader, and S2, whom nobody hears,
// has stood again and again. S3 falls silent, and S2's answer comes.
static void late_refusal_of_a_vote(struct lab *lab)
{
    adversary_begin(lab);
    drop(NULL, REQUEST, 1, ALL);
    drop(NULL, REQUEST, 2, 1);
    struct rule *first = hold("RequestVote", REQUEST, 0, 1);
    at_most(first, 1);
    drop("RequestVote", REQUEST, 0, ALL);
    struct rule *unheard = drop(NULL, REQUEST, 2, 0);
    await_legs(lab, first, 1);
    lift(unheard);
    for (int ms = 0; !leads(lab, 2) || term_of(lab, 1) <= term_of(lab, 2);
         ms += 10) {
        if (ms > 5 * ELECTION_TIMEOUT_MS)
            break; // S3 was not lucky
        lab_sleep_ms(lab, 10);
    }
    renew(unheard);
    lab_sleep_ms(lab, 200);
    lift(first);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS); // S1 stands again
    adversary_end(lab);
    lab_check_one_leader(lab);
}

const struct lab_scenario schedules_candidates_scenarios[] = {
    {.name = "lone-server",
     .title = "Schedule: a server alone",
     .run = lone_server,
     .n_servers = 1,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "split-in-half",
     .title = "Schedule: four servers in two halves",
     .run = split_in_half,
     .n_servers = 4,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "late-refusal-of-a-vote",
     .title = "Schedule: late refusal of a vote",
     .run = late_refusal_of_a_vote,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
