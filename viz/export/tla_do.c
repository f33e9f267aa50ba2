// tla_do.c -- see tla_inner.h: the steps of servers.
#include <stdlib.h>
#include <string.h>

#include "viz/draw/causes.h"
#include "tla_inner.h"

void tla_push_place(struct viz_tla *t, int server)
{
    struct tla_node *node = &t->node[server];
    struct tla_place *place = &node->place[node->n_places++ % TLA_REMEMBERED];
    place->line = tla_place(&t->lines, server);
    place->state = tla_state_of(t, server);
    memcpy(place->match, node->match,
           (size_t)t->n_servers * sizeof *place->match);
}

// Before a step: what was received, and the place for late lines.
static void begin_step(struct viz_tla *t, const struct tla_step *step)
{
    size_t root = step->root;
    bool fresh = tla_within(t, root) && t->in_file[tla_in(t, root)] == 0;
    enum trace_kind kind = root != SIZE_MAX ? t->event[root].kind : TRACE_START;
    size_t sent = fresh ? causes_sending(t->steps.trace, root) : SIZE_MAX;
    int from = sent != SIZE_MAX ? t->event[sent].node : TLA_NONE;
    if (from >= 0 && from < t->n_servers)
        tla_release(t, from);
    tla_push_place(t, step->node);
    t->node[step->node].expected = t->model.server[step->node].commit_index;
    if (fresh && kind == TRACE_RECV)
        tla_receive(t, root, NULL, false);
    if (fresh && kind == TRACE_REPLY_RECV)
        tla_receive_answer(t, root);
}

static void become_candidate(struct viz_tla *t, int node)
{
    struct tla_message vote =
        tla_to_self("MsgVoteResp", node, t->model.server[node].term, 0);
    tla_say(t, "BecomeCandidate", node, NULL);
    tla_say(t, "SendRequestVoteResponse", node, &vote);
    t->node[node].own_vote = vote.term;
    t->node[node].sends = true;
}

static void become_leader(struct viz_tla *t, int node)
{
    uint64_t *match = t->node[node].match;
    if (t->node[node].own_vote > 0)
        tla_ready(t, node);
    tla_say(t, "BecomeLeader", node, NULL);
    memset(match, 0, (size_t)t->n_servers * sizeof *match);
    match[node] = model_last_index(&t->model.server[node]);
}

// A leader's entries, one by one, each with the message to itself.
static void replicate(struct viz_tla *t, const struct trace_event *event)
{
    struct trace_event one = *event;
    one.n_entries = 1;
    for (size_t i = 0; i < event->n_entries; i++) {
        one.index = event->index + i;
        one.entries = &event->entries[i];
        tla_say(t, "Replicate", event->node, NULL);
        model_step(&t->model, &one);
        struct tla_message own =
            tla_to_self("MsgAppResp", event->node,
                        t->model.server[event->node].term, one.index);
        tla_say(t, "SendAppendEntriesResponse", event->node, &own);
        t->node[event->node].sends = true;
    }
}

// The leader's own disk holds its entries up to an index.
void tla_match_self(struct viz_tla *t, int node, uint64_t index)
{
    struct tla_message own =
        tla_to_self("MsgAppResp", node, t->model.server[node].term, index);
    if (index <= t->node[node].match[node])
        return;
    tla_release(t, node);
    tla_say(t, "ReceiveAppendEntriesResponse", node, &own);
    t->node[node].match[node] = index;
}

// The commit_index that the specification's leader computes.
static uint64_t agreed(const struct viz_tla *t, int node)
{
    const struct model_server *server = &t->model.server[node];
    uint64_t best = 0;
    for (int i = 0; i < t->n_servers; i++) {
        uint64_t index = t->node[node].match[i];
        int n = 0;
        for (int k = 0; k < t->n_servers; k++)
            n += t->node[node].match[k] >= index;
        if (2 * n > t->n_servers && index > best)
            best = index;
    }
    return model_term_at(server, best) == server->term ? best : 0;
}

// One event of a step. candidate: a candidacy whose lines are still to come,
// behind its term and its vote.
static void change(struct viz_tla *t, const struct trace_event *event,
                   bool told, bool *candidate)
{
    int node = event->node;
    bool leads = t->model.server[node].role == TRACE_LEADER;
    bool begins = event->kind == TRACE_TERM || event->kind == TRACE_VOTE ||
                  event->kind == TRACE_ROLE;
    if (*candidate && (!begins || event->to_role == TRACE_LEADER)) {
        become_candidate(t, node);
        *candidate = false;
    }
    if (event->kind == TRACE_APPEND && leads) {
        replicate(t, event);
        return;
    }
    model_step(&t->model, event);
    if (event->kind == TRACE_ROLE && event->to_role == TRACE_CANDIDATE)
        *candidate = true;
    else if (event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER)
        become_leader(t, node);
    else if (event->kind == TRACE_ROLE && !told)
        tla_say(t, "BecomeFollower", node, NULL);
    else if (event->kind == TRACE_MATCH && event->peer == node && leads)
        tla_match_self(t, node, event->to);
    else if (event->kind == TRACE_COMMIT && leads) {
        tla_say(t, "Commit", node, NULL);
        if (agreed(t, node) != event->to)
            tla_odd(t);
    }
}

static bool is_saved(enum trace_kind kind)
{
    return kind == TRACE_TERM || kind == TRACE_VOTE || kind == TRACE_APPEND ||
           kind == TRACE_TRUNCATE || kind == TRACE_INSTALL;
}

void tla_do(struct viz_tla *t, const struct tla_step *step, int number)
{
    struct tla_node *node = &t->node[step->node];
    begin_step(t, step);
    enum trace_kind root =
        step->root != SIZE_MAX ? t->event[step->root].kind : TRACE_START;
    bool told = root == TRACE_RECV || root == TRACE_REPLY_RECV;
    bool candidate = false, saved = false;
    for (size_t at = step->first; at <= step->last; at++)
        if (t->steps.step_of[tla_in(t, at)] == number) {
            change(t, &t->event[at], told, &candidate);
            saved = saved || is_saved(t->event[at].kind);
        }
    if (candidate)
        become_candidate(t, step->node);
    if (saved && !node->changed) {
        node->changed = true;
        node->tail = node->place[(node->n_places - 1) % TLA_REMEMBERED].line;
    }
    if (root == TRACE_RECV && t->in_file[tla_in(t, step->root)] == t->file &&
        tla_state_of(t, step->node).commit != node->expected)
        tla_odd(t);
    // Those that wait again begin another list.
    size_t n = node->n_waiting, *waiting = node->waiting;
    node->busy = 0;
    node->n_waiting = 0;
    node->waiting = NULL;
    for (size_t i = 0; i < n; i++)
        if (t->event[waiting[i]].kind == TRACE_SEND)
            tla_send(t, waiting[i], false);
        else
            tla_plain_answer(t, waiting[i]);
    free(waiting);
}
