// stuck.c -- a server whose service does not get what it has: one diagnosis for
// all Rafts, by their own events or, of those that tell nothing of themselves,
// by what messages prove. Nothing here makes a run fail.
#include <inttypes.h>
#include <stdio.h>

#include "silent.h"

// What a server has for its service, what that has got, and since when.
struct standing {
    uint64_t may, may_us, given, given_us;
    uint64_t snapshot, snapshot_us, snapshot_n;
    uint64_t soon_us;
};

static struct standing standing_of(const struct check *check, int i)
{
    const struct silent_server *silent = &check->silent->server[i];
    const struct judged *judged = &check->server[i];
    const struct model_server *model = &check->model.server[i];
    if (check->silent->speaks)
        return (struct standing){.may = model->commit_index,
                                 .may_us = judged->commit_us,
                                 .given = model->last_applied,
                                 .given_us = judged->apply_us,
                                 .snapshot = judged->install_index,
                                 .snapshot_us = judged->install_us,
                                 .soon_us = SOON_US};
    bool fresh =
        silent->snapshot_n > 0 && silent->last_given < silent->snapshot_index;
    // Where a service begins that has a snapshot, only a command tells.
    bool unknown = silent->snapshots && silent->last_given == 0;
    return (struct standing){.may = unknown ? 0 : silent->may_now,
                             .may_us = silent->may_us,
                             .given = silent->last_given,
                             .given_us = silent->given_us,
                             .snapshot = silent->snapshot_index,
                             .snapshot_us = fresh ? silent->snapshot_us : 0,
                             .snapshot_n = silent->snapshot_n,
                             .soon_us = 5 * SOON_US};
}

static bool tells_applies(const struct check *check)
{
    return check->n_of_kind[check->silent->speaks ? TRACE_APPLY : TRACE_GIVEN] >
           0;
}

bool check_takes_part(const struct check *check, int i)
{
    const struct model_server *server = &check->model.server[i];
    bool up = check->silent->speaks || server->up
                  ? server->up
                  : !check->silent->server[i].down;
    return up && server->connected && !server->paused &&
           (check->left_out >> i & 1) == 0;
}

// The leader applies, and nobody else ever has.
static bool only_leader(const struct check *check)
{
    int leader = check->silent->speaks ? model_leader(&check->model)
                                       : check->spoken.leader;
    int n = 0;
    for (int i = 0; leader >= 0 && i < check->model.n_servers; i++)
        n += i != leader && standing_of(check, i).given >
                                check->model.server[i].snapshot_index;
    return leader >= 0 && n == 0 && standing_of(check, leader).given > 0;
}

// A silent leader's messages say that it has not committed what it may.
static bool is_uncommitted(struct check *check, int i, const struct standing *s,
                           const char *when)
{
    const struct spoken *spoken = &check->spoken;
    const struct silent_server *leader = &check->silent->server[i];
    int n = 0;
    for (int k = 0; k < check->model.n_servers; k++)
        n += k != i && leader->peer[k].view.acked >= s->may;
    if (check->silent->speaks || i != spoken->leader ||
        spoken->leader_commit > s->given || spoken->sent_us < s->may_us)
        return false;
    return check_lies(
        check, "L.4", i, spoken->led_n,
        "S%d, leader of term %" PRIu64 ", may commit index %" PRIu64
        " since %s by the replies that it has received,"
        " but its messages still carry leader_commit %" PRIu64 "%s.",
        i + 1, spoken->led_term, s->given + 1, when, spoken->leader_commit,
        n + 1 == check_majority(check)
            ? ": no message shows that it counts its own copy"
            : "");
}

bool check_unapplied(struct check *check, int i, uint64_t us)
{
    const struct standing s = standing_of(check, i);
    uint64_t since_us = s.may_us > s.given_us ? s.may_us : s.given_us;
    bool told = tells_applies(check) ||
                (!check->silent->speaks && check->n_of_kind[TRACE_TAKEN] > 0);
    char when[40] = "its start";
    if (!told || s.may <= s.given || us < since_us + s.soon_us)
        return false;
    // Of a silent one nobody knows what it could do before.
    uint64_t from_us = check->silent->speaks ? s.may_us : since_us;
    if (from_us > 0)
        snprintf(when, sizeof when, "%.3f s", check_seconds(from_us));
    if (is_uncommitted(check, i, &s, when))
        return true;
    return check_lies(
        check, "ALL.1", i, 0,
        "S%d%s %" PRIu64 " since %s, but it has applied only up to %" PRIu64
        ": its applier is asleep or stuck.%s",
        i + 1,
        check->silent->speaks ? "'s commit_index has been"
                              : ", by the messages that it has received, may"
                                " commit index",
        check->silent->speaks ? s.may : s.given + 1, when, s.given,
        only_leader(check) ? " The leader has applied it; no follower has ever"
                             " applied anything."
                           : "");
}

bool check_unloaded(struct check *check, int i, uint64_t us)
{
    const struct standing s = standing_of(check, i);
    uint64_t since_us = s.snapshot_us;
    if (check->silent->speaks && s.given_us > since_us)
        since_us = s.given_us;
    if (!tells_applies(check) || s.snapshot_us == 0 ||
        us < since_us + s.soon_us)
        return false;
    // Of a server that installs one, the model counts it as applied.
    char at[60] = "";
    if (s.given < s.snapshot)
        snprintf(at, sizeof at, ", which is at index %" PRIu64, s.given);
    return check_lies(check, "IS.8", i, s.snapshot_n,
                      "S%d received a snapshot up to index %" PRIu64
                      " at %.3f s but has not given it to its service%s.",
                      i + 1, s.snapshot, check_seconds(s.snapshot_us), at);
}

bool check_silent_unloaded(struct check *check, uint64_t us)
{
    for (int i = 0; i < check->model.n_servers; i++)
        if (!check->silent->speaks && check_takes_part(check, i) &&
            check_unloaded(check, i, us))
            return true;
    return false;
}

bool check_silent_stuck(struct check *check, uint64_t us)
{
    int leader = check->spoken.leader;
    if (check->silent->speaks)
        return false;
    if (check_silent_unloaded(check, us))
        return true;
    for (int i = 0; i < check->model.n_servers; i++)
        if (check_takes_part(check, i) && check_unapplied(check, i, us))
            return true;
    for (int i = 0; i < check->model.n_servers; i++)
        if (i != leader && check_takes_part(check, leader) &&
            check_takes_part(check, i) &&
            check_left_behind(check, leader, i, us))
            return true;
    return false;
}
