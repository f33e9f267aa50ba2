// swarm.c -- a cluster, its faults and its load, all drawn from the seed.
//
// Schedules look where somebody thought of looking. Here nobody has: the seed
// draws how many servers there are, how bad network, disks and clocks are,
// which kinds of faults happen and how many clients ask. In the end a majority
// is healthy, and must get on.
#include "adversary.h"
#include "suites.h"

#include <stdio.h>

#include "base/random.h"

// What was drawn; a process runs one scenario.
static struct swarm {
    int n_servers;
    bool snapshots, lossy, crashes, cuts, pauses, clocks, parks;
    int delay_ms, twice_per_mille, late_per_mille, save_ms, n_commands;
    int chunk, max_entries;
    char title[200];
} drawn;

static uint64_t next(uint64_t *random, uint64_t n)
{
    return random_next(random) % n;
}

// One of the values, or, more often than not, 0.
static int maybe(uint64_t *random, int most)
{
    return next(random, 2) == 0 ? 0 : 1 + (int)next(random, (uint64_t)most);
}

static void draw(uint64_t seed, struct lab_scenario *scenario)
{
    uint64_t random = seed ^ 0x737761726d; // "swarm"
    drawn = (struct swarm){.n_servers = 2 + (int)next(&random, 6),
                           .snapshots = next(&random, 2) == 0,
                           .lossy = next(&random, 2) == 0,
                           .crashes = next(&random, 2) == 0,
                           .cuts = next(&random, 2) == 0,
                           .pauses = next(&random, 3) == 0,
                           .clocks = next(&random, 3) == 0,
                           .parks = next(&random, 3) == 0,
                           .delay_ms = maybe(&random, 30),
                           .twice_per_mille = maybe(&random, 300),
                           .late_per_mille = maybe(&random, 100),
                           .save_ms = maybe(&random, 60),
                           .n_commands = 1 + (int)next(&random, 6),
                           .chunk = maybe(&random, 500),
                           .max_entries = maybe(&random, 6)};
    scenario->n_servers = drawn.n_servers;
    scenario->snapshots = drawn.snapshots;
    scenario->unreliable = drawn.lossy;
    scenario->max_entries = (size_t)drawn.max_entries;
    scenario->snapshot_chunk = (size_t)drawn.chunk;
    int n = snprintf(drawn.title, sizeof drawn.title,
                     "Swarm: %d servers, %d command%s a step", drawn.n_servers,
                     drawn.n_commands, drawn.n_commands == 1 ? "" : "s");
    const struct {
        bool yes;
        const char *what;
        int value;
        const char *unit;
    } parts[] = {
        {drawn.crashes, "crashes", 0, ""},
        {drawn.cuts, "cuts", 0, ""},
        {drawn.pauses, "pauses", 0, ""},
        {drawn.clocks, "clocks drift", 0, ""},
        {drawn.parks, "threads stand still", 0, ""},
        {drawn.snapshots, "snapshots", 0, ""},
        {drawn.delay_ms > 0, "delays", drawn.delay_ms, " ms"},
        {drawn.save_ms > 0, "saves", drawn.save_ms, " ms"},
        {drawn.twice_per_mille > 0, "twice", drawn.twice_per_mille, " in 1000"},
        {drawn.late_per_mille > 0, "late", drawn.late_per_mille, " in 1000"}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].yes && parts[i].value > 0)
            n += snprintf(drawn.title + n, sizeof drawn.title - (size_t)n,
                          ", %s %d%s", parts[i].what, parts[i].value,
                          parts[i].unit);
        else if (parts[i].yes)
            n += snprintf(drawn.title + n, sizeof drawn.title - (size_t)n,
                          ", %s", parts[i].what);
    scenario->title = drawn.title;
}

// ---------------------------------------------------------------- the story

static void worsen(struct lab *lab)
{
    struct net *net = lab_net(lab);
    uint64_t most_us = (uint64_t)drawn.delay_ms * 1000;
    if (most_us > 0)
        net_delay_all(net, 0, most_us);
    if (drawn.twice_per_mille > 0)
        net_duplicate(net, drawn.twice_per_mille, 200000);
    if (drawn.late_per_mille > 0)
        net_late(net, drawn.late_per_mille, 1000, 2000000);
    for (int server = 0; server < drawn.n_servers; server++) {
        if (drawn.save_ms > 0)
            lab_slow_save(lab, server,
                          lab_random(lab, (uint64_t)drawn.save_ms) + 1);
        if (drawn.clocks)
            lab_clock_rate(lab, server, 700 + (int)lab_random(lab, 600));
    }
    if (drawn.parks)
        lab_park(lab, 5, 300);
}

static void recover(struct lab *lab)
{
    struct net *net = lab_net(lab);
    lab_park(lab, 0, 0);
    net_delay_all(net, 0, 0);
    net_duplicate(net, 0, 0);
    net_late(net, 0, 0, 0);
    lab_reliable(lab, true);
    lab_heal(lab);
    for (int server = 0; server < drawn.n_servers; server++) {
        lab_slow_save(lab, server, 0);
        lab_pause(lab, server, false);
        lab_clock_rate(lab, server, 1000);
    }
}

static void some_fault(struct lab *lab)
{
    int server = (int)lab_random(lab, (uint64_t)drawn.n_servers);
    switch (lab_random(lab, 4)) {
    case 0:
        if (drawn.crashes && lab_is_up(lab, server))
            lab_crash(lab, server);
        else if (!lab_is_up(lab, server))
            lab_restart(lab, server);
        break;
    case 1:
        if (drawn.cuts && lab_is_up(lab, server) &&
            lab_is_connected(lab, server))
            lab_disconnect(lab, server);
        else if (lab_is_up(lab, server))
            lab_connect(lab, server);
        break;
    case 2:
        if (drawn.cuts)
            lab_cut(lab, server, after(lab, server, 1),
                    lab_random(lab, 2) == 0);
        break;
    default:
        if (drawn.pauses) {
            lab_pause(lab, server, true);
            lab_sleep_ms(lab, lab_random(lab, 800));
            lab_pause(lab, server, false);
        }
    }
}

// [P.1] [P.2] [P.3] [P.4] [P.5] Half a minute of everything; then a majority,
// and then all, are healthy.
static void swarm(struct lab *lab)
{
    enum { N_STEPS = 80, N_AFTER = 5 };
    int n = drawn.n_servers, majority = n / 2 + 1;
    int first = (int)lab_random(lab, (uint64_t)n);
    lab_act(lab, "%s", drawn.title);
    worsen(lab);
    for (int step = 0; step < N_STEPS; step++) {
        for (int server = 0; server < n; server++)
            for (int k = 0; k < drawn.n_commands; k++)
                propose(lab, server, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, lab_random(lab, 600));
        some_fault(lab);
    }
    lab_act(lab, "a majority is healthy");
    recover(lab);
    for (int k = 0; k < n; k++) {
        int server = after(lab, first, k);
        if (k < majority) {
            lab_restart(lab, server);
            lab_connect(lab, server);
        } else if (lab_is_up(lab, server)) {
            lab_disconnect(lab, server);
        }
    }
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    for (int i = 0; i < N_AFTER; i++)
        one(lab, random_value(lab), majority);
    lab_act(lab, "all are healthy");
    for (int server = 0; server < n; server++) {
        lab_restart(lab, server);
        lab_connect(lab, server);
    }
    lab_sleep_ms(lab, 2 * ELECTION_TIMEOUT_MS);
    one(lab, random_value(lab), n);
}

const struct lab_scenario swarm_scenarios[] = {
    {.name = "swarm",
     .title = "Swarm: a cluster, its faults and its load, drawn from the seed",
     .run = swarm,
     .draw = draw,
     .n_servers = 7,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
