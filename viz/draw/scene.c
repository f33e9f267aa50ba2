// scene.c -- see scene.h.
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/facts.h"
#include "check/findings.h"
#include "trace/fields.h"
#include "causes.h"
#include "window.h"

enum { MOST_MESSAGES = 300 };

static struct scene_message *add(struct scene *scene)
{
    scene->message = must_grow(scene->message, scene->n_messages, &scene->room,
                               sizeof *scene->message);
    struct scene_message *message = &scene->message[scene->n_messages++];
    memset(message, 0, sizeof *message);
    message->rpc = "";
    scene->n_fate[SCENE_DRAWN]++;
    return message;
}

// The leg that ends by this event: the one that it names, else the latest of
// that number which has not ended.
static struct scene_message *find(struct scene *scene,
                                  const struct trace_event *event, bool reply)
{
    struct scene_message *found = NULL;
    for (size_t i = scene->n_messages; i > 0; i--) {
        struct scene_message *m = &scene->message[i - 1];
        if (m->msg != event->msg || m->reply != reply || m->received != NULL)
            continue;
        if (m->sent != NULL && m->sent->n == event->cause)
            return m;
        if (found == NULL)
            found = m;
        if (event->cause == 0)
            break;
    }
    return found;
}

static uint64_t number(const struct trace_event *event, const char *name)
{
    uint64_t value = 0;
    trace_message_number(&event->args, name, &value);
    return value;
}

static void sent(struct scene *scene, const struct trace_event *event)
{
    struct scene_message *m = add(scene);
    m->sent = event;
    m->sent_us = event->us;
    m->reply = event->kind == TRACE_REPLY;
    m->duplicate = event->kind == TRACE_SEND && event->ok;
    m->from = event->node;
    m->to = trace_endpoint(event->to);
    m->msg = event->msg;
    m->rpc = event->rpc != NULL ? event->rpc : "";
    m->term = number(event, "term");
    m->included = number(event, "last_included_index");
    if (m->included > 0) {
        struct facts facts = facts_of(event, NULL);
        m->begin = facts.begin;
        m->end = facts.end;
        m->done = facts.done;
    } else
        m->end = number(event, "bytes_stored");
    size_t n = trace_message_entries(&event->args, NULL, 0);
    if (n > 0) {
        m->first = number(event, "prev_log_index") + 1;
        m->last = m->first + n - 1;
    }
    bool yes = false;
    bool says = trace_message_bool(&event->args, "success", &yes) ||
                trace_message_bool(&event->args, "vote_granted", &yes);
    m->yes = m->reply && says && yes;
    m->no = m->reply && says && !yes;
    m->heartbeat = !m->reply && strcmp(m->rpc, "AppendEntries") == 0 && n == 0;
}

static void ended(struct scene *scene, const struct trace_event *event)
{
    bool reply = event->kind == TRACE_REPLY_RECV ||
                 (event->kind == TRACE_DROP && event->leg != NULL &&
                  strcmp(event->leg, "reply") == 0);
    struct scene_message *m = find(scene, event, reply);
    if (m == NULL)
        return;
    m->lost = event->kind == TRACE_DROP;
    m->why = event->why;
    m->received = event;
    if (m->sent == NULL && event->rpc != NULL)
        m->rpc = event->rpc;
}

// What is on its way when the window begins.
static void carry_in(struct scene *scene)
{
    const struct trace_file *trace = scene->trace;
    for (size_t i = 0; i < scene->before.n_flights; i++) {
        const struct model_flight *flight = &scene->before.flight[i];
        size_t at = causes_position(trace, flight->sent_n);
        if (at < scene->begin && trace->event[at].n == flight->sent_n) {
            sent(scene, &trace->event[at]);
            continue;
        }
        struct scene_message *m = add(scene);
        m->sent_us = flight->sent_us;
        m->reply = flight->reply;
        m->from = flight->from;
        m->to = flight->to;
        m->msg = flight->msg;
    }
}

// A reply to a heartbeat is a heartbeat, unless it refuses: then both are
// the beginning of a repair.
static void pair_replies(struct scene *scene)
{
    for (size_t i = 0; i < scene->n_messages; i++) {
        struct scene_message *reply = &scene->message[i];
        if (!reply->reply)
            continue;
        for (size_t k = i; k > 0; k--) {
            struct scene_message *m = &scene->message[k - 1];
            if (m->msg != reply->msg || m->reply)
                continue;
            reply->first = m->first;
            reply->last = m->last;
            reply->included = m->included;
            reply->done = m->done;
            reply->heartbeat = m->heartbeat && !reply->no;
            m->heartbeat = reply->heartbeat;
            break;
        }
    }
}

// ------------------------------------------------------------------ the fates

static enum viz_rpc rpc_of(const struct scene_message *m)
{
    if (strcmp(m->rpc, "RequestVote") == 0)
        return VIZ_VOTES;
    if (strcmp(m->rpc, "AppendEntries") == 0)
        return m->heartbeat ? VIZ_HEARTBEATS : VIZ_APPENDS;
    return strcmp(m->rpc, "InstallSnapshot") == 0 ? VIZ_SNAPSHOTS : VIZ_OTHER;
}

static bool is_wanted(const struct scene *scene, const struct scene_message *m,
                      bool effective)
{
    const struct viz_filter *filter = &scene->window->filter;
    int n = scene->trace->header.n_servers;
    if (m->from < 0 || m->to < 0 || m->from >= n || m->to >= n)
        return false;
    if (!viz_shows_server(filter, m->from) && !viz_shows_server(filter, m->to))
        return false;
    enum trace_kind kind = m->reply ? TRACE_REPLY : TRACE_SEND;
    if (filter->kinds != 0 && (filter->kinds >> kind & 1) == 0)
        return false;
    if (filter->rpcs != 0 && (filter->rpcs >> rpc_of(m) & 1) == 0)
        return false;
    return filter->index == 0 ||
           (m->first <= filter->index && filter->index <= m->last) ||
           m->included >= filter->index || (effective && m->heartbeat);
}

// Is this what a message makes happen, beyond an answer? With a chosen entry
// only what happens to logs counts.
static bool is_effect(const struct trace_event *event, bool logs)
{
    switch (event->kind) {
    case TRACE_COMMIT:
    case TRACE_APPEND:
    case TRACE_TRUNCATE:
    case TRACE_INSTALL:
        return true;
    case TRACE_TERM:
    case TRACE_ROLE:
    case TRACE_REFUSE:
    case TRACE_FINDING:
        return !logs;
    default:
        return false;
    }
}

// Positions of events that others in the window follow from.
static bool *find_effective(const struct scene *scene)
{
    const struct trace_event *event = scene->trace->event;
    const struct viz_filter *filter = &scene->window->filter;
    bool *effective =
        must_calloc(scene->end - scene->begin + 1, sizeof *effective);
    for (size_t i = scene->begin; i < scene->end; i++) {
        bool counts = event[i].cause > 0 &&
                      is_effect(&event[i], filter->index > 0) &&
                      viz_shows(filter, &event[i]);
        size_t cause =
            counts ? causes_position(scene->trace, event[i].cause) : SIZE_MAX;
        if (cause >= scene->begin && cause < i)
            effective[cause - scene->begin] = true;
    }
    return effective;
}

// Has the receiver heard of this leader's term before?
static bool is_known(const struct scene *scene, size_t at)
{
    const struct scene_message *m = &scene->message[at];
    const struct model_server *leader = &scene->before.server[m->from];
    if (leader->role == TRACE_LEADER && leader->term == m->term)
        return true;
    for (size_t i = at; i > 0; i--) {
        const struct scene_message *other = &scene->message[i - 1];
        if (!other->reply && other->from == m->from && other->to == m->to &&
            other->term == m->term && strcmp(other->rpc, m->rpc) == 0)
            return true;
    }
    return false;
}

// What a server received when it broke a rule is drawn, whatever it carries. A
// finding of liveness has no such event.
static void mark_guilty(struct scene *scene)
{
    const struct trace_file *trace = scene->trace;
    for (size_t i = scene->begin; i < scene->end; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind != TRACE_FINDING || event->n_shown == 0 ||
            finding_cost(event->what, event->tag) != FINDING_IS_SAFETY)
            continue;
        uint64_t n = event->events[0];
        for (const struct trace_event *at = NULL; n != 0; n = at->cause) {
            size_t position = causes_position(trace, n);
            if (position >= trace->n_events || trace->event[position].n != n ||
                (at != NULL && at <= &trace->event[position]))
                break;
            at = &trace->event[position];
            for (size_t k = 0; k < scene->n_messages; k++)
                scene->message[k].guilty |= scene->message[k].received == at;
            if (at->kind == TRACE_RECV || at->kind == TRACE_REPLY_RECV)
                break;
        }
    }
}

static void decide(struct scene *scene)
{
    bool *effective = find_effective(scene);
    const struct trace_event *event = scene->trace->event;
    for (size_t i = 0; i < scene->n_messages; i++) {
        struct scene_message *m = &scene->message[i];
        bool acts = m->received != NULL &&
                    effective[(size_t)(m->received - event) - scene->begin];
        bool news = m->lost || acts;
        if (!is_wanted(scene, m, acts)) {
            scene_hide(scene, m, SCENE_FILTERED);
            continue;
        }
        if (m->heartbeat && !scene->window->heartbeats && !news &&
            (m->reply || is_known(scene, i)))
            scene_hide(scene, m, SCENE_HEARTBEAT);
    }
    free(effective);
}

// ---------------------------------------------------------------- the window

// Where the harness stops the servers for good: no crash of everybody. A
// window ends there, but one that lies behind it, and that of a run in which
// something was found behind it.
static size_t find_end(const struct trace_file *trace, size_t begin)
{
    bool down[TRACE_MAX_SERVERS] = {false};
    size_t end = trace->n_events;
    for (size_t i = 0; i < trace->n_events; i++) {
        if (part_over(down, &trace->event[i]) && end == trace->n_events)
            end = i;
        if (trace->event[i].kind == TRACE_BOOT ||
            trace->event[i].kind == TRACE_FINDING)
            end = trace->n_events;
    }
    return end > begin ? end : trace->n_events;
}

static void gather(struct scene *scene, uint64_t first, uint64_t last)
{
    const struct trace_file *trace = scene->trace;
    scene->begin = first > 0 ? causes_position(trace, first) : 0;
    scene->end = find_end(trace, scene->begin);
    if (last > 0 && causes_position(trace, last + 1) < scene->end)
        scene->end = causes_position(trace, last + 1);
    if (scene->end < scene->begin)
        scene->end = scene->begin;
    part_before(&scene->before, trace, scene->begin);
    carry_in(scene);
    for (size_t i = scene->begin; i < scene->end; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_SEND || event->kind == TRACE_REPLY)
            sent(scene, event);
        else if (event->kind == TRACE_RECV || event->kind == TRACE_DROP ||
                 event->kind == TRACE_REPLY_RECV)
            ended(scene, event);
    }
    pair_replies(scene);
    mark_guilty(scene);
    decide(scene);
}

// The number of the event at which the budget is spent: from the front, or
// from the end.
static uint64_t find_cut(const struct scene *scene, size_t most)
{
    bool ends = scene->window->ends;
    size_t n = 0;
    for (size_t i = 0; i < scene->n_messages; i++) {
        size_t at = ends ? scene->n_messages - 1 - i : i;
        const struct scene_message *m = &scene->message[at];
        n += m->fate == SCENE_DRAWN;
        if (n > most && m->sent != NULL)
            return ends ? m->sent->n + 1 : m->sent->n - 1;
    }
    return 0;
}

// What is on its way before a cut and behind it tells nothing of the part.
static void leave_out_passing(struct scene *scene)
{
    for (size_t i = 0; i < scene->n_messages; i++) {
        struct scene_message *m = &scene->message[i];
        if (m->fate == SCENE_DRAWN && !scene_begins_in(scene, m) &&
            m->received == NULL)
            scene_hide(scene, m, SCENE_FILTERED);
    }
}

void scene_make(struct scene *scene, const struct trace_file *trace,
                const struct viz_window *window)
{
    size_t most = window->most > 0 ? (size_t)window->most : MOST_MESSAGES;
    *scene = (struct scene){.trace = trace, .window = window};
    gather(scene, window->first, window->last);
    scene_fold(scene, most);
    size_t n_asked = scene->n_messages - scene->n_fate[SCENE_FILTERED];
    size_t allowed = most;
    // A cut brings messages that cross it: it may take another one.
    while (scene->n_fate[SCENE_DRAWN] > most && allowed > 0) {
        uint64_t cut = find_cut(scene, allowed);
        if (cut == 0)
            break;
        scene_free(scene);
        *scene = (struct scene){.trace = trace, .window = window};
        gather(scene, window->ends ? cut : window->first,
               window->ends ? window->last : cut);
        if (scene->n_fate[SCENE_DRAWN] > most)
            leave_out_passing(scene);
        scene_fold(scene, most);
        allowed--;
    }
    if (window->look.room.format != NULL)
        leave_out_passing(scene);
    scene->n_asked = n_asked;
}

void scene_free(struct scene *scene)
{
    model_free(&scene->before);
    free(scene->message);
    free(scene->folded);
    free(scene->fold);
}
