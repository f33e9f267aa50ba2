// silent_stuck.c -- why a cluster of silent Rafts does not go on, by what is
// known of each server. Nothing here makes a run fail.
#include <inttypes.h>
#include <stdio.h>

#include "silent.h"

enum { LATER_US = 1000000, FEW_REFUSALS = 3 };

static bool takes_part(const struct check *check, int i)
{
    const struct model_server *server = &check->model.server[i];
    return !check->silent->server[i].down && server->connected &&
           !server->paused && (check->left_out >> i & 1) == 0;
}

// The leader applies, and nobody else ever has.
static bool only_leader(const struct check *check)
{
    int leader = check->spoken.leader, n = 0;
    for (int i = 0; i < check->model.n_servers; i++)
        n += i != leader && check->silent->server[i].last_given > 0;
    return n == 0 && check->silent->server[leader].last_given > 0;
}

// [IS.8] It has got a snapshot, and its service has not.
static bool is_unloaded(struct check *check, int i, uint64_t us)
{
    const struct silent_server *server = &check->silent->server[i];
    if (check->n_of_kind[TRACE_GIVEN] == 0 || server->snapshot_n == 0 ||
        server->last_given >= server->snapshot_index ||
        us < server->snapshot_us + LATER_US)
        return false;
    return check_lies(check, "IS.8", i, server->snapshot_n,
                      "S%d got a snapshot up to index %" PRIu64
                      " at %.3f s, and has not given it to its service, which"
                      " stands at %" PRIu64 ".",
                      i + 1, server->snapshot_index,
                      check_seconds(server->snapshot_us), server->last_given);
}

// [ALL.1] It knows of a commit, and its service has not got it.
static bool is_unapplied(struct check *check, int i, uint64_t us)
{
    const struct silent_server *server = &check->silent->server[i];
    uint64_t since_us =
        server->may_us > server->given_us ? server->may_us : server->given_us;
    if (check->n_of_kind[TRACE_GIVEN] == 0 &&
        check->n_of_kind[TRACE_TAKEN] == 0)
        return false;
    if (server->may_commit <= server->last_given || server->snapshots ||
        us < since_us + LATER_US)
        return false;
    return check_lies(check, "ALL.1", i, 0,
                      "S%d may commit up to index %" PRIu64
                      " since %.3f s, by what it has been told or has heard,"
                      " but has given its service entries up to %" PRIu64
                      " only: its applier sleeps, or is not woken.%s",
                      i + 1, server->may_commit, check_seconds(server->may_us),
                      server->last_given,
                      only_leader(check)
                          ? " The leader has applied it; no follower has ever"
                            " applied anything."
                          : "");
}

// Does its own snapshot have what it refuses to build on?
static bool covers(const struct check *check, int i,
                   const struct silent_peer *peer)
{
    return peer->refused_index > 0 &&
           check->silent->server[i].disk.snapshot_index >= peer->refused_index;
}

// What a snapshot has to do with refusals that have no end.
static const char *of_snapshot(const struct check *check, int leader, int i,
                               char text[160])
{
    const struct silent_server *server = &check->silent->server[leader];
    const struct silent_peer *peer = &server->peer[i];
    text[0] = '\0';
    if (peer->refused_index == 0)
        return text;
    if (covers(check, i, peer))
        snprintf(text, 160, ", though its snapshot covers that");
    else if (server->disk.snapshot_index >= peer->refused_index &&
             peer->installed > 0)
        snprintf(text, 160,
                 ", where S%d's snapshot ends, and S%d has acknowledged a"
                 " snapshot up to %" PRIu64,
                 leader + 1, i + 1, peer->installed);
    else if (server->disk.snapshot_index >= peer->refused_index)
        snprintf(text, 160,
                 ", where S%d's snapshot ends, which S%d has not acknowledged",
                 leader + 1, i + 1);
    return text;
}

// [L.3] A peer that is there refuses, or does not get what it lacks.
static bool is_left_behind(struct check *check, int leader, int i, uint64_t us)
{
    const struct silent_server *server = &check->silent->server[leader];
    const struct silent_peer *peer = &server->peer[i];
    char text[160];
    if (peer->n_refused >= FEW_REFUSALS && us < peer->refused_us + LATER_US)
        return check_lies(check, covers(check, i, peer) ? "AE.2" : "L.3",
                          leader, server->led_n,
                          "S%d refuses S%d's AppendEntries, %" PRIu64
                          " times in a row, the last with prev_log_index"
                          " %" PRIu64 "%s: next_index %s.",
                          i + 1, leader + 1, peer->n_refused,
                          peer->refused_index,
                          of_snapshot(check, leader, i, text),
                          peer->n_same >= FEW_REFUSALS
                              ? "does not go back to where the logs agree"
                              : "goes back too slowly");
    if (server->sure <= peer->acked || us >= peer->heard_us + LATER_US ||
        us < peer->entries_us + LATER_US)
        return false;
    return check_lies(check, "L.3", leader, server->led_n,
                      "S%d has acknowledged to S%d entries up to %" PRIu64
                      " only; S%d's log has entry %" PRIu64
                      ", but S%d has sent it no entries since %.3f s.",
                      i + 1, leader + 1, peer->acked, leader + 1, server->sure,
                      leader + 1, check_seconds(peer->entries_us));
}

bool silent_lacks_snapshot(struct check *check, uint64_t us)
{
    for (int i = 0; i < check->model.n_servers; i++)
        if (!check->silent->speaks && takes_part(check, i) &&
            is_unloaded(check, i, us))
            return true;
    return false;
}

bool silent_diagnose(struct check *check, uint64_t us)
{
    int leader = check->spoken.leader;
    if (check->silent->speaks)
        return false;
    if (silent_lacks_snapshot(check, us))
        return true;
    for (int i = 0; i < check->model.n_servers; i++)
        if (takes_part(check, i) && is_unapplied(check, i, us))
            return true;
    for (int i = 0; i < check->model.n_servers; i++)
        if (i != leader && takes_part(check, leader) && takes_part(check, i) &&
            is_left_behind(check, leader, i, us))
            return true;
    return false;
}
