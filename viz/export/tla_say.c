// tla_say.c -- see tla_inner.h: lines, and messages as the specification has
// them.
#include <string.h>

#include "trace/fields.h"
#include "viz/draw/causes.h"
#include "tla_inner.h"

size_t tla_in(const struct viz_tla *t, size_t at)
{
    return at - t->steps.range.begin;
}

bool tla_within(const struct viz_tla *t, size_t at)
{
    return at != SIZE_MAX && at >= t->steps.range.begin &&
           at < t->steps.range.end;
}

uint64_t tla_lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct tla_state tla_state_of(const struct viz_tla *t, int node)
{
    const struct model_server *server = &t->model.server[node];
    return (struct tla_state){server->role,         server->term,
                              server->commit_index, model_last_index(server),
                              server->voted_for,    NULL};
}

// Also of an entry that went behind a snapshot while the trace was followed.
uint64_t tla_term_of(const struct viz_tla *t, int node, uint64_t index)
{
    const struct model_server *server = &t->model.server[node];
    if (index == 0 || index >= server->snapshot_index)
        return index > 0 ? model_term_at(server, index) : 0;
    bool known = index <= t->n_compacted && t->compacted[index] > 0;
    return known ? t->compacted[index] : server->snapshot_term;
}

void tla_say(struct viz_tla *t, const char *name, int node,
             const struct tla_message *message)
{
    struct tla_state state = tla_state_of(t, node);
    tla_put(&t->lines, NULL, t->n, name, node, &state, message);
}

void tla_odd(struct viz_tla *t)
{
    if (t->tally.n_odd++ == 0)
        t->tally.first_odd = t->n;
}

// ---------------------------------------------------------------- messages

uint64_t tla_number(const struct trace_event *event, const char *name)
{
    uint64_t value = 0;
    trace_message_number(&event->args, name, &value);
    return value;
}

static bool truth(const struct trace_event *event, const char *name)
{
    bool value = false;
    trace_message_bool(&event->args, name, &value);
    return value;
}

bool tla_is_rpc(const struct trace_event *event, const char *rpc)
{
    return event->rpc != NULL && strcmp(event->rpc, rpc) == 0;
}

// The request at a sending. Of a snapshot only the last part counts; another
// part that changes something (a term) is a heartbeat where the peer is known
// to agree, and parts that change nothing are none.
struct tla_message tla_request(const struct viz_tla *t, size_t sent)
{
    const struct trace_event *event = &t->event[sent];
    struct tla_message m = {.term = tla_number(event, "term"),
                            .from = event->node,
                            .to = trace_endpoint(event->to)};
    if (tla_is_rpc(event, "RequestVote")) {
        m.type = "MsgVote";
        m.index = tla_number(event, "last_log_index");
        m.log_term = tla_number(event, "last_log_term");
    } else if (tla_is_rpc(event, "AppendEntries")) {
        m.type = "MsgApp";
        m.index = tla_number(event, "prev_log_index");
        m.log_term = tla_number(event, "prev_log_term");
        m.entries = trace_message_entries(&event->args, NULL, 0);
        m.commit =
            tla_lesser(tla_number(event, "leader_commit"), m.index + m.entries);
    } else if (tla_is_rpc(event, "InstallSnapshot") &&
               t->steps.has_step[tla_in(t, sent)] && truth(event, "done")) {
        m.type = "MsgSnap";
        m.entries = m.commit = tla_number(event, "last_included_index");
    } else if (tla_is_rpc(event, "InstallSnapshot") &&
               t->steps.has_step[tla_in(t, sent)]) {
        m.type = "MsgApp";
        m.index = m.commit = t->match[tla_in(t, sent)];
        m.log_term = t->log_term[tla_in(t, sent)];
    }
    bool known = m.from >= 0 && m.from < t->n_servers && m.to >= 0 &&
                 m.to < t->n_servers;
    if (!known)
        m.type = NULL;
    return m;
}

// The answer at a reply to the request that was received there.
struct tla_message tla_answer(const struct viz_tla *t, size_t replied,
                              size_t received)
{
    const struct trace_event *event = &t->event[replied];
    struct tla_message m = {.type = "MsgAppResp",
                            .term = tla_number(event, "term"),
                            .from = event->node,
                            .to = trace_endpoint(event->to)};
    if (tla_is_rpc(event, "RequestVote")) {
        m.type = "MsgVoteResp";
        m.reject = !truth(event, "vote_granted");
    } else if (tla_is_rpc(event, "AppendEntries"))
        m.reject = !truth(event, "success");
    else {
        size_t sent = causes_sending(t->steps.trace, received);
        m.reject =
            sent == SIZE_MAX || m.term != tla_number(&t->event[sent], "term");
    }
    if (strcmp(m.type, "MsgAppResp") == 0 && !m.reject)
        m.index = t->match[tla_in(t, received)];
    return m;
}

struct tla_message tla_to_self(const char *type, int node, uint64_t term,
                               uint64_t index)
{
    return (struct tla_message){
        .type = type, .term = term, .from = node, .to = node, .index = index};
}

void tla_ready(struct viz_tla *t, int node)
{
    struct tla_node *self = &t->node[node];
    tla_say(t, "Ready", node, NULL);
    self->sends = self->changed = false;
    self->tail = NULL;
    if (self->own_vote == 0)
        return;
    struct tla_message vote =
        tla_to_self("MsgVoteResp", node, self->own_vote, 0);
    self->own_vote = 0;
    tla_say(t, "ReceiveRequestVoteResponse", node, &vote);
}

void tla_release(struct viz_tla *t, int node)
{
    if (t->node[node].sends)
        tla_ready(t, node);
}
