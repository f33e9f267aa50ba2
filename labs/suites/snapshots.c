// snapshots.c -- lab D: the log is cut, and snapshots stand for its beginning.
//
// The service takes a snapshot after every tenth command.
#include "suites.h"

// A saved state may hold about 80 entries that no snapshot covers. An entry of
// random_value() takes ENTRY_BYTES in it: one byte of term (below 128), one of
// length, and VALUE_BYTES digits. Before the entries stand five numbers: term,
// vote, the snapshot's index and term, the number of entries, HEAD_BYTES at
// most in these scenarios (the index has two bytes from 128 on).
enum {
    ENTRY_BYTES = 1 + 1 + VALUE_BYTES,
    HEAD_BYTES = 8,
    MAX_LOG = 80 * ENTRY_BYTES + HEAD_BYTES,
    N_ITERATIONS = 30,
    N_BURST = 5,
};

enum fault { NONE, CUT_OFF, CRASHED };

static void check_log_size(struct lab *lab)
{
    size_t size = lab_state_size(lab);
    if (size == 0)
        check_saves(lab);
    if (size >= MAX_LOG)
        lab_fail(lab, "a saved state has %zu bytes, expected below %d%s", size,
                 MAX_LOG,
                 lab_has_snapshot(lab)
                     ? ""
                     : ": raft_snapshot() was called, and no server has saved"
                       " a snapshot in place of the log's beginning");
}

// The victim comes back and must be brought up to date, by a snapshot if the
// log no longer reaches back to where it left.
static int bring_back(struct lab *lab, int victim, enum fault fault)
{
    if (fault == CUT_OFF)
        lab_connect(lab, victim);
    else
        lab_restart(lab, victim);
    one(lab, random_value(lab), 3);
    return lab_check_one_leader(lab);
}

// One server after the other misses a burst of commands while the rest take
// snapshots; every third time it is the leader that goes away.
static void snapshots(struct lab *lab, enum fault fault)
{
    one(lab, random_value(lab), 3);
    int leader = lab_check_one_leader(lab);
    for (int i = 0; i < N_ITERATIONS; i++) {
        int victim = after(lab, leader, 1), sender = leader;
        if (i % 3 == 1) {
            sender = after(lab, leader, 1);
            victim = leader;
        }
        if (fault == CUT_OFF)
            lab_disconnect(lab, victim);
        if (fault == CRASHED)
            lab_crash(lab, victim);
        if (fault != NONE)
            one(lab, random_value(lab), 2);
        uint64_t n = N_BURST + lab_random(lab, 10);
        for (uint64_t k = 0; k < n; k++)
            propose(lab, sender, random_value(lab), NULL, NULL);
        one(lab, random_value(lab), fault == NONE ? 3 : 2);
        check_log_size(lab);
        if (fault != NONE)
            leader = bring_back(lab, victim, fault);
    }
}

// [IS.6] The log is cut where the service's snapshot ends, and everything
// goes on as before.
static void snapshot_basic(struct lab *lab)
{
    snapshots(lab, NONE);
}

// [IS.7] [IS.8] A server that was cut off catches up by a snapshot.
static void snapshot_install(struct lab *lab)
{
    snapshots(lab, CUT_OFF);
}

// [IS.8] A server that crashed restores its own snapshot and catches up.
static void snapshot_install_crash(struct lab *lab)
{
    snapshots(lab, CRASHED);
}

// [IS.8] All crash and restart between bursts; the log goes on where it was.
static void snapshot_all_crash(struct lab *lab)
{
    one(lab, random_value(lab), 3);
    for (int round = 0; round < 5; round++) {
        uint64_t n = N_BURST + lab_random(lab, 10);
        for (uint64_t k = 0; k < n; k++)
            one(lab, random_value(lab), 3);
        raft_index before = one(lab, random_value(lab), 3);
        restart_all(lab);
        raft_index index = one(lab, random_value(lab), 3);
        if (index < before + 1)
            lab_fail(lab, "index %llu after the crash, it was %llu before",
                     (unsigned long long)index, (unsigned long long)before);
    }
}

// [IS.5] A restarted server must not save its state without its snapshot: the
// second restart would find none.
static void snapshot_init(struct lab *lab)
{
    one(lab, random_value(lab), 3);
    for (int i = 0; i < 11; i++)
        one(lab, random_value(lab), 3);
    restart_all(lab);
    one(lab, random_value(lab), 3);
    restart_all(lab);
    one(lab, random_value(lab), 3);
}

const struct lab_scenario snapshots_scenarios[] = {
    {.name = "snapshot-basic",
     .title = "Test (3D): snapshots basic",
     .run = snapshot_basic,
     .n_servers = 3,
     .snapshots = true},
    {.name = "snapshot-install",
     .title = "Test (3D): install snapshots (disconnect)",
     .run = snapshot_install,
     .n_servers = 3,
     .snapshots = true,
     .limit_s = 600},
    {.name = "snapshot-install-unreliable",
     .title = "Test (3D): install snapshots (disconnect, unreliable)",
     .run = snapshot_install,
     .n_servers = 3,
     .unreliable = true,
     .snapshots = true,
     .limit_s = 600},
    {.name = "snapshot-install-crash",
     .title = "Test (3D): install snapshots (crash)",
     .run = snapshot_install_crash,
     .n_servers = 3,
     .snapshots = true,
     .limit_s = 600},
    {.name = "snapshot-install-unreliable-crash",
     .title = "Test (3D): install snapshots (unreliable, crash)",
     .run = snapshot_install_crash,
     .n_servers = 3,
     .unreliable = true,
     .snapshots = true,
     .limit_s = 600},
    {.name = "snapshot-all-crash",
     .title = "Test (3D): crash and restart all servers",
     .run = snapshot_all_crash,
     .n_servers = 3,
     .snapshots = true},
    {.name = "snapshot-init",
     .title = "Test (3D): snapshot initialization after crash",
     .run = snapshot_init,
     .n_servers = 3,
     .snapshots = true},
    {.name = NULL},
};
