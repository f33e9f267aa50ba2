// why_causes.c -- what each kind of fact rests on.
//
// By `cause` where the trace has it, by the order of a server's events where
// it matters and cause does not tell: a leader's role rests on the votes that
// it heard, a commit on the copies of a majority, a timeout on the fault that
// explains the silence.
#include "why.h"

#include <string.h>

#include "../src/trace/fields.h"
#include "causes.h"

enum { LOOK_BACK = 4000 };

static size_t cause_of(const struct why *why, size_t at)
{
    uint64_t n = why_event(why, at)->cause;
    size_t found = n > 0 ? causes_position(why->trace, n) : SIZE_MAX;
    return found < at && why_event(why, found)->n == n ? found : SIZE_MAX;
}

// -------------------------------------------------------- what to look for

static bool is_kind(const struct trace_event *event, const void *kind)
{
    return event->kind == *(const enum trace_kind *)kind;
}

bool why_changes_role(const struct trace_event *event, const void *unused)
{
    (void)unused;
    return event->kind == TRACE_ROLE || event->kind == TRACE_BOOT;
}

static bool becomes_leader(const struct trace_event *event, const void *unused)
{
    (void)unused;
    return event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER;
}

bool why_holds(const struct trace_event *event, const void *index)
{
    uint64_t i = *(const uint64_t *)index;
    switch (event->kind) {
    case TRACE_APPEND:
        return event->index <= i && i < event->index + event->n_entries;
    case TRACE_INSTALL:
        return i <= event->index;
    case TRACE_BOOT:
        return i <= event->index + event->n_entries && i > 0;
    default:
        return false;
    }
}

static bool covers(const struct trace_event *event, const void *index)
{
    return event->kind == TRACE_COMMIT && event->to >= *(const uint64_t *)index;
}

static bool votes_in(const struct trace_event *event, const void *term)
{
    return event->kind == TRACE_VOTE && event->term == *(const uint64_t *)term;
}

// ----------------------------------------------------- ways between facts

bool why_leads(const struct why *why, size_t at)
{
    size_t role =
        why_last(why, why_event(why, at)->node, at, why_changes_role, NULL);
    return role != SIZE_MAX && becomes_leader(why_event(why, role), NULL);
}

size_t why_receipt(const struct why *why, size_t at, enum trace_kind kind)
{
    int node = why_event(why, at)->node;
    bool caused = why_event(why, at)->cause > 0;
    for (size_t i = at; i != SIZE_MAX && why_event(why, i)->node == node;
         i = cause_of(why, i))
        if (why_event(why, i)->kind == kind)
            return i;
    if (caused)
        return SIZE_MAX;
    // A trace without causes: the last receipt at that server.
    for (size_t i = at, n = 0; i > 0 && n < LOOK_BACK; i--, n++)
        if (why_event(why, i - 1)->node == node &&
            why_event(why, i - 1)->kind == kind)
            return i - 1;
    return SIZE_MAX;
}

size_t why_request(const struct why *why, size_t at)
{
    size_t got = why_receipt(why, at, TRACE_RECV);
    if (got != SIZE_MAX)
        return causes_sending(why->trace, got);
    size_t answer = why_receipt(why, at, TRACE_REPLY_RECV);
    size_t reply =
        answer != SIZE_MAX ? causes_sending(why->trace, answer) : SIZE_MAX;
    got = reply != SIZE_MAX ? why_receipt(why, reply, TRACE_RECV) : SIZE_MAX;
    return got != SIZE_MAX ? causes_sending(why->trace, got) : SIZE_MAX;
}

// The answer that an event of the asking server follows from.
static size_t answer_of(const struct why *why, size_t at)
{
    size_t got = why_receipt(why, at, TRACE_REPLY_RECV);
    return got != SIZE_MAX ? causes_sending(why->trace, got) : SIZE_MAX;
}

static size_t last_role(const struct why *why, int node, size_t before,
                        bool leader)
{
    return why_last(why, node, before,
                    leader ? becomes_leader : why_changes_role, NULL);
}

static size_t last_kind(const struct why *why, int node, size_t before,
                        enum trace_kind kind)
{
    return why_last(why, node, before, is_kind, &kind);
}

static size_t last_copy(const struct why *why, int node, size_t before,
                        uint64_t index)
{
    return why_last(why, node, before, why_holds, &index);
}

size_t why_fact_of(const struct why *why, size_t at)
{
    const struct trace_event *event = why_event(why, at);
    size_t cause = cause_of(why, at);
    bool own =
        cause != SIZE_MAX && why_event(why, cause)->kind == TRACE_TIMEOUT;
    // The timeout tells of the candidate; the own vote is told apart.
    if (own && (event->kind == TRACE_ROLE || event->kind == TRACE_TERM))
        return cause;
    if (event->kind != TRACE_TERM)
        return at;
    // A newer term and the end of a role are one step.
    enum trace_kind role = TRACE_ROLE;
    size_t next = why_next(why, event->node, at, is_kind, &role);
    if (next != SIZE_MAX && why_event(why, next)->to_role == TRACE_FOLLOWER &&
        event->cause > 0 && why_event(why, next)->cause == event->cause)
        return next;
    return at;
}

// What made a server send this: its role, or the entry that it sends.
static void rests_on_sender(struct why *why, size_t at, size_t send, int step)
{
    if (send == SIZE_MAX)
        return;
    const struct trace_event *event = why_event(why, send);
    const char *rpc = event->rpc != NULL ? event->rpc : "";
    size_t role =
        last_role(why, event->node, send, strcmp(rpc, "RequestVote") != 0);
    why_rests(why, at, role, step, true);
}

// ----------------------------------------------------------- who explains

static bool granted(const struct trace_event *reply)
{
    bool yes = false;
    return reply->kind == TRACE_REPLY &&
           trace_message_bool(&reply->args, "vote_granted", &yes) && yes;
}

// The votes that a candidate heard of before it led, and those that came too
// late to count.
static void explain_leader(struct why *why, size_t at)
{
    const struct trace_event *role = why_event(why, at);
    bool heard[TRACE_MAX_SERVERS] = {false};
    size_t n_links = why->n_links;
    size_t stood = last_role(why, role->node, at, false);
    for (size_t i = at; i > 0 && at - i < LOOK_BACK; i--) {
        if (i - 1 == stood)
            break;
        const struct trace_event *event = why_event(why, i - 1);
        int from = trace_endpoint(event->from);
        if (event->kind != TRACE_REPLY_RECV || event->node != role->node ||
            from < 0 || from >= why->n_servers)
            continue;
        size_t reply = causes_sending(why->trace, i - 1);
        if (reply == SIZE_MAX || !granted(why_event(why, reply)) ||
            why_number(why_event(why, reply), "term") != role->term)
            continue;
        heard[from] = true;
        size_t vote = why_last(why, from, reply, votes_in, &role->term);
        bool seen =
            vote != SIZE_MAX && why_event(why, vote)->voted_for == role->node;
        why_rests(why, at, seen ? vote : reply, WHY_NEAR, true);
    }
    for (int i = 0; i < why->n_servers; i++) {
        size_t vote = why_next(why, i, stood != SIZE_MAX ? stood : 0, votes_in,
                               &role->term);
        if (i == role->node && vote == SIZE_MAX)
            vote = why_last(why, i, at, votes_in, &role->term);
        if (vote != SIZE_MAX && !heard[i] &&
            why_event(why, vote)->voted_for == role->node)
            why_rests(why, at, vote, WHY_NEAR, i == role->node);
    }
    why_explain_loss(why, at);
    // Without any votes nothing else leads to the election.
    if (why->n_links == n_links)
        why_rests(why, at, stood, WHY_NEAR, true);
}

// Another term is seen, in a request or in an answer: the sender had it.
static void explain_term(struct why *why, size_t at)
{
    size_t got = why_receipt(why, at, TRACE_RECV);
    if (got == SIZE_MAX)
        got = why_receipt(why, at, TRACE_REPLY_RECV);
    size_t sent = got != SIZE_MAX ? causes_sending(why->trace, got) : SIZE_MAX;
    if (sent == SIZE_MAX)
        return;
    const struct trace_event *event = why_event(why, sent);
    size_t role = last_role(why, event->node, sent, false);
    size_t term = last_kind(why, event->node, sent, TRACE_TERM);
    bool later = term != SIZE_MAX && (role == SIZE_MAX || term > role);
    why_rests(why, at, later ? term : role, WHY_FAR, true);
    // What the server was before: that is what ends here.
    if (why_event(why, at)->kind == TRACE_ROLE)
        why_rests(why, at, last_role(why, why_event(why, at)->node, at, false),
                  WHY_OLD, true);
}

static void explain_vote(struct why *why, size_t at)
{
    const struct trace_event *vote = why_event(why, at);
    size_t cause = cause_of(why, at);
    if (cause != SIZE_MAX && why_event(why, cause)->kind == TRACE_TIMEOUT)
        why_rests(why, at, cause, WHY_NEAR, true);
    else
        rests_on_sender(why, at, why_request(why, at), WHY_NEAR);
    if (vote->voted_for == vote->node)
        return;
    why_explain_loss(why, at);
    why_rests(why, at, why_last(why, vote->node, at, votes_in, &vote->term),
              WHY_NEAR, true);
}

// A follower stores what its leader sent, which held it before.
static void explain_append(struct why *why, size_t at)
{
    const struct trace_event *append = why_event(why, at);
    size_t cause = cause_of(why, at);
    if (cause != SIZE_MAX && why_event(why, cause)->kind == TRACE_START) {
        why_rests(why, at, cause, WHY_NEAR, true);
        why_rests(why, at, last_role(why, append->node, at, false), WHY_NEAR,
                  true);
        return;
    }
    size_t send = why_request(why, at);
    if (send == SIZE_MAX)
        return;
    int leader = why_event(why, send)->node;
    uint64_t last =
        append->index + (append->n_entries > 0 ? append->n_entries - 1 : 0);
    size_t copy = last_copy(why, leader, send, last);
    size_t role = last_role(why, leader, send, true);
    why_rests(why, at, copy, WHY_NEAR, true);
    if (copy == SIZE_MAX || role == SIZE_MAX || copy < role)
        why_rests(why, at, role, WHY_NEAR, true);
    size_t cut = last_kind(why, append->node, at, TRACE_TRUNCATE);
    if (cut != SIZE_MAX && why_request(why, cut) == send)
        why_rests(why, at, cut, WHY_NEAR, true);
}

static void explain_truncate(struct why *why, size_t at)
{
    const struct trace_event *cut = why_event(why, at);
    size_t send = why_request(why, at);
    if (send != SIZE_MAX)
        rests_on_sender(why, at, send, WHY_NEAR);
    why_rests(why, at, last_copy(why, cut->node, at, cut->index), WHY_NEAR,
              true);
    size_t commit = why_last(why, cut->node, at, covers, &cut->index);
    why_rests(why, at, commit, WHY_FAR, true);
}

struct counted {
    int peer;
    uint64_t index;
};

static bool counts(const struct trace_event *event, const void *key)
{
    const struct counted *of = key;
    return event->kind == TRACE_MATCH && event->peer == of->peer &&
           event->to >= of->index && event->from < of->index;
}

// A leader's commit: the copies of those whose match_index had come so far.
static void explain_quorum(struct why *why, size_t at)
{
    const struct trace_event *commit = why_event(why, at);
    size_t role = last_role(why, commit->node, at, true);
    for (int peer = 0; peer < why->n_servers; peer++) {
        struct counted of = {peer, commit->to};
        size_t match = why_last(why, commit->node, at, counts, &of);
        bool needed = match != SIZE_MAX && (role == SIZE_MAX || match > role);
        if (!needed)
            match = why_next(why, commit->node, at, counts, &of);
        if (match == SIZE_MAX && peer != commit->node)
            continue;
        size_t reply = match != SIZE_MAX ? answer_of(why, match) : SIZE_MAX;
        size_t before = reply != SIZE_MAX   ? reply
                        : match != SIZE_MAX ? match
                                            : at;
        size_t copy = last_copy(why, peer, before, commit->to);
        // Too late to count, but it was on its way.
        if (!needed && peer != commit->node &&
            (copy == SIZE_MAX || why_request(why, copy) > at))
            continue;
        bool own = peer == commit->node;
        why_rests(why, at, copy != SIZE_MAX ? copy : match, WHY_NEAR,
                  needed || own);
        if (own && (copy == SIZE_MAX || role == SIZE_MAX || copy < role))
            why_rests(why, at, role, WHY_NEAR, true);
    }
}

static void explain_commit(struct why *why, size_t at)
{
    const struct trace_event *commit = why_event(why, at);
    if (why_leads(why, at)) {
        explain_quorum(why, at);
        return;
    }
    why_rests(why, at, last_copy(why, commit->node, at, commit->to), WHY_NEAR,
              true);
    size_t send = why_request(why, at);
    if (send == SIZE_MAX)
        return;
    int leader = why_event(why, send)->node;
    size_t theirs = why_last(why, leader, send, covers, &commit->to);
    why_rests(why, at, theirs, WHY_NEAR, true);
    if (theirs == SIZE_MAX)
        rests_on_sender(why, at, send, WHY_NEAR);
}

static void explain_apply(struct why *why, size_t at)
{
    const struct trace_event *apply = why_event(why, at);
    size_t commit = why_last(why, apply->node, at, covers, &apply->index);
    why_rests(why, at, commit, WHY_NEAR, true);
    why_rests(why, at, last_copy(why, apply->node, at, apply->index), WHY_FAR,
              true);
    if (why_find(why, at)->goal)
        why_rests(why, at, last_kind(why, apply->node, at, TRACE_APPLY),
                  WHY_NEAR, true);
}

// What was saved last, and what brought the server down.
static void explain_boot(struct why *why, size_t at)
{
    const struct trace_event *boot = why_event(why, at);
    why_rests(why, at, last_kind(why, boot->node, at, TRACE_PERSIST), WHY_NEAR,
              true);
    for (size_t i = at; i > 0; i--) {
        const struct trace_event *event = why_event(why, i - 1);
        if (event->node != boot->node || event->kind != TRACE_CRASH)
            continue;
        why_rests(why, at, i - 1, WHY_NEAR, true);
        return;
    }
}

// A promise that leaves: what it promises, and what was saved by then.
static void explain_promise(struct why *why, size_t at)
{
    const struct trace_event *event = why_event(why, at);
    uint64_t term = why_number(event, "term");
    size_t got = why_receipt(why, at, TRACE_RECV);
    if (granted(event))
        why_rests(why, at, why_last(why, event->node, at, votes_in, &term),
                  WHY_NEAR, true);
    size_t send = got != SIZE_MAX ? causes_sending(why->trace, got) : SIZE_MAX;
    if (send != SIZE_MAX && event->kind == TRACE_REPLY) {
        const struct trace_event *asked = why_event(why, send);
        uint64_t last = why_number(asked, "prev_log_index") +
                        trace_message_entries(&asked->args, NULL, 0);
        if (last > 0)
            why_rests(why, at, last_copy(why, event->node, at, last), WHY_NEAR,
                      true);
        rests_on_sender(why, at, send, WHY_NEAR);
    }
    if (event->kind == TRACE_SEND)
        why_rests(why, at, last_role(why, event->node, at, false), WHY_NEAR,
                  true);
    if (why_find(why, at)->goal)
        why_rests(why, at, last_kind(why, event->node, at, TRACE_PERSIST),
                  WHY_NEAR, true);
}

// A leader's view of a peer: the peer's answer, and what it really holds.
static void explain_view(struct why *why, size_t at)
{
    const struct trace_event *view = why_event(why, at);
    size_t reply = answer_of(why, at);
    if (reply != SIZE_MAX)
        why_rests(why, at, reply, WHY_NEAR, true);
    else
        why_rests(why, at, last_role(why, view->node, at, false), WHY_NEAR,
                  true);
    if (view->peer >= 0 && view->peer != view->node && view->to > 0)
        why_rests(why, at,
                  last_copy(why, view->peer, reply != SIZE_MAX ? reply : at,
                            view->to),
                  WHY_FAR, true);
}

static void explain_install(struct why *why, size_t at)
{
    const struct trace_event *install = why_event(why, at);
    size_t send = why_request(why, at);
    if (send != SIZE_MAX) {
        int leader = why_event(why, send)->node;
        why_rests(why, at, last_kind(why, leader, send, TRACE_COMPACT), WHY_FAR,
                  true);
        rests_on_sender(why, at, send, WHY_NEAR);
    }
    why_rests(why, at, last_copy(why, install->node, at, install->index),
              WHY_NEAR, true);
}

void why_explain(struct why *why, size_t at)
{
    const struct trace_event *event = why_event(why, at);
    switch (event->kind) {
    case TRACE_ROLE:
        if (event->to_role == TRACE_LEADER)
            explain_leader(why, at);
        else
            explain_term(why, at);
        break;
    case TRACE_TERM:
        explain_term(why, at);
        break;
    case TRACE_VOTE:
        explain_vote(why, at);
        break;
    case TRACE_TIMEOUT:
        why_explain_silence(why, at);
        break;
    case TRACE_APPEND:
        explain_append(why, at);
        break;
    case TRACE_TRUNCATE:
        explain_truncate(why, at);
        break;
    case TRACE_COMMIT:
        explain_commit(why, at);
        break;
    case TRACE_APPLY:
        explain_apply(why, at);
        break;
    case TRACE_BOOT:
        explain_boot(why, at);
        break;
    case TRACE_SEND:
    case TRACE_REPLY:
        explain_promise(why, at);
        break;
    case TRACE_MATCH:
    case TRACE_NEXT:
        explain_view(why, at);
        break;
    case TRACE_INSTALL:
        explain_install(why, at);
        break;
    case TRACE_COMPACT:
        why_rests(why, at,
                  why_last(why, event->node, at, covers, &event->index),
                  WHY_NEAR, true);
        break;
    case TRACE_DROP:
        why_explain_drop(why, at);
        break;
    case TRACE_PERSIST:
        if (why_find(why, at)->goal)
            why_rests(why, at, cause_of(why, at), WHY_NEAR, true);
        break;
    default:
        // A receipt, a refusal: what made it.
        why_rests(why, at,
                  event->kind == TRACE_RECV || event->kind == TRACE_REPLY_RECV
                      ? causes_sending(why->trace, at)
                      : cause_of(why, at),
                  WHY_NEAR, true);
        break;
    }
}
