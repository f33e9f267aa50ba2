// why_stuck.c -- where progress ends, when a scenario waited in vain.
//
// A run that fails because nothing happens has no event that is wrong. What
// can be told is how far the next step came: is there a leader, is the entry
// sent, stored, answered for, counted, committed, told of, applied? The first
// that is missing names the rule to look at.
#include <inttypes.h>
#include <string.h>

#include "../src/trace/fields.h"
#include "causes.h"
#include "why.h"

struct stuck {
    const struct why *why;
    const struct model *model;
    size_t end; // position of the finding
    int leader;
    bool reached[TRACE_MAX_SERVERS]; // by the leader, itself too
    int majority;
    uint64_t index; // of the entry that is due
    char *text;
    size_t n;
};

enum { ELECTIONS = 8 }; // that are looked at

#define SAY(...) why_put(s->text, s->n, __VA_ARGS__)

static const struct trace_event *event_at(const struct stuck *s, size_t at)
{
    return &s->why->trace->event[at];
}

// Connected; a server of a newer term follows no older leader.
static bool together(const struct model_server *a, const struct model_server *b)
{
    return b->up && !b->paused && a->connected && b->connected &&
           a->group == b->group && b->term <= a->term;
}

static void find_reach(struct stuck *s)
{
    const struct model *model = s->model;
    for (int i = 0; i < model->n_servers; i++)
        s->reached[i] = i == s->leader ||
                        (s->leader >= 0 && together(&model->server[s->leader],
                                                    &model->server[i]));
}

static int count_reached(const struct stuck *s)
{
    int n = 0;
    for (int i = 0; i < s->model->n_servers; i++)
        n += s->reached[i];
    return n;
}

// The last event before the end of that kind at a server, about a peer if one
// is given; SIZE_MAX.
static size_t last_event(const struct stuck *s, enum trace_kind kind, int node,
                         int peer)
{
    for (size_t i = s->end; i > 0; i--) {
        const struct trace_event *event = event_at(s, i - 1);
        bool about = peer < 0 || event->peer == peer ||
                     ((kind == TRACE_SEND || kind == TRACE_REPLY) &&
                      trace_endpoint(event->to) == peer);
        if (event->kind == kind && (node < 0 || event->node == node) && about)
            return i - 1;
    }
    return SIZE_MAX;
}

// ------------------------------------------------------------ no leader

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

static const char *without_leader(struct stuck *s)
{
    size_t timeout = last_event(s, TRACE_TIMEOUT, -1, -1);
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

// ------------------------------------------------------- a leader, an entry

static bool has_entry(const struct stuck *s, int server)
{
    const struct model_server *of = &s->model->server[server];
    return of->snapshot_index >= s->index ||
           model_term_at(of, s->index) ==
               model_term_at(&s->model->server[s->leader], s->index);
}

static bool carries(const struct trace_event *send, uint64_t index)
{
    uint64_t first = why_number(send, "prev_log_index") + 1;
    size_t n = trace_message_entries(&send->args, NULL, 0);
    return send->rpc != NULL && strcmp(send->rpc, "AppendEntries") == 0 &&
           first <= index && index < first + n;
}

// The last message of the leader that carried the entry to the peer, and what
// came back.
static const char *last_exchange(struct stuck *s, int peer)
{
    const struct model_server *leader = &s->model->server[s->leader];
    size_t send = SIZE_MAX;
    for (size_t i = s->end; i > 0 && send == SIZE_MAX; i--)
        if (event_at(s, i - 1)->kind == TRACE_SEND &&
            event_at(s, i - 1)->node == s->leader &&
            trace_endpoint(event_at(s, i - 1)->to) == peer &&
            carries(event_at(s, i - 1), s->index))
            send = i - 1;
    if (send == SIZE_MAX) {
        SAY(" S%d never sent it to S%d, whose next_index is %" PRIu64
            " and whose log ends at %" PRIu64 ".",
            s->leader + 1, peer + 1, leader->next_index[peer],
            model_last_index(&s->model->server[peer]));
        return "L.3";
    }
    const struct trace_event *sent = event_at(s, send);
    SAY(" S%d sent it to S%d last at %.3f ms (event %" PRIu64
        "), behind entry %" PRIu64,
        s->leader + 1, peer + 1, (double)sent->us / 1000, sent->n,
        why_number(sent, "prev_log_index"));
    bool received = false, success = false;
    for (size_t i = send; i < s->end; i++) {
        const struct trace_event *event = event_at(s, i);
        received |= event->kind == TRACE_RECV && event->msg == sent->msg;
        if (event->kind == TRACE_DROP && event->msg == sent->msg) {
            SAY("; it was lost.");
            return received ? "L.3" : "L.1";
        }
        if (event->kind != TRACE_REPLY || event->msg != sent->msg)
            continue;
        trace_message_bool(&event->args, "success", &success);
        SAY("; S%d, whose log ends at %" PRIu64 ", said %s.", peer + 1,
            model_last_index(&s->model->server[peer]), success ? "yes" : "no");
        return success ? "AE.4" : "L.3";
    }
    SAY(received ? "; S%d got it and has not answered."
                 : "; S%d has not got"
                   " it.",
        peer + 1);
    return received ? "F.1" : "L.3";
}

// The entry stands on too few.
static const char *not_stored(struct stuck *s)
{
    const char *tag = "L.3";
    for (int i = 0; i < s->model->n_servers; i++)
        if (s->reached[i] && !has_entry(s, i))
            tag = last_exchange(s, i);
    return tag;
}

static const char *not_committed(struct stuck *s)
{
    const struct model_server *leader = &s->model->server[s->leader];
    int n = 0;
    for (int i = 0; i < s->model->n_servers; i++)
        n += i == s->leader || leader->match_index[i] >= s->index;
    if (n < s->majority) {
        SAY(" A majority holds it, but of the others' match_index only %d"
            " come%s so far.",
            n - 1, n == 2 ? "s" : "");
        return "L.3";
    }
    SAY(" By match_index %d of %d hold it, a majority, yet commit_index stays"
        " at %" PRIu64 ".",
        n, s->model->n_servers, leader->commit_index);
    if (model_term_at(leader, s->index) != leader->term)
        SAY(" It is of an older term: only a newer entry of term %" PRIu64
            " can commit it.",
            leader->term);
    return "L.4";
}

// It is committed by the leader: who does not know, who has not applied?
static const char *not_applied(struct stuck *s)
{
    for (int i = 0; i < s->model->n_servers; i++) {
        const struct model_server *server = &s->model->server[i];
        if (!s->reached[i] || server->last_applied >= s->index)
            continue;
        if (!has_entry(s, i))
            return last_exchange(s, i);
        if (server->commit_index >= s->index) {
            SAY(" S%d knows that %" PRIu64
                " is committed and has applied only up to %" PRIu64 ".",
                i + 1, server->commit_index, server->last_applied);
            return "ALL.1";
        }
        size_t send = last_event(s, TRACE_SEND, s->leader, i);
        SAY(" S%d holds it, but its commit_index is %" PRIu64, i + 1,
            server->commit_index);
        if (send != SIZE_MAX)
            SAY("; the last message to it, event %" PRIu64
                ", said leader_commit %" PRIu64,
                event_at(s, send)->n,
                why_number(event_at(s, send), "leader_commit"));
        SAY(".");
        return "AE.5";
    }
    return NULL;
}

// The last command that a leader accepted and that is not where it said.
static const char *lost_command(struct stuck *s)
{
    const struct model_server *leader = &s->model->server[s->leader];
    for (size_t i = s->end; i > 0; i--) {
        const struct trace_event *start = event_at(s, i - 1);
        if (start->kind != TRACE_START || !start->ok ||
            start->command == NULL || start->index == 0)
            continue;
        const struct trace_entry *entry = model_entry(leader, start->index);
        if (entry != NULL && entry->term == start->term &&
            strcmp(entry->command, start->command) == 0)
            continue;
        if (entry == NULL && start->index <= leader->snapshot_index)
            continue;
        SAY(" S%d told a client that \"%s\" stands at index %" PRIu64
            " (event %" PRIu64 "); there is %s%s%s.",
            start->node + 1, start->command, start->index, start->n,
            entry != NULL ? "\"" : "nothing",
            entry != NULL ? entry->command : "", entry != NULL ? "\"" : "");
        return start->term == leader->term ? "L.2" : NULL;
    }
    return NULL;
}

static const char *with_leader(struct stuck *s)
{
    const struct model_server *leader = &s->model->server[s->leader];
    char who[200];
    if (count_reached(s) < s->majority) {
        SAY("S%d leads term %" PRIu64 ", but only %s can follow it, no"
            " majority; the others have no leader.",
            s->leader + 1, leader->term,
            why_servers(s->reached, s->model->n_servers, who));
        return without_leader(s);
    }
    SAY("S%d leads term %" PRIu64 " and reaches %s.", s->leader + 1,
        leader->term, why_servers(s->reached, s->model->n_servers, who));
    s->index = UINT64_MAX;
    int holders = 0;
    for (int i = 0; i < s->model->n_servers; i++)
        if (s->reached[i] && s->model->server[i].last_applied + 1 < s->index)
            s->index = s->model->server[i].last_applied + 1;
    if (s->index > model_last_index(leader)) {
        SAY(" They have applied its whole log, up to %" PRIu64 ".",
            model_last_index(leader));
        return lost_command(s);
    }
    for (int i = 0; i < s->model->n_servers; i++)
        holders += has_entry(s, i);
    SAY(" Entry %" PRIu64 " (term %" PRIu64
        ") is the first that not all of them have applied; %d of %d hold it.",
        s->index, model_term_at(leader, s->index), holders,
        s->model->n_servers);
    if (leader->commit_index >= s->index)
        return not_applied(s);
    return holders < s->majority ? not_stored(s) : not_committed(s);
}

const char *why_stuck(const struct why *why, const struct model *model,
                      size_t end, char *text, size_t n)
{
    struct stuck stuck = {.why = why,
                          .model = model,
                          .end = end,
                          .leader = model_leader(model),
                          .majority = model->n_servers / 2 + 1,
                          .text = text,
                          .n = n};
    text[0] = '\0';
    find_reach(&stuck);
    if (stuck.leader >= 0)
        return with_leader(&stuck);
    snprintf(text, n, "No server leads.");
    return without_leader(&stuck);
}
