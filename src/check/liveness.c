// liveness.c -- why a cluster does not go on.
//
// A scenario sets a bound in virtual time: a leader, a command applied. When
// it has passed, the server and the rule that block the way are looked for, in
// the order in which one hides the next. Nothing here makes a run fail.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

enum {
    ASKS_US = 50000,   // from standing for election to asking for votes
    SHORT_US = 110000, // an election timeout within a heartbeat interval
};

// [C.2] Gives a candidate up an election that it had won long ago?
static void leave_election(struct judged *judged,
                           const struct trace_event *event)
{
    if (event->to_role == TRACE_LEADER)
        judged->missed_votes = 0;
    if (event->to_role == TRACE_LEADER || event->from_role != TRACE_CANDIDATE ||
        judged->enough_us == 0)
        return;
    if (event->us - judged->enough_us > ASKS_US) {
        uint64_t votes = judged->heard | 1ull << (event->node % 64);
        judged->missed_votes = __builtin_popcountll(votes);
        judged->missed_us = event->us;
        judged->missed_event = judged->enough_event;
        judged->missed_term = judged->heard_term;
    }
    judged->enough_us = 0;
}

void check_watch(struct check *check, const struct trace_event *event)
{
    bool of_server = event->node >= 0 && event->node < check->model.n_servers;
    struct judged *judged = of_server ? &check->server[event->node] : NULL;
    if (of_server && event->kind <= TRACE_REPLY_RECV)
        judged->spoke_us = event->us;
    if (of_server) {
        check_polled(check, event);
        check_listen(check, event);
    }
    switch (judged != NULL ? event->kind : TRACE_UNKNOWN) {
    case TRACE_BOOT:
        judged->commit_us = 0;
        judged->apply_us = event->us;
        judged->install_us = 0;
        judged->enough_us = 0;
        judged->missed_votes = 0;
        judged->boot_event = event->n;
        judged->boot_index = event->index;
        break;
    case TRACE_COMMIT:
        judged->commit_us = event->us;
        break;
    case TRACE_CLOCK:
        judged->odd_clock = event->to != 1000;
        judged->odd_us = event->us;
        break;
    case TRACE_APPLY:
        judged->apply_us = event->us;
        if (event->index >= judged->install_index)
            judged->install_us = 0;
        break;
    case TRACE_INSTALL:
        judged->install_us = event->us;
        judged->install_index = event->index;
        break;
    case TRACE_ROLE:
        leave_election(judged, event);
        if (event->to_role == TRACE_LEADER)
            check->n_leaderless = check->ran = 0;
        if (event->to_role != TRACE_CANDIDATE)
            break;
        if (check->n_leaderless == 0)
            check->leaderless_us = event->us;
        check->n_leaderless += event->term > check->leaderless_term;
        if (event->term > check->leaderless_term)
            check->leaderless_term = event->term;
        check->ran |= 1ull << (event->node % 64);
        break;
    default:
        break;
    }
}

void check_leave_out(struct check *check, uint64_t servers)
{
    check->left_out = servers;
}

// [L.4] A majority holds it, the leader does not see that.
static bool is_uncommitted(struct check *check, int leader, uint64_t us)
{
    const struct judged *judged = &check->server[leader];
    char text[200];
    if (check_held(check, leader) == 0 || us - judged->held_us < SOON_US ||
        judged->held <= check->model.server[leader].commit_index)
        return false;
    return check_lies(check, "L.4", leader, judged->role_event, "%s",
                      check_say_held(check, leader, text));
}

// [C.4] [F.2] Nobody leads, and this server does nothing about it.
static bool does_not_run(struct check *check, int i, uint64_t us)
{
    const struct judged *judged = &check->server[i];
    const struct model_server *server = &check->model.server[i];
    if (server->role == TRACE_LEADER || !judged->timed ||
        us - judged->reset_by_us < ELECTION_US)
        return false;
    if (server->role == TRACE_CANDIDATE)
        return check_lies(check, "C.4", i, judged->role_event,
                          "S%d has been a candidate in term %" PRIu64
                          " since %.3f s and has not started another election.",
                          i + 1, server->term, check_seconds(judged->role_us));
    return check_lies(check, "F.2", i, judged->reset_n,
                      "S%d, a follower in term %" PRIu64
                      ", has not timed out; its election timer was last due"
                      " to be reset at %.3f s, when it %s.",
                      i + 1, server->term, check_seconds(judged->reset_by_us),
                      judged->reset_why);
}

static bool had_votes(struct check *check, int i, uint64_t event, uint64_t term,
                      int n)
{
    return check_lies(check, "C.2", i, event,
                      "S%d knows of %d vote%s for it in term %" PRIu64
                      " (a majority is %d) but did not become leader.",
                      i + 1, n, n == 1 ? "" : "s", term, check_majority(check));
}

// [C.1] [C.2] By what a candidate's election came to nothing: it asked nobody,
// or it heard of enough votes and does not lead.
static bool is_half_done(struct check *check, int i, uint64_t us)
{
    const struct judged *judged = &check->server[i];
    uint64_t term = judged->ran_term;
    if (!check_takes_part(check, i))
        return false;
    if (judged->missed_votes > 0 && us - judged->missed_us < ELECTION_US)
        return had_votes(check, i, judged->missed_event, judged->missed_term,
                         judged->missed_votes);
    if (check->model.server[i].role != TRACE_CANDIDATE ||
        check->model.server[i].term != term || us - judged->role_us < ASKS_US)
        return false;
    if (check->model.n_servers > 1 && judged->asked_term < term)
        return check_lies(check, "C.1", i, judged->role_event,
                          "S%d started an election in term %" PRIu64
                          " but sent no RequestVote.",
                          i + 1, term);
    uint64_t heard = judged->heard_term == term ? judged->heard : 0;
    int n = __builtin_popcountll(heard | 1ull << (i % 64));
    if (n < check_majority(check))
        return false;
    return had_votes(check, i, judged->role_event, term, n);
}

// Of many elections, who ran in them.
static bool elections_fail(struct check *check, uint64_t us)
{
    int n_servers = check->model.n_servers;
    for (int i = 0; i < n_servers; i++) {
        const struct judged *judged = &check->server[i];
        if (judged->waited_us > 0 && judged->waited_us < SHORT_US &&
            us - judged->timeout_us < ELECTION_US)
            return check_lies(check, "F.2", i, 0,
                              "S%d started an election at %.3f s after only"
                              " %.1f ms: an election timeout must outlast"
                              " several heartbeats.",
                              i + 1, check_seconds(judged->timeout_us),
                              (double)judged->waited_us / 1e3);
    }
    if (check->n_leaderless < FEW_ELECTIONS)
        return false;
    char who[100] = "";
    size_t n = 0;
    for (int i = 0; i < n_servers && n + 6 < sizeof who; i++) {
        if (is_half_done(check, i, us))
            return true;
        if (check->ran >> (i % 64) & 1)
            n += (size_t)snprintf(who + n, sizeof who - n, " S%d", i + 1);
    }
    return check_lies(check, "F.2", TRACE_NONE, 0,
                      "%" PRIu64 " elections in a row since %.3f s, up to term"
                      " %" PRIu64
                      ", had no winner; the candidates were%s. Choose a new"
                      " random timeout, from a wide range, for every election.",
                      check->n_leaderless, check_seconds(check->leaderless_us),
                      check->leaderless_term, who);
}

static bool find(struct check *check, uint64_t us, bool commands)
{
    bool tells_roles = check->n_of_kind[TRACE_ROLE] > 0;
    int n = check->model.n_servers;
    int leader = model_leader(&check->model);
    bool leads = leader >= 0 && check_takes_part(check, leader);
    if (leads && is_uncommitted(check, leader, us))
        return true;
    for (int i = 0; i < n; i++)
        if (check_takes_part(check, i) &&
            (check_unapplied(check, i, us) || check_unloaded(check, i, us)))
            return true;
    for (int peer = 0; leads && peer < n; peer++)
        if (peer != leader && check_takes_part(check, peer) &&
            check_left_behind(check, leader, peer, us))
            return true;
    if (!leads && check_nobody_asks(check, us))
        return true;
    for (int i = 0; tells_roles && !leads && i < n; i++)
        if (check_takes_part(check, i) && does_not_run(check, i, us))
            return true;
    return elections_fail(check, us) || check_by_messages(check, us, commands);
}

const struct check_finding *check_diagnose(struct check *check, uint64_t us,
                                           bool commands)
{
    return find(check, us, commands) ? &check->diagnosis : NULL;
}
