// schedules_figure7.c -- the six logs of Figure 7, grown by six leaders.
#include "adversary.h"
#include "suites.h"

// The servers by their letters in the figure; L is its leader of term 8.
enum { L, A, B, C, D, E, F, N };

// Makes a server the leader while no entry travels, so that it is elected by
// the logs as they are; then lets it take n commands, which reach exactly
// those servers whose letters are in the mask.
static void lead(struct lab *lab, struct rule *standstill, int leader, int n,
                 unsigned receivers)
{
    int together[N], n_together = 0;
    for (int server = 0; server < N; server++)
        if (server == leader || (receivers & 1u << server) != 0)
            together[n_together++] = server;
    // Who lacks entries hears nothing, and may depose it at any moment. Nor do
    // those outside hear each other: their leader would send entries, too.
    do {
        one_world(lab);
        elect(lab, leader);
        apart(lab, together, n_together);
        lab_sleep_ms(lab, 20); // what was under way has arrived
    } while (!leads(lab, leader));
    raft_index last = 0;
    for (int i = 0; i < n; i++)
        last = must_propose(lab, leader, random_value(lab));
    lift(standstill);
    for (int i = 0; i < n_together; i++)
        await_log(lab, together[i], last);
    renew(standstill);
    one_world(lab);
}

static void check_length(struct lab *lab, int server, raft_index length)
{
    raft_index last = lab_last_index(lab, server);
    if (last != lab_nth(lab, length) && last != LAB_UNKNOWN)
        lab_fail(lab, "the log of S%d has %llu entries, expected %llu",
                 server + 1, (unsigned long long)(last - lab_nth(lab, 0)),
                 (unsigned long long)length);
}

// [AE.2] [AE.3] [L.3] Six followers whose logs part from the leader's in every
// way that there is: too short, too long, with terms that it never saw. It
// makes them all equal to its own.
static void figure_7(struct lab *lab)
{
    elect(lab, L);
    for (int i = 0; i < 3; i++)
        agree_on(lab, L, random_value(lab), N);
    adversary_begin(lab);
    struct rule *still = drop("AppendEntries", REQUEST, ALL, ALL);
    only(still, has_entries);
    lead(lab, still, F, 3, 0); // the figure's term 2
    lab_crash(lab, F);
    lab_restart(lab, F);
    lead(lab, still, F, 5, 0); // 3
    lead(lab, still, E, 1,
         1u << L | 1u << A | 1u << B | 1u << C | 1u << D); // 4
    lead(lab, still, E, 1, 1u << L | 1u << A | 1u << C | 1u << D);
    lead(lab, still, E, 2, 0);
    lead(lab, still, L, 2, 1u << A | 1u << C | 1u << D); // 5
    lead(lab, still, C, 2, 1u << L | 1u << A | 1u << D); // 6
    lead(lab, still, C, 1, 1u << L | 1u << D);
    lead(lab, still, C, 1, 0);
    lead(lab, still, D, 2, 0); // 7

    // A follower that refuses a heartbeat may cut the entry that conflicts at
    // once: then its log is shorter than the figure's.
    static const raft_index lengths[N] = {10, 9, 4, 11, 12, 7, 11};
    for (int server = 0; server < N; server++)
        if (lab_last_index(lab, server) < lab_nth(lab, lengths[server]))
            lab_note(lab, "S%d has cut the end of its log", server + 1);
        else
            check_length(lab, server, lengths[server]);
    // From here on only L may win, and only its entries travel.
    for (int server = A; server < N; server++) {
        drop("RequestVote", REQUEST, server, ALL);
        only(drop("AppendEntries", REQUEST, server, ALL), has_entries);
    }
    lift(still);
    elect(lab, L); // 8
    adversary_end(lab);
    raft_index index = agree_on(lab, L, random_value(lab), N);
    check_index(lab, index, lab_nth(lab, 11));
    for (int server = 0; server < N; server++)
        check_length(lab, server, 11);
    one(lab, random_value(lab), N);
}

const struct lab_scenario schedules_figure7_scenarios[] = {
    {.name = "figure-7",
     .title = "Schedule: figure 7",
     .run = figure_7,
     .n_servers = 7,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
