// why_leaderless.c -- why nobody leads: the last elections, vote by vote.
#include <inttypes.h>
#include <string.h>

#include "../src/trace/fields.h"
#include "causes.h"
#include "why_stuck.h"

enum { ELECTIONS = 8 }; // that are looked at

// What a server answered to a candidate's request of that term.
struct ballot {
    bool asked, received, answered, granted, voted;
    int voted_for;
};

static struct ballot ballot_of(const struct stuck *s, size_t timeout,
                               uint64_t term, int voter)
{
    struct ballot ballot = {.voted_for = TRACE_NONE};
    int candidate = event_at(s, timeout)->node;
    uint64_t msg = 0;
    for (size_t i = timeout; i < s->end; i++) {
        const struct trace_event *event = event_at(s, i);
        bool asks = event->kind == TRACE_SEND && event->node == candidate &&
                    trace_endpoint(event->to) == voter && event->rpc != NULL &&
                    strcmp(event->rpc, "RequestVote") == 0 &&
                    why_number(event, "term") == term;
        if (asks) {
            ballot.asked = true;
            msg = event->msg;
        }
        if (event->node == voter && event->msg == msg && msg > 0) {
            ballot.received |= event->kind == TRACE_RECV;
            if (event->kind == TRACE_REPLY)
                ballot.answered = trace_message_bool(
                    &event->args, "vote_granted", &ballot.granted);
        }
    }
    for (size_t i = 0; i < s->end; i++) {
        const struct trace_event *event = event_at(s, i);
        if (event->kind != TRACE_VOTE || event->node != voter ||
            event->term != term)
            continue;
        ballot.voted = true;
        ballot.voted_for = event->voted_for;
    }
    return ballot;
}

static bool up_to_date(const struct model_server *candidate,
                       const struct model_server *voter)
{
    uint64_t last = model_last_index(candidate), ours = model_last_index(voter);
    uint64_t term = model_term_at(candidate, last);
    uint64_t our_term = model_term_at(voter, ours);
    return term > our_term || (term == our_term && last >= ours);
}

// A sentence on one voter; the rule that its answer breaks, if any.
static const char *one_answer(struct stuck *s, int candidate, uint64_t term,
                              int voter, const struct ballot *ballot)
{
    const struct model_server *server = &s->model->server[voter];
    if (ballot->voted && ballot->voted_for == candidate) {
        SAY(" S%d voted for it.", voter + 1);
        return NULL;
    }
    if (!ballot->asked || !ballot->answered) {
        SAY(" S%d %s.", voter + 1,
            !ballot->asked     ? "was not asked"
            : ballot->received ? "got the request and did not answer"
                               : "was not reached");
        return ballot->received ? "F.1" : NULL;
    }
    if (server->term < term) {
        SAY(" S%d said no and is still in term %" PRIu64
            ": a newer term is always taken over.",
            voter + 1, server->term);
        return "ALL.2";
    }
    if (ballot->voted) {
        SAY(" S%d had voted for S%d.", voter + 1, ballot->voted_for + 1);
        return NULL;
    }
    if (server->term > term) {
        SAY(" S%d was in term %" PRIu64 ".", voter + 1, server->term);
        return NULL;
    }
    if (up_to_date(&s->model->server[candidate], server)) {
        SAY(" S%d said no, though it has given no vote in term %" PRIu64
            " and S%d's log is as up to date as its own.",
            voter + 1, term, candidate + 1);
        return "RV.2";
    }
    SAY(" S%d said no: its log is newer.", voter + 1);
    return NULL;
}

static size_t led_since(const struct stuck *s, size_t timeout, uint64_t term)
{
    for (size_t i = timeout; i < s->end; i++) {
        const struct trace_event *event = event_at(s, i);
        if (event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER &&
            event->node == event_at(s, timeout)->node && event->term == term)
            return i;
    }
    return SIZE_MAX;
}

// What became of a candidate's requests, server by server; the rule that an
// answer broke.
static const char *last_election(struct stuck *s, size_t timeout)
{
    const struct trace_event *stood = event_at(s, timeout);
    uint64_t term = stood->term + 1;
    const char *tag = NULL;
    int n_given = 0, n_asked = 0;
    size_t led = led_since(s, timeout, term);
    SAY(" S%d stood for term %" PRIu64 ", at %.3f ms (event %" PRIu64 ").",
        stood->node + 1, term, (double)stood->us / 1000, stood->n);
    for (int i = 0; i < s->model->n_servers; i++) {
        struct ballot ballot = ballot_of(s, timeout, term, i);
        n_given += ballot.voted && ballot.voted_for == stood->node;
        n_asked += ballot.asked;
        if (i == stood->node || !s->model->server[i].up)
            continue;
        const char *breaks = one_answer(s, stood->node, term, i, &ballot);
        tag = breaks != NULL ? breaks : tag;
    }
    if (led != SIZE_MAX) {
        SAY(" It led, from %.3f ms on.", (double)event_at(s, led)->us / 1000);
        return NULL;
    }
    if (n_given >= s->majority) {
        SAY(" That is a majority, and it did not lead.");
        return "C.2";
    }
    if (n_asked == 0) {
        SAY(" It asked nobody.");
        return "C.1";
    }
    return tag;
}

// The last of the latest elections in which an answer was against a rule; if
// there is none, the last.
static const char *telling_election(struct stuck *s, size_t last)
{
    size_t used = strlen(s->text), timeout = last;
    for (int i = 0; i < ELECTIONS && timeout != SIZE_MAX; i++) {
        const char *tag = last_election(s, timeout);
        if (tag != NULL)
            return tag;
        s->text[used] = '\0';
        size_t at = timeout;
        timeout = SIZE_MAX;
        while (at > 0 && timeout == SIZE_MAX)
            if (event_at(s, --at)->kind == TRACE_TIMEOUT)
                timeout = at;
    }
    (void)last_election(s, last);
    return "F.2";
}

// Messages of leaders of older terms that arrive all the while.
static bool hears_old_leaders(struct stuck *s, size_t since)
{
    uint64_t n = 0;
    const struct trace_event *last = NULL, *sent = NULL;
    for (size_t i = since; i < s->end; i++) {
        const struct trace_event *event = event_at(s, i);
        if (event->kind != TRACE_RECV || event->node < 0 ||
            event->node >= s->model->n_servers || event->rpc == NULL ||
            strcmp(event->rpc, "AppendEntries") != 0)
            continue;
        size_t send = causes_sending(s->why->trace, i);
        if (send == SIZE_MAX || why_number(event_at(s, send), "term") >=
                                    s->model->server[event->node].term)
            continue;
        n++;
        last = event;
        sent = event_at(s, send);
    }
    if (n < 10)
        return false;
    SAY(" All the while messages of an old term arrive, %" PRIu64
        " of them, the last from S%d at S%d (event %" PRIu64 ", term %" PRIu64
        "): they must not reset an election timer.",
        n, sent->node + 1, last->node + 1, last->n, why_number(sent, "term"));
    return true;
}

const char *stuck_without_leader(struct stuck *s)
{
    size_t timeout = stuck_last(s, TRACE_TIMEOUT, -1, -1);
    if (timeout == SIZE_MAX) {
        SAY(" No election timeout has elapsed yet.");
        return "F.2";
    }
    const struct trace_event *stood = event_at(s, timeout);
    double silent = (double)(s->model->us - stood->us) / 1000;
    const char *tag = telling_election(s, timeout);
    if (silent < 2000)
        return tag;
    bool waits = s->model->server[stood->node].role == TRACE_CANDIDATE;
    SAY(" For %.0f ms now no election timeout has elapsed.", silent);
    if (hears_old_leaders(s, timeout))
        return "AE.1";
    return waits ? "C.4" : "F.2";
}
