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
#include "why_stuck.h"

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

size_t stuck_last(const struct stuck *s, enum trace_kind kind, int node,
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

// Why a follower said no to entries; was it right?
static const char *refused(struct stuck *s, int peer,
                           const struct trace_event *sent)
{
    const struct model_server *server = &s->model->server[peer];
    uint64_t index = why_number(sent, "prev_log_index");
    const struct trace_event *no = NULL;
    for (size_t i = s->end; i > 0 && event_at(s, i - 1) != sent; i--)
        if (event_at(s, i - 1)->kind == TRACE_REFUSE &&
            event_at(s, i - 1)->node == peer)
            no = event_at(s, i - 1);
    bool matches =
        index <= server->snapshot_index ||
        model_term_at(server, index) == why_number(sent, "prev_log_term");
    if (!matches)
        return "L.3";
    SAY(" It does have entry %" PRIu64 "%s%s.", index,
        no != NULL && no->why != NULL ? "; its reason was: " : "",
        no != NULL && no->why != NULL ? no->why : "");
    return no != NULL && no->rule != NULL && strcmp(no->rule, "AE.1") == 0
               ? "AE.1"
               : "AE.2";
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
            carries(event_at(s, i - 1), s->index) &&
            why_number(event_at(s, i - 1), "term") == leader->term)
            send = i - 1;
    if (send == SIZE_MAX) {
        SAY(" In this term S%d never sent it to S%d, whose next_index is "
            "%" PRIu64 " and whose log ends at %" PRIu64 ".",
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
        return success ? "AE.4" : refused(s, peer, sent);
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
    if (leader->match_index[s->leader] < s->index)
        SAY(" Its own match_index is only %" PRIu64 ".",
            leader->match_index[s->leader]);
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
        size_t send = stuck_last(s, TRACE_SEND, s->leader, i);
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
        return stuck_without_leader(s);
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
    return stuck_without_leader(&stuck);
}
