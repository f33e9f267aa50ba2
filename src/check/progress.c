// progress.c -- where progress ends, when a scenario has waited in vain.
//
// A run that fails because nothing happens has no event that is wrong. What
// can be told is how far the next step has come: is there a leader, is the
// entry sent, acknowledged, committed, told of, applied? The first that is
// missing names the rule to look at.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "record.h"

enum { OLD_MESSAGES = 10 };

// The text that is being written.
struct telling {
    struct check *check;
    int leader;
    bool reached[TRACE_MAX_SERVERS]; // by the leader, itself too
    uint64_t index;                  // of the entry that is due
    char *text;
    size_t n;
};

static void say(struct telling *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct telling *t, const char *format, ...)
{
    size_t used = strlen(t->text);
    va_list args;
    va_start(args, format);
    vsnprintf(t->text + used, t->n - used, format, args);
    va_end(args);
}

static const struct model_server *server_of(const struct telling *t, int i)
{
    return &t->check->model.server[i];
}

static bool bit(uint64_t set, int server)
{
    return (set >> (server % 64) & 1) != 0;
}

// -------------------------------------------------------------- elections

void check_polled(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_flight(check, event->msg);
    if (event->kind == TRACE_TIMEOUT) {
        check->n_old = 0;
        check->timeout_us = event->us;
        check->timeout_n = event->n;
    }
    if (event->kind < TRACE_SEND || event->kind > TRACE_REPLY ||
        flight == NULL || !flight->args.whole || flight->from < 0)
        return;
    const struct facts *args = &flight->args;
    uint64_t term = check->model.server[event->node].term;
    if (event->kind == TRACE_RECV && args->rpc == FACTS_APPEND &&
        args->term < term) {
        check->n_old++;
        check->old_n = event->n;
        check->old_term = args->term;
        check->old_from = flight->from;
    }
    struct poll *poll = &check->server[flight->from].poll;
    if (args->rpc != FACTS_VOTE || args->term < poll->term)
        return;
    if (args->term > poll->term)
        *poll = (struct poll){args->term, event->n, event->us, 0, 0, 0, 0};
    const struct facts_reply *reply = check_reply(flight, event);
    uint64_t me = 1ull << (event->node % 64);
    if (event->kind == TRACE_SEND && flight->to >= 0)
        poll->asked |= 1ull << (flight->to % 64);
    else if (event->kind == TRACE_RECV)
        poll->received |= me;
    else if (event->kind == TRACE_REPLY && reply != NULL && reply->yes)
        poll->granted |= me;
    else if (event->kind == TRACE_REPLY && reply != NULL)
        poll->refused |= me;
}

static bool up_to_date(const struct model_server *candidate,
                       const struct model_server *voter)
{
    uint64_t last = model_last_index(candidate), ours = model_last_index(voter);
    uint64_t term = model_term_at(candidate, last);
    uint64_t our_term = model_term_at(voter, ours);
    return term > our_term || (term == our_term && last >= ours);
}

// Has the candidate heard of this vote for it?
static bool has_heard(const struct telling *t, int candidate, int voter)
{
    const struct judged *judged = &t->check->server[candidate];
    return judged->heard_term == judged->poll.term && bit(judged->heard, voter);
}

// A sentence on one voter; the rule that its answer breaks, if any.
static const char *one_answer(struct telling *t, int candidate, int voter)
{
    const struct model_server *server = server_of(t, voter);
    const struct poll *poll = &t->check->server[candidate].poll;
    if (bit(poll->granted, voter)) {
        say(t, " S%d voted for it%s.", voter + 1,
            has_heard(t, candidate, voter)
                ? ""
                : ", but its answer has not arrived");
    } else if (!bit(poll->refused, voter)) {
        bool received = bit(poll->received, voter);
        say(t, " S%d %s.", voter + 1,
            !bit(poll->asked, voter) ? "was not asked"
            : received               ? "got the request and did not answer"
                                     : "was not reached");
        return received ? "F.1" : NULL;
    } else if (server->term < poll->term) {
        say(t,
            " S%d said no and is still in term %" PRIu64
            ": a newer term is always taken over.",
            voter + 1, server->term);
        return "ALL.2";
    } else if (server->term > poll->term) {
        say(t, " S%d said no; it is in term %" PRIu64 " now.", voter + 1,
            server->term);
    } else if (server->voted_for >= 0) {
        say(t, " S%d said no: it has voted for S%d.", voter + 1,
            server->voted_for + 1);
    } else if (up_to_date(server_of(t, candidate), server)) {
        say(t,
            " S%d said no, though it has given no vote in term %" PRIu64
            " and S%d's log is as up to date as its own.",
            voter + 1, poll->term, candidate + 1);
        return "RV.2";
    } else {
        say(t, " S%d said no: its log is newer.", voter + 1);
    }
    return NULL;
}

// What became of a candidate's requests, server by server; the rule that an
// answer broke.
static const char *one_election(struct telling *t, int candidate)
{
    const struct poll *poll = &t->check->server[candidate].poll;
    const char *tag = NULL;
    int n = 0;
    say(t,
        " S%d asked for votes in term %" PRIu64 " at %.3f s (event %" PRIu64
        ").",
        candidate + 1, poll->term, check_seconds(poll->us), poll->n);
    for (int i = 0; i < t->check->model.n_servers; i++) {
        n += i == candidate || has_heard(t, candidate, i);
        if (i == candidate || !server_of(t, i)->up)
            continue;
        const char *breaks = one_answer(t, candidate, i);
        tag = breaks != NULL ? breaks : tag;
    }
    const struct table_cell *led = check_leader_of(t->check, poll->term);
    if (led != NULL && led->server == candidate) {
        say(t, " It led that term, from event %" PRIu64 " on.", led->event);
        return NULL;
    }
    if (n < check_majority(t->check))
        return tag;
    say(t, " With its own that would be a majority, and it did not lead.");
    return "C.2";
}

// The candidate of the newest term below one; TRACE_NONE.
static int candidate_below(const struct check *check, uint64_t term)
{
    int newest = TRACE_NONE;
    for (int i = 0; i < check->model.n_servers; i++) {
        uint64_t asked = check->server[i].poll.term;
        if (asked > 0 && asked < term &&
            (newest < 0 || asked > check->server[newest].poll.term))
            newest = i;
    }
    return newest;
}

// Of each server's last election the newest in which an answer was against a
// rule; if there is none, the newest.
static const char *telling_election(struct telling *t)
{
    size_t used = strlen(t->text);
    int newest = candidate_below(t->check, UINT64_MAX), i = newest;
    while (i >= 0) {
        const char *tag = one_election(t, i);
        if (tag != NULL)
            return tag;
        t->text[used] = '\0';
        i = candidate_below(t->check, t->check->server[i].poll.term);
    }
    if (newest >= 0)
        (void)one_election(t, newest);
    return "F.2";
}

static const char *without_leader(struct telling *t)
{
    const struct check *check = t->check;
    if (check->n_of_kind[TRACE_TIMEOUT] == 0 && check->spoken.n_asked == 0) {
        say(t, " No election timeout has elapsed yet.");
        return "F.2";
    }
    const char *tag = telling_election(t);
    if (check->model.us - check->timeout_us < ELECTION_US ||
        check->timeout_n == 0)
        return tag;
    say(t,
        " Since event %" PRIu64 ", for %.3f s now, no election timeout has"
        " elapsed.",
        check->timeout_n, check_seconds(check->model.us - check->timeout_us));
    if (check->n_old < OLD_MESSAGES)
        return tag;
    say(t,
        " All the while AppendEntries of old terms arrive, %" PRIu64
        " of them, the last from S%d (event %" PRIu64 ", term %" PRIu64
        "): they must not reset an election timer.",
        check->n_old, check->old_from + 1, check->old_n, check->old_term);
    return "AE.1";
}

// ------------------------------------------------------- a leader, an entry

// The term of the entry that is due: the leader's, or what was committed.
static uint64_t term_due(const struct telling *t)
{
    const struct table_cell *known =
        table_find(&t->check->committed, t->index, 0);
    uint64_t term = model_term_at(server_of(t, t->leader), t->index);
    return term != 0 || known == NULL ? term : known->first;
}

static bool has_entry(const struct telling *t, int i)
{
    uint64_t term = term_due(t);
    return server_of(t, i)->snapshot_index >= t->index ||
           (term != 0 && model_term_at(server_of(t, i), t->index) == term);
}

// What the leader sends a peer that lacks the entry, and what comes back.
static const char *exchange(struct telling *t, int peer)
{
    char text[400];
    const char *tag = check_say_dealings(t->check, t->leader, peer, text);
    say(t, " %s", text);
    return tag;
}

static const char *not_committed(struct telling *t)
{
    const struct check *check = t->check;
    const struct model_server *leader = server_of(t, t->leader);
    bool heard = check->n_of_kind[TRACE_REPLY_RECV] > 0;
    int n = 1;
    for (int i = 0; i < check->model.n_servers; i++)
        n += i != t->leader && (heard ? check->server[t->leader].view[i].acked
                                      : leader->match_index[i]) >= t->index;
    if (n < check_majority(check)) {
        for (int i = 0; i < check->model.n_servers; i++)
            if (t->reached[i] && i != t->leader &&
                check->server[t->leader].view[i].acked < t->index)
                return exchange(t, i);
        return "L.3";
    }
    say(t,
        " By what %s %d of %d hold it, a majority, yet commit_index stays at"
        " %" PRIu64 ".",
        heard ? "it was answered" : "its match_index says", n,
        check->model.n_servers, leader->commit_index);
    if (term_due(t) != leader->term)
        say(t,
            " It is of an older term: only a newer entry of term %" PRIu64
            " can commit it.",
            leader->term);
    else if (!check_is_durable(check, t->leader, t->index))
        say(t, " Its own copy is not saved.");
    return "L.4";
}

// It is committed by the leader: who does not know, who has not applied?
static const char *not_applied(struct telling *t)
{
    for (int i = 0; i < t->check->model.n_servers; i++) {
        const struct model_server *server = server_of(t, i);
        const struct view *view = &t->check->server[t->leader].view[i];
        if (!t->reached[i] || server->last_applied >= t->index)
            continue;
        if (server->commit_index >= t->index) {
            say(t,
                " S%d knows that %" PRIu64
                " is committed and has applied only up to %" PRIu64 ".",
                i + 1, server->commit_index, server->last_applied);
            return "ALL.1";
        }
        if (!has_entry(t, i) || view->acked < t->index)
            return exchange(t, i);
        say(t,
            " S%d has acknowledged it, but its commit_index is %" PRIu64
            "; the last AppendEntries to it said leader_commit %" PRIu64 ".",
            i + 1, server->commit_index, view->told_commit);
        return "AE.5";
    }
    return NULL;
}

static const char *not_stored(struct telling *t)
{
    for (int i = 0; i < t->check->model.n_servers; i++)
        if (t->reached[i] && !has_entry(t, i))
            return exchange(t, i);
    return "L.3";
}

// "S1", "S1 and S2", "S1, S2 and S3" of those that are reached.
static int say_reached(struct telling *t)
{
    int n = 0, told = 0;
    for (int i = 0; i < t->check->model.n_servers; i++)
        n += t->reached[i];
    for (int i = 0; i < t->check->model.n_servers; i++)
        if (t->reached[i]) {
            say(t, "%sS%d",
                told == 0       ? ""
                : told == n - 1 ? " and "
                                : ", ",
                i + 1);
            told++;
        }
    return n;
}

static const char *with_leader(struct telling *t)
{
    const struct model_server *leader = server_of(t, t->leader);
    int n_servers = t->check->model.n_servers, holders = 0;
    say(t, "S%d leads term %" PRIu64 " and reaches ", t->leader + 1,
        leader->term);
    if (say_reached(t) < check_majority(t->check)) {
        say(t, " only, no majority; the others have no leader.");
        return without_leader(t);
    }
    say(t, ".");
    t->index = UINT64_MAX;
    for (int i = 0; i < n_servers; i++)
        if (t->reached[i] && server_of(t, i)->last_applied + 1 < t->index)
            t->index = server_of(t, i)->last_applied + 1;
    if (t->index > model_last_index(leader)) {
        say(t, " They have applied its whole log, up to %" PRIu64 ".",
            model_last_index(leader));
        return NULL;
    }
    for (int i = 0; i < n_servers; i++)
        holders += has_entry(t, i);
    say(t,
        " Entry %" PRIu64 " (term %" PRIu64
        ") is the first that not all of them have applied; %d of %d hold it.",
        t->index, term_due(t), holders, n_servers);
    if (leader->commit_index >= t->index)
        return not_applied(t);
    return holders < check_majority(t->check) ? not_stored(t)
                                              : not_committed(t);
}

const char *check_progress(struct check *check, char *text, size_t n)
{
    struct telling t = {.check = check,
                        .leader = model_leader(&check->model),
                        .text = text,
                        .n = n};
    const uint64_t *told = check->n_of_kind;
    text[0] = '\0';
    // A Raft that tells too little of itself is not told of.
    if (told[TRACE_ROLE] == 0 ||
        told[TRACE_APPLY] + told[TRACE_COMMIT] + told[TRACE_BOOT] == 0)
        return NULL;
    for (int i = 0; t.leader >= 0 && i < check->model.n_servers; i++) {
        const struct model_server *leader = server_of(&t, t.leader);
        const struct model_server *other = server_of(&t, i);
        // A server of a newer term follows no older leader.
        t.reached[i] = i == t.leader ||
                       (other->up && !other->paused && leader->connected &&
                        other->connected && leader->group == other->group &&
                        other->term <= leader->term);
    }
    if (t.leader >= 0)
        return with_leader(&t);
    say(&t, "No server leads.");
    return without_leader(&t);
}
