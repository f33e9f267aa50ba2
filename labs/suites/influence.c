// influence.c -- a story's say over clocks, leaders and links: see adversary.h.
#include "adversary.h"

// A server whose clock runs at SLOW thousandths does not stand for election
// before one whose clock is right has done so several times. A heartbeat thread
// that fell asleep by a slow clock sleeps on by it: whoever is elected rests
// for SETTLE_MS.
enum {
    PATIENCE_MS = 10000,
    ELECT_MS = 30000,
    STEP_MS = 5,
    SLOW = 150,
    SETTLE_MS = 1100,
    HOPE_MS = 300, // for what is not told
};

// The links that split() has cut, from each server, as bits. A process has one
// story.
static unsigned cut_from[32];

void only_clock_of(struct lab *lab, int server)
{
    for (int other = 0; other < lab_n_servers(lab); other++)
        lab_clock_rate(lab, other, other == server ? 1000 : SLOW);
}

void clocks_agree(struct lab *lab)
{
    for (int server = 0; server < lab_n_servers(lab); server++)
        lab_clock_rate(lab, server, 1000);
}

bool leads(struct lab *lab, int server)
{
    raft_term term;
    bool is_leader = false;
    return lab_get_state(lab, server, &term, &is_leader) && is_leader;
}

raft_term term_of(struct lab *lab, int server)
{
    raft_term term = 0;
    bool is_leader;
    lab_get_state(lab, server, &term, &is_leader);
    return term;
}

void await_leader(struct lab *lab, int server)
{
    for (int ms = 0; !leads(lab, server); ms += STEP_MS) {
        if (ms >= ELECT_MS)
            lab_fail(lab, "S%d was not elected within %d seconds", server + 1,
                     ELECT_MS / 1000);
        lab_sleep_ms(lab, STEP_MS);
    }
}

void await_term(struct lab *lab, int server, raft_term term)
{
    for (int ms = 0; term_of(lab, server) < term; ms += STEP_MS) {
        if (ms >= ELECT_MS)
            lab_not_set_up(lab, "S%d does not come to term %llu", server + 1,
                           (unsigned long long)term);
        lab_sleep_ms(lab, STEP_MS);
    }
}

raft_index agree_on(struct lab *lab, int server, struct value value, int n)
{
    raft_index index = 0;
    raft_term term = 0;
    if (!propose(lab, server, value, &index, &term))
        index = must_propose(lab, server, value);
    else if (!wait_for(lab, index, n, term, NULL))
        lab_not_set_up(lab, "S%d leads no more", server + 1);
    return index;
}

void await_applied(struct lab *lab, int server, raft_index index)
{
    for (int ms = 0; lab_last_applied(lab, server) < index; ms += STEP_MS) {
        if (ms >= PATIENCE_MS)
            lab_fail(lab, "S%d did not apply index %llu within %d seconds",
                     server + 1, (unsigned long long)index, PATIENCE_MS / 1000);
        lab_sleep_ms(lab, STEP_MS);
    }
}

void await_commit(struct lab *lab, int leader, raft_index index)
{
    for (int ms = 0; lab_last_applied(lab, leader) < index; ms += STEP_MS) {
        if (!leads(lab, leader))
            lab_not_set_up(lab, "S%d leads no more", leader + 1);
        if (ms >= PATIENCE_MS)
            lab_fail(lab, "S%d did not apply index %llu within %d seconds",
                     leader + 1, (unsigned long long)index, PATIENCE_MS / 1000);
        lab_sleep_ms(lab, STEP_MS);
    }
}

bool log_comes_to(struct lab *lab, int server, raft_index index)
{
    for (int ms = 0; lab_last_index(lab, server) != index; ms += STEP_MS) {
        // Of a Raft that does not tell, it is hoped.
        if (lab_last_index(lab, server) == LAB_UNKNOWN && ms >= HOPE_MS)
            return true;
        if (ms >= PATIENCE_MS)
            return false;
        lab_sleep_ms(lab, STEP_MS);
    }
    return true;
}

void await_log(struct lab *lab, int server, raft_index index)
{
    if (!log_comes_to(lab, server, index))
        lab_fail(lab, "the log of S%d does not end at index %llu", server + 1,
                 (unsigned long long)index);
}

// Of all servers that could reach this one, only its own requests arrive: it
// hears of no leader, the others hear of none but it, and none of them can win.
// Returns these servers, as bits.
static unsigned favour(struct lab *lab, int server)
{
    unsigned reach = 0;
    for (int other = 0; server != NOBODY && other < lab_n_servers(lab); other++)
        if (lab_is_connected(lab, other) && lab_is_connected(lab, server) &&
            (cut_from[other] >> server & 1) == 0)
            reach |= 1u << other;
    adversary_favour(lab, server, reach);
    return reach;
}

// A leader that nobody answers need not give way, and where the other servers
// are cut off, nobody wins against it.
static void check_way_free(struct lab *lab, int server, unsigned reach)
{
    for (int ms = 0; !leads(lab, server); ms += STEP_MS) {
        lab_sleep_ms(lab, STEP_MS);
        for (int other = 0; ms >= ELECT_MS / 2 && other < lab_n_servers(lab);
             other++)
            if (other != server && (reach >> other & 1) != 0 &&
                leads(lab, other))
                lab_not_set_up(lab, "S%d leads, and does not give way to S%d",
                               other + 1, server + 1);
        if (ms >= ELECT_MS / 2)
            return;
    }
}

void elect(struct lab *lab, int server)
{
    unsigned reach = favour(lab, server);
    only_clock_of(lab, server);
    do {
        check_way_free(lab, server, reach);
        await_leader(lab, server);
        lab_sleep_ms(lab, SETTLE_MS); // its heartbeats come regularly
    } while (!leads(lab, server));    // it has met a newer term
    favour(lab, NOBODY);
    clocks_agree(lab);
}

void fall_behind(struct lab *lab, int leader, int server, int n)
{
    elect(lab, leader);
    only_clock_of(lab, leader);
    lab_disconnect(lab, server);
    raft_index last = 0;
    for (int i = 0; i < n; i++)
        last = must_propose(lab, leader, random_value(lab));
    await_commit(lab, leader, last);
}

static bool in(const int *servers, int n, int server)
{
    for (int i = 0; i < n; i++)
        if (servers[i] == server)
            return true;
    return false;
}

// Cuts the links between the n servers and the others, and mends those among
// the n; the others hear each other or not.
static void split(struct lab *lab, const int *servers, int n, bool others_hear)
{
    for (int a = 0; a < lab_n_servers(lab); a++)
        for (int b = 0; b < lab_n_servers(lab); b++)
            if (a != b) {
                bool cut = in(servers, n, a) != in(servers, n, b) ||
                           (!others_hear && !in(servers, n, a));
                cut_from[a] &= ~(1u << b);
                cut_from[a] |= (unsigned)cut << b;
                net_cut(lab_net(lab), a, b, cut);
            }
}

void group(struct lab *lab, const int *servers, int n)
{
    split(lab, servers, n, true);
}

void apart(struct lab *lab, const int *servers, int n)
{
    split(lab, servers, n, false);
}

void one_world(struct lab *lab)
{
    group(lab, NULL, 0);
}
