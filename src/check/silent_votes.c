// silent_votes.c -- terms, votes and elections, as messages show them.
#include <inttypes.h>

#include "silent.h"

enum {
    // A leader that has learned of a newer term, and saves nothing meanwhile,
    // has noticed by then.
    NOTICES_US = 1000000,
    MIN_TIMEOUT_US = 700000
};

// ------------------------------------------------------------ votes

static bool again(const struct silent_case *c, const struct silent_vote *vote,
                  int to)
{
    const char *lost = vote->n < c->me->life_n && c->me->life > 0
                           ? ", before it was restarted"
                           : "";
    int me = c->event->node;
    if (to == me)
        return silent_broken(c, FINDING_VOTED_TWICE, "RV.2", vote->to, vote->n,
                             "S%d requested votes in term %" PRIu64
                             ", but it had already granted its own to S%d%s.",
                             me + 1, vote->term, vote->to + 1, lost);
    if (vote->to == me)
        return silent_broken(c, FINDING_VOTED_TWICE, "RV.2", to, vote->n,
                             "S%d granted S%d its vote in term %" PRIu64
                             ", but it had started an election of its own in"
                             " that term%s.",
                             me + 1, to + 1, vote->term, lost);
    return silent_broken(c, FINDING_VOTED_TWICE, "RV.2", vote->to, vote->n,
                         "S%d granted S%d its vote in term %" PRIu64
                         ", but it had already granted that vote to S%d%s.",
                         me + 1, to + 1, vote->term, vote->to + 1, lost);
}

// [RV.2] One vote a term, whatever comes between.
static bool give_vote(const struct silent_case *c, uint64_t term, int to)
{
    struct silent_vote *vote = &c->me->vote[term % SILENT_VOTES];
    if (vote->term == term && vote->n > 0 && vote->to != to)
        return again(c, vote, to);
    if (vote->term <= term && !(vote->term == term && vote->n > 0))
        *vote = (struct silent_vote){term, c->event->n, to};
    return true;
}

static bool is_behind(uint64_t index, uint64_t term, uint64_t other_index,
                      uint64_t other_term)
{
    return term != other_term ? term < other_term : index < other_index;
}

// Does the entry that the receiver had at the receipt stand there still?
static bool still_has(const struct silent_case *c)
{
    uint64_t term;
    const struct silent_receipt *r = c->receipt;
    return r->sure > 0 && silent_term_at(c->me, r->sure, &term) &&
           term == r->last;
}

// [RV.1] [RV.2]
static bool granted(const struct silent_case *c)
{
    const struct silent_receipt *r = c->receipt;
    const struct facts *args = c->args;
    int me = c->event->node + 1, from = c->flight->from + 1;
    if (args->term < r->term)
        return silent_broken(
            c, FINDING_VOTED_IN_OLD_TERM, "RV.1", from - 1, r->n,
            "S%d, in term %" PRIu64 ", granted S%d a vote in term %" PRIu64 ".",
            me, r->term, from, args->term);
    if (still_has(c) &&
        is_behind(args->index, args->index_term, r->sure, r->last))
        return silent_broken(
            c, FINDING_VOTED_FOR_OLD_LOG, "RV.2", from - 1, r->n,
            "S%d, whose log has entry %" PRIu64 " of term %" PRIu64
            ", granted its vote in term %" PRIu64
            " to S%d, whose log ends at index %" PRIu64 " (term %" PRIu64 ").",
            me, r->sure, r->last, args->term, from, args->index,
            args->index_term);
    return give_vote(c, args->term, c->flight->from);
}

void silent_be_asked(const struct silent_case *c)
{
    struct silent_asked *asked = &c->me->asked[c->args->term % SILENT_VOTES];
    if (asked->term != c->args->term)
        *asked = (struct silent_asked){.term = c->args->term};
    asked->by |= 1ull << c->flight->from;
    asked->ever |= 1ull << c->flight->from;
}

// [RV.2] A voter that has saved this term without a vote has not stood for
// election in it; and nobody else has asked it for one. So it owes its vote,
// if its log is the one on its disk: nothing has come since that changes it.
// It may have saved while it was asked, for a vote stays in its term.
static bool refused(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct facts *args = c->args;
    const struct silent_image *disk = &me->disk;
    struct silent_asked *asked = &c->me->asked[args->term % SILENT_VOTES];
    uint64_t since_n = disk->n < c->receipt->n ? disk->n : c->receipt->n;
    bool changed = me->n_pending > 0 || me->changed_n > since_n;
    bool leader =
        me->leader_us > 0 && c->event->us < me->leader_us + MIN_TIMEOUT_US;
    if (asked->term != args->term)
        return true;
    asked->by &= ~(1ull << c->flight->from); // this one has it not
    if (c->reply->term != args->term || disk->n == 0 || changed || leader ||
        disk->term != args->term || disk->voted_for >= 0 || asked->by != 0 ||
        is_behind(args->index, args->index_term, disk->last_index,
                  disk->last_term))
        return true;
    int from = c->flight->from + 1;
    return silent_broken(
        c, FINDING_VOTE_REFUSED, "RV.2", from - 1, c->receipt->n,
        "S%d refused S%d a vote in term %" PRIu64
        " although it had saved that term without a vote and refused all other"
        " candidates, and S%d's log (up to index %" PRIu64 ", term %" PRIu64
        ") was at least as up to date as its own (up to index %" PRIu64
        ", term %" PRIu64 ").",
        c->event->node + 1, from, args->term, from, args->index,
        args->index_term, disk->last_index, disk->last_term);
}

// ------------------------------------------------------------ terms

// [ALL.2] The answer's term is the server's: no less than it has shown, and
// no less than the request's.
static bool term_of_answer(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    int who = c->event->node + 1, from = c->flight->from + 1;
    uint64_t term = c->reply->term;
    if (term < c->receipt->term && me->life > 0 && me->term_n < me->life_n)
        return check_keeps_term(c->check, c->event, term);
    if (term < c->receipt->term)
        return silent_broken(c, FINDING_CURRENT_TERM_WRONG, "ALL.2", TRACE_NONE,
                             me->term_n,
                             "S%d replied to S%d's %s with term %" PRIu64
                             " after it had been in term %" PRIu64 ".",
                             who, from, c->event->rpc, term, c->receipt->term);
    const struct judged *judged = &c->check->server[c->event->node];
    uint64_t heard_us = me->leader_us > judged->followed_us
                            ? me->leader_us
                            : judged->followed_us;
    bool passes = c->args->rpc == FACTS_VOTE && !c->reply->yes &&
                  check_within_timeout(c->check, c->event->node, heard_us,
                                       c->flight->recv_us);
    if (term >= c->args->term || passes)
        return true;
    return silent_broken(
        c, FINDING_NEWER_TERM_IGNORED, "ALL.2", from - 1, c->receipt->n,
        "S%d replied to S%d's %s of term %" PRIu64 " with term %" PRIu64
        ": it did not adopt that term, or replied with the previous one.",
        who, from, c->event->rpc, c->args->term, term);
}

bool silent_judge_answer(const struct silent_case *c)
{
    if (!term_of_answer(c))
        return false;
    if (c->args->rpc == FACTS_VOTE)
        return c->reply->yes ? granted(c) : refused(c);
    if (c->args->rpc != FACTS_APPEND || !c->reply->yes ||
        c->args->term >= c->receipt->term)
        return true;
    return silent_broken(c, FINDING_OLD_TERM_ACCEPTED, "AE.1", c->flight->from,
                         c->receipt->n,
                         "S%d, in term %" PRIu64
                         ", accepted S%d's AppendEntries of term %" PRIu64 ".",
                         c->event->node + 1, c->receipt->term,
                         c->flight->from + 1, c->args->term);
}

// ------------------------------------------------------------ elections

// The last save, after the last request of a leader, has the entry: it is
// still there.
static bool still_saved(const struct silent_server *me, uint64_t index,
                        uint64_t term)
{
    const struct silent_image *disk = &me->disk;
    return disk->n > 0 && disk->quiet && disk->n_requests == me->n_requests &&
           disk->last_index >= index && disk->last_term == term;
}

// [C.1] What a log has is not behind what the candidate says of it. Entries
// of this term's leader may have come since the request was made.
static bool shows_its_log(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct facts *args = c->args;
    uint64_t index = me->sure, term;
    if (index == 0 || me->leader_term >= args->term ||
        !silent_term_at(me, index, &term) ||
        !is_behind(args->index, args->index_term, index, term))
        return true;
    int who = c->event->node + 1;
    bool lost = me->life > 0 && me->sure_n < me->life_n;
    if (args->index < index && !still_saved(me, index, term))
        return silent_broken(
            c,
            lost ? FINDING_RESTARTED_WITH_WRONG_STATE
                 : FINDING_TRUNCATED_WITHOUT_CONFLICT,
            lost ? "AE.4" : "AE.3", TRACE_NONE, me->sure_n,
            "S%d requested votes in term %" PRIu64
            " with a log that ends at index %" PRIu64 " (term %" PRIu64
            "), but it %s entry %" PRIu64 " of term %" PRIu64
            ", and no leader has overwritten that.",
            who, args->term, args->index, args->index_term,
            lost ? "had, before it was restarted," : "had", index, term);
    return silent_broken(
        c, FINDING_WRONG_LOG_IN_REQUEST, "C.1", TRACE_NONE, me->sure_n,
        "S%d requested votes in term %" PRIu64 " with last_log_index %" PRIu64
        " and last_log_term %" PRIu64 ", but its log has entry %" PRIu64
        " of term %" PRIu64 ".",
        who, args->term, args->index, args->index_term, index, term);
}

bool silent_judge_asking(const struct silent_case *c)
{
    struct silent_run *run = &c->me->run[c->args->term % SILENT_RUNS];
    if (c->args->term == 0)
        return silent_broken(
            c, FINDING_CURRENT_TERM_WRONG, "ALL.2", TRACE_NONE,
            c->check->server[c->event->node].spoken_n,
            "S%d asked for votes in term 0: a candidate begins a new term, and"
            " the last that it spoke of was %" PRIu64 ".",
            c->event->node + 1, c->check->server[c->event->node].spoken_term);
    if (run->term >= c->args->term)
        return true; // to another peer, or an old one
    if (c->args->index == 0 && c->args->index_term > 0)
        return silent_broken(
            c, FINDING_WRONG_LOG_IN_REQUEST, "C.1", TRACE_NONE, 0,
            "S%d requested votes in term %" PRIu64
            " with last_log_index 0 and last_log_term %" PRIu64
            ": index 0 has no term.",
            c->event->node + 1, c->args->term, c->args->index_term);
    bool follows = c->args->index_term == c->args->term &&
                   c->me->leader_term == c->args->term &&
                   c->me->life_n < c->me->sure_n;
    if (follows)
        return silent_broken(
            c, FINDING_CANDIDATE_STAYED, "C.3", TRACE_NONE, c->me->sure_n,
            "S%d requested votes in term %" PRIu64
            ", of which it has an entry: it had heard from the leader of that"
            " term and remained a candidate.",
            c->event->node + 1, c->args->term);
    if (c->args->index_term >= c->args->term)
        return silent_broken(
            c, FINDING_CURRENT_TERM_WRONG, "ALL.2", TRACE_NONE, 0,
            "S%d requested votes in term %" PRIu64
            " with last_log_term %" PRIu64
            ": a candidate begins a term that is newer than all in its log.",
            c->event->node + 1, c->args->term, c->args->index_term);
    c->silent->n_runs++;
    *run = (struct silent_run){.term = c->args->term,
                               .n = c->event->n,
                               .us = c->event->us,
                               .index = c->args->index,
                               .last_term = c->args->index_term};
    c->me->ran_us = c->event->us;
    c->me->ran_n = c->event->n;
    c->me->ran_term = c->args->term;
    return give_vote(c, c->args->term, c->event->node) && shows_its_log(c);
}

void silent_hear_vote(const struct silent_case *c)
{
    struct silent_run *run = &c->me->run[c->args->term % SILENT_RUNS];
    if (c->reply->yes && run->term == c->args->term)
        run->voters |= 1ull << c->flight->to;
}

// ------------------------------------------------------------ leaders

static void keep_acked(struct silent_peer *peer)
{
    uint64_t before = peer->view.acked > peer->view.acked_before
                          ? peer->view.acked
                          : peer->view.acked_before;
    *peer = (struct silent_peer){.view.acked_before = before};
}

// Where a server that led an older term has learned of this one, a good while
// ago; 0 = it has not.
static uint64_t learned(const struct silent_case *c)
{
    enum { UNDER_WAY_US = 20000 }; // a message that was made before
    const struct silent_server *me = c->me;
    uint64_t term = c->args->term, us = c->event->us;
    if (me->led_term == 0 || me->led_term >= term)
        return 0;
    if (me->heard_term >= term && us > me->heard_us + UNDER_WAY_US)
        return me->heard_n;
    return me->term >= term && us > me->term_us + UNDER_WAY_US ? me->term_n : 0;
}

// Whether every RequestVote is in the trace: the harness recorded it from its
// first event on, and no message has a name or an encoding of its own.
static bool from_the_start(const struct silent_case *c)
{
    const struct told *told = &c->check->told;
    return c->check->first_n == 1 && !told->holes && !told->asks_votes &&
           !c->silent->others &&
           (silent_tells(c, TRACE_SAVED) || silent_tells(c, TRACE_NETWORK));
}

// [C.2] Whoever begins to lead has heard of a majority's votes.
static bool is_elected(const struct silent_case *c,
                       const struct silent_run *run)
{
    int me = c->event->node, n = 0;
    const struct silent_image *disk = &c->me->disk;
    if ((c->silent->n_runs == 0 && !from_the_start(c)) ||
        run->term > c->args->term || c->me->deaf_n > run->n)
        return true; // too old to know, or not to be read
    if (run->term < c->args->term && disk->n > 0 &&
        disk->term == c->args->term && disk->voted_for == me &&
        check_majority(c->check) > 1)
        return silent_broken(
            c, FINDING_LEADER_WITHOUT_MAJORITY, "C.2", TRACE_NONE, disk->n,
            "S%d sent %s as leader of term %" PRIu64
            " with no vote but its own: it had asked nobody"
            " for one in that term, and a majority is %d.",
            me + 1, c->event->rpc, c->args->term, check_majority(c->check));
    uint64_t n_learned = learned(c);
    if (run->term < c->args->term && n_learned > 0)
        return silent_broken(
            c, FINDING_LED_UNWON_TERM, "ALL.2", TRACE_NONE, n_learned,
            "S%d sent %s as leader of term %" PRIu64
            ", in which it had not requested votes; it had led term %" PRIu64
            " and adopted the newer term without becoming a follower.",
            me + 1, c->event->rpc, c->args->term, c->me->led_term);
    if (run->term < c->args->term)
        return silent_broken(c, FINDING_SENT_BY_NON_LEADER, "L.1", TRACE_NONE,
                             0,
                             "S%d sent %s as leader of term %" PRIu64
                             ", but it had not requested votes in that term.",
                             me + 1, c->event->rpc, c->args->term);
    n = __builtin_popcountll(run->voters | 1ull << me);
    if (n >= check_majority(c->check) || !silent_tells(c, TRACE_REPLY_RECV) ||
        !silent_tells(c, TRACE_REPLY))
        return true;
    return silent_broken(c, FINDING_LEADER_WITHOUT_MAJORITY, "C.2", TRACE_NONE,
                         run->n,
                         "S%d sent %s as leader of term %" PRIu64
                         " after learning of only %d vote%s for it in that"
                         " term; a majority is %d.",
                         me + 1, c->event->rpc, c->args->term, n,
                         n == 1 ? "" : "s", check_majority(c->check));
}

// [P.4] What was committed before a leader asked for votes is in its log.
static bool is_complete(const struct silent_case *c,
                        const struct silent_run *run)
{
    const struct silent *silent = c->silent;
    if (silent->committed == 0 || silent->committed_n > run->n ||
        run->term != c->args->term ||
        !is_behind(run->index, run->last_term, silent->committed,
                   silent->committed_term))
        return true;
    return silent_broken(
        c, FINDING_LEADER_COMPLETENESS, "P.4", silent->committed_by,
        silent->committed_n,
        "S%d became leader of term %" PRIu64
        " with a log that ends at index %" PRIu64 " (term %" PRIu64
        "), without entry %" PRIu64 " (term %" PRIu64
        "), which was committed before it requested votes.",
        c->event->node + 1, c->args->term, run->index, run->last_term,
        silent->committed, silent->committed_term);
}

// [P.1] [C.2] [P.4] Its first message as the leader of this term.
static bool begins_to_lead(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    const struct silent_run *run = &me->run[c->args->term % SILENT_RUNS];
    bool fresh;
    struct table_cell *cell =
        table_at(&c->silent->led, c->args->term + 1, 0, &fresh);
    bool others = !fresh && cell->server != c->event->node;
    if (others && run->term < c->args->term && !is_elected(c, run))
        return false;
    if (others)
        return silent_broken(c, FINDING_ELECTION_SAFETY, "P.1", cell->server,
                             cell->event,
                             "S%d sent %s as leader of term %" PRIu64
                             " at %.3f s, but S%d already led that term.",
                             c->event->node + 1, c->event->rpc, c->args->term,
                             check_seconds(c->event->us), cell->server + 1);
    cell->server = c->event->node;
    cell->event = c->event->n;
    if (!is_elected(c, run) || !is_complete(c, run))
        return false;
    me->led_term = c->args->term;
    me->led_n = c->event->n;
    me->won_us = c->event->us;
    bool over = me->term > me->led_term || me->heard_term > me->led_term;
    me->deposed_us = over ? c->event->us : 0;
    me->deposed_n = me->term > me->led_term ? me->term_n : me->heard_n;
    for (int i = 0; i < c->check->model.n_servers; i++)
        keep_acked(&me->peer[i]);
    if (run->term == c->args->term && run->index > 0)
        silent_claim(me, run->index, run->last_term, run->n);
    return true;
}

bool silent_judge_leading(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    if (c->args->term > me->led_term)
        return begins_to_lead(c);
    uint64_t us = me->deposed_us;
    if (us < me->disk.us)
        us = me->disk.us;
    if (us < me->still_us)
        us = me->still_us;
    if (c->args->term < me->led_term || me->deposed_us == 0 ||
        c->check->untimed || me->own_clock || c->event->us < us + NOTICES_US)
        return true; // the latter: made before
    return silent_broken(
        c, FINDING_NEWER_TERM_IGNORED, "ALL.2", TRACE_NONE, me->deposed_n,
        "S%d sent %s as leader of term %" PRIu64
        " at %.3f s, but it had learned of a newer term at"
        " %.3f s.",
        c->event->node + 1, c->event->rpc, c->args->term,
        check_seconds(c->event->us), check_seconds(me->deposed_us));
}
