// tour.c -- everything that a Raft does, once, in half a minute.
//
// A split vote, an election, replication, a follower's crash, the leader's
// crash, a partition whose minority leader takes commands in vain, the repair
// of its log, and a snapshot for a server that was away for too long.
#include "adversary.h"
#include "suites.h"

#include <stdio.h>

enum { N = 5 };

// Commands as they stand in the pictures: x=1, x=2 ...
static struct value command(struct lab *lab, char name, int n)
{
    (void)lab;
    struct value value;
    snprintf(value.text, sizeof value.text, "%c=%d", name, n);
    return value;
}

// Who has stood for election, who has been heard, and who has heard somebody.
static bool stood[N], was_heard[N], has_heard[N];

// A candidate's request arrives once, at a server that has no other candidate
// to think of; all others are lost.
static bool is_lost(const struct net_leg *leg)
{
    bool lost = was_heard[leg->from] || has_heard[leg->to] || stood[leg->to];
    stood[leg->from] = true;
    if (!lost)
        was_heard[leg->from] = has_heard[leg->to] = true;
    return lost;
}

// Two candidates of a term have two votes each, and no majority.
static void split_vote(struct lab *lab)
{
    lab_act(lab, "split vote");
    adversary_begin(lab);
    only(drop("RequestVote", REQUEST, ALL, ALL), is_lost);
    lab_sleep_ms(lab, 650 + lab_random(lab, 100));
    lab_check_no_leader(lab);
    adversary_end(lab);
    lab_act(lab, "election");
}

static void agree(struct lab *lab, char name, int n, int n_servers)
{
    for (int i = 1; i <= n; i++)
        one(lab, command(lab, name, i), n_servers);
}

// The leader hears one follower only; what it takes there is doomed.
static void minority(struct lab *lab)
{
    lab_act(lab, "partition");
    int old = lab_check_one_leader(lab);
    int with = after(lab, old, 1);
    lab_partition(lab, 1u << old | 1u << with);
    for (int i = 1; i <= 3; i++)
        must_propose(lab, old, command(lab, 'd', i));
    lab_sleep_ms(lab, 700);
    // The majority may need more than one election.
    int leader = -1;
    for (int ms = 0; leader < 0; ms += 50) {
        if (ms > 10000)
            lab_fail(lab, "the majority elects nobody for ten seconds");
        lab_sleep_ms(lab, 50);
        for (int server = 0; server < N; server++)
            if (server != old && server != with && leads(lab, server))
                leader = server;
    }
    for (int i = 1; i <= 3; i++) {
        raft_index index = 0;
        if (propose(lab, leader, command(lab, 'y', i), &index, NULL))
            wait_for(lab, index, 3, term_of(lab, leader), NULL);
    }
    lab_act(lab, "the partition heals");
    lab_heal(lab);
    agree(lab, 'z', 2, N);
}

static void tour(struct lab *lab)
{
    net_delay_all(lab_net(lab), 2000, 9000); // slow enough to be seen
    split_vote(lab);
    int leader = lab_check_one_leader(lab);
    lab_act(lab, "replication");
    agree(lab, 'x', 3, N);

    lab_act(lab, "a follower crashes and catches up");
    int follower = after(lab, leader, 2);
    lab_crash(lab, follower);
    agree(lab, 'f', 2, N - 1);
    lab_restart(lab, follower);
    agree(lab, 'g', 1, N);

    lab_act(lab, "the leader crashes");
    leader = lab_check_one_leader(lab);
    lab_crash(lab, leader);
    lab_check_one_leader(lab);
    agree(lab, 'l', 2, N - 1);
    lab_restart(lab, leader);
    agree(lab, 'm', 1, N);

    minority(lab);

    lab_act(lab, "a snapshot for a laggard");
    int laggard = after(lab, lab_check_one_leader(lab), 1);
    lab_disconnect(lab, laggard);
    agree(lab, 's', 6, N - 1);
    lab_connect(lab, laggard);
    agree(lab, 't', 1, N);
}

const struct lab_scenario tour_scenarios[] = {
    {.name = "tour",
     .title = "Tour: what a Raft does",
     .run = tour,
     .n_servers = N,
     .snapshots = true,
     .simulated_only = true},
    {.name = NULL},
};
