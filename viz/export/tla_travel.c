// tla_travel.c -- see tla_inner.h: sending and receiving.
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"
#include "viz/draw/causes.h"
#include "tla_inner.h"

// May a server in this state send that?
static bool may_send(const struct tla_state *state, const uint64_t *match,
                     const struct tla_message *m)
{
    if (state->term != m->term)
        return false;
    if (strcmp(m->type, "MsgVote") == 0)
        return state->role == TRACE_CANDIDATE && state->last == m->index;
    if (state->role != TRACE_LEADER)
        return false;
    if (strcmp(m->type, "MsgSnap") == 0)
        return m->entries >= 1 && m->entries <= state->commit;
    uint64_t end = m->index + m->entries;
    return m->index >= match[m->to] && end <= state->last &&
           m->commit == tla_lesser(state->commit, end);
}

static void put_sending(struct viz_tla *t, size_t sent,
                        const struct tla_message *m,
                        const struct tla_place *place)
{
    struct tla_state state = tla_state_of(t, m->from);
    const char *name = strcmp(m->type, "MsgVote") == 0
                           ? "SendRequestVoteRequest"
                           : "SendAppendEntriesRequest";
    tla_put(&t->lines, place != NULL ? place->line : NULL, t->event[sent].n,
            name, m->from, place != NULL ? &place->state : &state, m);
    t->in_file[tla_in(t, sent)] = t->file;
    t->node[m->from].sends = true;
    t->burst = m->from;
}

// The network's second copy of what was sent before.
void tla_duplicate(struct viz_tla *t, size_t sent)
{
    size_t at = tla_in(t, sent), first = tla_original(&t->steps, sent);
    size_t original = first != SIZE_MAX ? tla_in(t, first) : at;
    t->match[at] = t->match[original];
    t->log_term[at] = t->log_term[original];
    struct tla_message m = tla_request(t, sent);
    t->in_file[at] = m.type != NULL ? t->in_file[original] : TLA_LEFT_OUT;
    if (t->in_file[at] != t->file)
        return;
    tla_release(t, m.from);
    tla_say(t, "Duplicate", m.from, &m);
    t->tally.n_duplicates++;
}

static void wait_for_step(struct tla_node *node, size_t at)
{
    node->waiting = must_realloc(node->waiting,
                                 (node->n_waiting + 1) * sizeof *node->waiting);
    node->waiting[node->n_waiting++] = at;
}

// Now, or before the latest step before which it was possible.
void tla_send(struct viz_tla *t, size_t sent, bool may_wait)
{
    const struct trace_event *event = &t->event[sent];
    struct tla_node *node = &t->node[event->node];
    int to = trace_endpoint(event->to);
    if (tla_is_rpc(event, "InstallSnapshot") && to >= 0 && to < t->n_servers) {
        t->match[tla_in(t, sent)] = node->match[to];
        t->log_term[tla_in(t, sent)] =
            tla_term_of(t, event->node, node->match[to]);
    }
    struct tla_message m = tla_request(t, sent);
    if (m.type == NULL) {
        t->in_file[tla_in(t, sent)] = TLA_LEFT_OUT;
        return;
    }
    struct tla_state state = tla_state_of(t, event->node);
    if (may_send(&state, node->match, &m)) {
        put_sending(t, sent, &m, NULL);
        return;
    }
    if (may_wait && sent < node->busy) {
        wait_for_step(node, sent);
        return;
    }
    for (size_t k = 0; k < TLA_REMEMBERED && k < node->n_places; k++) {
        const struct tla_place *place =
            &node->place[(node->n_places - 1 - k) % TLA_REMEMBERED];
        if (may_send(&place->state, place->match, &m)) {
            put_sending(t, sent, &m, place);
            return;
        }
    }
    // Such as the thread of a server that is dead may send; nobody hears it.
    if (!t->steps.arrives[tla_in(t, sent)]) {
        t->in_file[tla_in(t, sent)] = TLA_LEFT_OUT;
        return;
    }
    tla_odd(t);
    put_sending(t, sent, &m, NULL);
}

// ---------------------------------------------------------------- receiving

// False when the message was sent in another file, or nobody knows when.
static bool is_known(struct viz_tla *t, size_t received, size_t sent)
{
    bool known = tla_within(t, sent) && t->in_file[tla_in(t, sent)] == t->file;
    bool left_out =
        tla_within(t, sent) && t->in_file[tla_in(t, sent)] == TLA_LEFT_OUT;
    t->in_file[tla_in(t, received)] = known ? t->file : TLA_LEFT_OUT;
    t->tally.n_cut += !known && !left_out;
    return known;
}

// The commit_index after a receipt. The specification's follower learns none
// from a message that begins before its own, and lets it fall otherwise.
static uint64_t expected(const struct viz_tla *t, const struct tla_message *m,
                         const struct tla_state *state)
{
    const struct model_server *self = &t->model.server[m->to];
    bool snapshot = strcmp(m->type, "MsgSnap") == 0;
    uint64_t end = m->index + m->entries;
    bool fits = snapshot || m->index <= self->snapshot_index ||
                (m->index <= state->last &&
                 model_term_at(self, m->index) == m->log_term);
    if (strcmp(m->type, "MsgVote") == 0 || m->term < state->term || !fits ||
        m->index + 1 <= state->commit || (snapshot && state->commit > 0))
        return state->commit;
    return tla_lesser(m->commit, end);
}

// The line of a request's receipt, with the state of this moment or that of
// an earlier place.
void tla_receive(struct viz_tla *t, size_t received,
                 const struct tla_place *place, bool plain)
{
    size_t sent = causes_sending(t->steps.trace, received);
    if (!is_known(t, received, sent))
        return;
    struct tla_message m = tla_request(t, sent);
    if (place == NULL)
        tla_release(t, m.from);
    bool snapshot = strcmp(m.type, "MsgSnap") == 0;
    const char *name = snapshot ? "ReceiveSnapshot"
                       : strcmp(m.type, "MsgVote") == 0
                           ? "ReceiveRequestVoteRequest"
                           : "ReceiveAppendEntriesRequest";
    struct tla_state state =
        place != NULL ? place->state : tla_state_of(t, m.to);
    struct tla_line *line = place != NULL ? place->line : NULL;
    uint64_t n = t->event[received].n;
    if (t->n_receipts[tla_in(t, sent)]++ > 0) {
        tla_put(&t->lines, line, n, "Duplicate", m.to, &state, &m);
        t->tally.n_duplicates++;
    }
    tla_put(&t->lines, line, n, name, m.to, &state, &m);
    uint64_t first = snapshot ? 1 : m.index + 1;
    t->match[tla_in(t, received)] =
        first > state.commit ? m.index + m.entries : state.commit;
    t->node[m.to].sends = true;
    t->node[m.to].expected = expected(t, &m, &state);
    if (plain && t->node[m.to].expected != state.commit)
        tla_odd(t);
}

void tla_receive_answer(struct viz_tla *t, size_t received)
{
    size_t replied = causes_sending(t->steps.trace, received);
    size_t request = tla_within(t, replied)
                         ? t->steps.request[tla_in(t, replied)]
                         : SIZE_MAX;
    if (!is_known(t, received, request))
        return;
    struct tla_message m = tla_answer(t, replied, request);
    m.to = t->event[received].node; // whatever a damaged trace says
    tla_release(t, m.from);
    bool vote = strcmp(m.type, "MsgVoteResp") == 0;
    tla_say(
        t, vote ? "ReceiveRequestVoteResponse" : "ReceiveAppendEntriesResponse",
        m.to, &m);
    uint64_t *match = &t->node[m.to].match[m.from];
    if (!vote && !m.reject && m.term == t->model.server[m.to].term &&
        m.index > *match)
        *match = m.index;
}

// An answer that changed nothing. One of a newer term was handled behind the
// step in which another one brought that term.
void tla_plain_answer(struct viz_tla *t, size_t received)
{
    int node = t->event[received].node;
    size_t replied = causes_sending(t->steps.trace, received);
    uint64_t term =
        replied != SIZE_MAX ? tla_number(&t->event[replied], "term") : 0;
    if (term > t->model.server[node].term)
        wait_for_step(&t->node[node], received);
    else
        tla_receive_answer(t, received);
}

// A request that changed nothing was handled some time before its answer left:
// as late as the state still fits to the answer.
void tla_plain_request(struct viz_tla *t, size_t received, size_t replied)
{
    int to = t->event[replied].node;
    struct tla_node *node = &t->node[to];
    uint64_t term = tla_number(&t->event[replied], "term");
    size_t sent = causes_sending(t->steps.trace, received);
    if (sent != SIZE_MAX && t->event[sent].node >= 0 &&
        t->event[sent].node < t->n_servers)
        tla_release(t, t->event[sent].node);
    if (t->model.server[to].term == term) {
        tla_receive(t, received, NULL, true);
        return;
    }
    for (size_t k = 0; k < TLA_REMEMBERED && k < node->n_places; k++) {
        const struct tla_place *place =
            &node->place[(node->n_places - 1 - k) % TLA_REMEMBERED];
        if (place->state.term == term) {
            tla_receive(t, received, place, true);
            return;
        }
    }
    tla_receive(t, received, NULL, true);
}
