// silent_commit.c -- how far a server may commit, and how far it did.
//
// A follower may commit what its leader has told it, up to the last entry that
// the leader's messages of this term vouch for [AE.5]; a leader, what a
// majority has acknowledged, if the last of it is of its own term [L.4].
// leader_commit in its messages, and what services are given, tell how far a
// server went.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "silent.h"

// A request that shows less than an earlier one was made before, until then.
enum { SHOWS_US = 1000000 };

// The highest index that n of the peers have acknowledged.
static uint64_t acked_by(const struct silent_case *c, int n)
{
    uint64_t best = 0;
    int n_servers = c->check->model.n_servers;
    for (int i = 0; i < n_servers; i++) {
        uint64_t index = c->me->peer[i].view.acked;
        int n_peers = 0;
        for (int k = 0; k < n_servers; k++)
            n_peers +=
                k != c->event->node && c->me->peer[k].view.acked >= index;
        if (i != c->event->node && n_peers >= n && index > best)
            best = index;
    }
    return best;
}

// What a majority holds, the leader counted where its own copy is saved.
static uint64_t held(const struct silent_case *c)
{
    int majority = check_majority(c->check);
    uint64_t without = acked_by(c, majority);
    uint64_t with = acked_by(c, majority - 1);
    if (with > without && !silent_has_saved(c, with)) {
        uint64_t saved = c->me->disk.last_index;
        with = saved < with ? saved : with;
    }
    return with > without ? with : without;
}

static void learn(const struct silent_case *c, uint64_t index)
{
    struct silent_server *me = c->me;
    if (index > me->may_commit)
        me->may_commit = index;
    if (index <= me->may_now)
        return;
    if (me->may_now <= me->last_given)
        me->may_us = c->event->us;
    me->may_now = index;
}

void silent_learn_held(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    uint64_t term, best = me->led_term > 0 ? held(c) : 0;
    if (!silent_term_at(me, best, &term) || term == me->led_term)
        learn(c, best);
}

void silent_hear_ack(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    const struct facts *args = c->args;
    struct silent_peer *peer = &me->peer[c->flight->to];
    bool append = args->rpc == FACTS_APPEND && c->reply->yes;
    bool install = args->rpc == FACTS_INSTALL && args->done &&
                   (!c->reply->tells_stored || c->reply->stored >= args->end);
    if (args->term != me->led_term) {
        if (append && args->index + args->n_entries > peer->late)
            peer->late = args->index + args->n_entries;
        return;
    }
    peer->view.heard_us = c->event->us;
    if (args->rpc == FACTS_APPEND && !append)
        check_refused(&peer->view, c->flight, c->reply, c->event);
    if (!append && !install)
        return;
    peer->view.n_refused = 0;
    uint64_t index = args->index + args->n_entries;
    if (install)
        peer->installed = index;
    if (index > peer->view.acked) {
        peer->view.acked = index;
        peer->us = c->event->us;
    }
    silent_learn_held(c);
}

// By a request of its leader that it has, or may have accepted.
static uint64_t vouched(const struct silent_server *me,
                        const struct facts *args)
{
    uint64_t end = args->index + args->n_entries;
    if (args->rpc == FACTS_INSTALL)
        return args->index;
    if (me->match_term == args->term && me->match > end)
        end = me->match;
    return args->leader_commit < end ? args->leader_commit : end;
}

void silent_learn_commit(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    const struct facts *args = c->args;
    for (int i = 0; i < me->n_pending; i++)
        if (me->pending[i] == c->event->msg) {
            me->pending[i] = me->pending[--me->n_pending];
            break;
        }
    bool yes = args->rpc == FACTS_INSTALL
                   ? args->done && args->term == c->reply->term
                   : c->reply->yes;
    if (!yes || args->term < c->receipt->term)
        return;
    uint64_t end = args->index + args->n_entries;
    if (args->rpc == FACTS_APPEND && args->term >= me->match_term) {
        if (args->term > me->match_term)
            me->match = 0;
        me->match_term = args->term;
        if (end > me->match)
            me->match = end;
    }
    learn(c, vouched(me, args));
}

// Also what is being handled may have moved it.
static uint64_t may_commit(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    uint64_t best = me->may_commit;
    for (int i = 0; i < me->n_pending; i++) {
        const struct flight *flight = check_flight(c->check, me->pending[i]);
        if (flight == NULL)
            return UINT64_MAX; // forgotten
        uint64_t index = vouched(me, &flight->args);
        best = index > best ? index : best;
    }
    return me->n_pending == SILENT_PENDING ? UINT64_MAX : best;
}

// What was being handled may have moved a commit_index that is on the disk.
void silent_learn_pending(const struct silent_case *c)
{
    for (int i = 0; i < c->me->n_pending; i++) {
        const struct flight *flight = check_flight(c->check, c->me->pending[i]);
        if (flight != NULL)
            learn(c, vouched(c->me, &flight->args));
    }
}

static bool is_leader(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    return me->led_term > 0 && me->term <= me->led_term &&
           me->leader_term <= me->led_term;
}

// [L.4] It went further than it may.
static bool leader_commits(const struct silent_case *c, uint64_t index,
                           const char *how)
{
    const struct silent_server *me = c->me;
    int n = check_majority(c->check), who = c->event->node + 1, n_acked = 0;
    int n_servers = c->check->model.n_servers, old = TRACE_NONE;
    uint64_t with = acked_by(c, n - 1), term = 0, acked_n = me->led_n;
    bool known = silent_term_at(me, with, &term);
    if (index <= with && silent_has_saved(c, index) && known)
        return silent_broken(
            c, FINDING_COMMIT_OF_OLDER_TERM, "L.4", TRACE_NONE, acked_n,
            "S%d, leader of term %" PRIu64 ", %s index %" PRIu64
            ", but what a majority has acknowledged ends with entry %" PRIu64
            " of term %" PRIu64 ": it may still be overwritten (Figure 8).",
            who, me->led_term, how, index, with, term);
    for (int i = 0; i < n_servers; i++) {
        if (i == c->event->node)
            continue;
        n_acked += me->peer[i].view.acked >= index;
        if (me->peer[i].view.acked < index &&
            me->peer[i].view.acked_before >= index)
            old = i;
    }
    char why[200] = "";
    if (old != TRACE_NONE)
        snprintf(why, sizeof why,
                 " S%d acknowledged that much only in an earlier term that"
                 " S%d led%s: a new leader's match_index starts at 0.",
                 old + 1, who,
                 me->peer[old].late >= index ? ", in a reply that came late"
                                             : "");
    else if (2 * (n_acked + 1) == n_servers)
        snprintf(why, sizeof why, " Half of the servers is not a majority.");
    return silent_broken(
        c, FINDING_COMMIT_WITHOUT_MAJORITY, "L.4", TRACE_NONE, acked_n,
        "S%d, leader of term %" PRIu64 ", %s index %" PRIu64
        " when only %d peer%s had acknowledged it%s; a majority is %d.%s",
        who, me->led_term, how, index, n_acked, n_acked == 1 ? "" : "s",
        silent_has_saved(c, index) ? "" : " and its own copy was not yet saved",
        n, why);
}

// commit_index, as messages to a peer show it, only grows. To each a leader may
// say less than it knows: no more than the peer is known to hold.
static bool falls(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct silent_peer *peer = &me->peer[c->flight->to];
    uint64_t us = peer->told_us > me->disk.us ? peer->told_us : me->disk.us;
    if (us < me->still_us)
        us = me->still_us;
    if (c->args->leader_commit >= peer->told_commit || c->check->untimed ||
        me->own_clock || c->event->us < us + SHOWS_US)
        return true;
    return silent_broken(
        c, FINDING_COMMIT_INDEX_WRONG, "L.4", c->flight->to, peer->told_n,
        "S%d, leader of term %" PRIu64 ", sent S%d leader_commit %" PRIu64
        " at %.3f s, but it had sent it %" PRIu64 " at %.3f s.",
        c->event->node + 1, me->led_term, c->flight->to + 1,
        c->args->leader_commit, check_seconds(c->event->us), peer->told_commit,
        check_seconds(peer->told_us));
}

bool silent_judge_commit(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    uint64_t index = c->args->leader_commit;
    if (check_majority(c->check) == 1 || !silent_tells(c, TRACE_REPLY_RECV) ||
        !silent_tells(c, TRACE_REPLY) || !silent_tells(c, TRACE_RECV))
        return true;
    if (is_leader(c) && index > may_commit(c) && me->deaf_n < me->led_n)
        return leader_commits(c, index, "sent leader_commit");
    if (!falls(c))
        return false;
    struct silent_peer *peer = &c->me->peer[c->flight->to];
    if (index > peer->told_commit) {
        peer->told_commit = index;
        peer->told_n = c->event->n;
        peer->told_us = c->event->us;
    }
    return true;
}

// The votes that it has heard of in the term that it is in, as a candidate.
static int votes_of_now(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct silent_run *run = &me->run[me->ran_term % SILENT_RUNS];
    if (me->ran_term == 0 || run->term != me->ran_term ||
        me->term > me->ran_term || me->heard_term > me->ran_term ||
        me->leader_term >= me->ran_term)
        return 0;
    return __builtin_popcountll(run->voters | 1ull << c->event->node);
}

// [AE.5] A follower went further than its leader's messages let it.
static bool follower_commits(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    int n_votes = votes_of_now(c);
    if (n_votes >= check_majority(c->check))
        return silent_broken(
            c, FINDING_COMMIT_WITHOUT_MAJORITY, "L.4", TRACE_NONE, me->ran_n,
            "S%d gave its service index %" PRIu64
            " when it had %d votes for term %" PRIu64
            ", in which it has sent no AppendEntries yet: an election commits"
            " nothing, and before that it might commit up to %" PRIu64 ".",
            c->event->node + 1, c->event->index, n_votes, me->ran_term,
            may_commit(c));
    return silent_broken(
        c, FINDING_COMMIT_BEYOND_MESSAGE, "AE.5", TRACE_NONE, me->led_n,
        "S%d gave its service index %" PRIu64
        ", but by the AppendEntries that it has accepted it may commit up to"
        " %" PRIu64 ": the lesser of leader_commit and of their last new"
        " entry.%s",
        c->event->node + 1, c->event->index, may_commit(c),
        me->life > 0 && me->may_now == 0
            ? " Since it was restarted it has accepted none that commits"
              " anything."
            : "");
}

bool silent_judge_given(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    uint64_t index = c->event->index;
    bool entry = !c->event->ok;
    bool told = silent_tells(c, TRACE_REPLY_RECV) &&
                silent_tells(c, TRACE_REPLY) && silent_tells(c, TRACE_RECV);
    // Where a disk hangs, answers are made long before they leave.
    bool judged = is_leader(c) || !c->check->untimed;
    bool deaf = is_leader(c) && me->deaf_n > me->led_n;
    if (entry && told && judged && !deaf && check_majority(c->check) > 1 &&
        index > may_commit(c) && index > me->given)
        return is_leader(c) ? leader_commits(c, index, "gave its service")
                            : follower_commits(c);
    me->last_given = index;
    me->given_us = c->event->us;
    if (index > me->given)
        me->given = index;
    if (entry && index > c->silent->committed) {
        c->silent->committed = index;
        c->silent->committed_term = c->event->term;
        c->silent->committed_n = c->event->n;
        c->silent->committed_by = c->event->node;
    }
    return true;
}
