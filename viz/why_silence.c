// why_silence.c -- why a server heard of no leader: the fault in force, a lost
// message, a leader that stepped down, an election that failed.
#include "../src/trace/fields.h"
#include "why.h"

#include <string.h>

// The faults in force that a server's silence may come from.
struct silence {
    const struct why *why;
    int server, leader; // leader -1: nobody knows
};

static bool touches(const struct trace_event *event, const void *key)
{
    const struct silence *of = key;
    bool ours = event->node == of->server ||
                (of->leader >= 0 && event->node == of->leader);
    switch (event->kind) {
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_PAUSE:
        return of->leader >= 0 && event->node == of->leader;
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
        return ours;
    case TRACE_LINK:
        return trace_endpoint(event->to) == of->server &&
               trace_endpoint(event->from) == of->leader;
    case TRACE_PARTITION:
        return of->leader < 0 ||
               ((size_t)of->leader < event->n_groups &&
                (size_t)of->server < event->n_groups &&
                event->groups[of->leader] != event->groups[of->server]);
    case TRACE_HEAL:
        return true;
    default:
        return false;
    }
}

bool why_cuts(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_CRASH:
    case TRACE_DISCONNECT:
    case TRACE_PARTITION:
        return true;
    case TRACE_PAUSE:
        return event->ok;
    case TRACE_LINK:
        return !event->ok;
    default:
        return false;
    }
}

// The leader that a server heard last before the position, -1 for none; *when
// gets the position.
static int last_leader(const struct why *why, int server, size_t before,
                       size_t *when)
{
    *when = 0;
    for (size_t i = before; i > 0; i--) {
        const struct trace_event *event = why_event(why, i - 1);
        if (event->node != server)
            continue;
        if (event->kind == TRACE_BOOT)
            break;
        if (event->kind != TRACE_RECV || event->rpc == NULL ||
            strcmp(event->rpc, "RequestVote") == 0)
            continue;
        *when = i - 1;
        return trace_endpoint(event->from);
    }
    return -1;
}

// Messages of the leader to the server that were lost since then.
static size_t lost_since(const struct why *why, size_t since, size_t at,
                         int leader, uint64_t *n)
{
    size_t last = SIZE_MAX;
    int server = why_event(why, at)->node;
    for (size_t i = since; i < at; i++) {
        const struct trace_event *event = why_event(why, i);
        bool ours = event->kind == TRACE_DROP &&
                    trace_endpoint(event->from) == leader &&
                    trace_endpoint(event->to) == server;
        if (ours) {
            last = i;
            ++*n;
        }
    }
    return last;
}

static bool steps_down(const struct trace_event *event, const void *unused)
{
    (void)unused;
    return event->kind == TRACE_ROLE && event->from_role == TRACE_LEADER;
}

static bool stands(const struct trace_event *event)
{
    return event->kind == TRACE_ROLE && event->to_role == TRACE_CANDIDATE;
}

// A candidate that stands again: the failed elections between its first and
// this one are counted, not told.
static bool explain_again(struct why *why, size_t at)
{
    int server = why_event(why, at)->node;
    size_t first = SIZE_MAX, before = at;
    uint64_t n = 0;
    for (;;) {
        before = why_last(why, server, before, why_changes_role, NULL);
        if (before == SIZE_MAX || !stands(why_event(why, before)))
            break;
        first = before;
        n++;
    }
    why_find(why, at)->n_other = n;
    why_rests(why, at, first, WHY_FAR, true);
    return n > 0;
}

void why_explain_silence(struct why *why, size_t at)
{
    int server = why_event(why, at)->node;
    size_t when;
    if (explain_again(why, at))
        return;
    int leader = last_leader(why, server, at, &when);
    // It led itself until then.
    size_t down = why_last(why, server, at, steps_down, NULL);
    if (down != SIZE_MAX && down > when) {
        why_rests(why, at, down, WHY_FAR, true);
        return;
    }
    struct silence silence = {why, server, leader};
    size_t fault = why_last(why, why->n_servers, at, touches, &silence);
    if (fault != SIZE_MAX && why_cuts(why_event(why, fault))) {
        why_rests(why, at, fault, WHY_NEAR, true);
        return;
    }
    if (leader < 0)
        return;
    down = why_last(why, leader, at, steps_down, NULL);
    if (down != SIZE_MAX && down > when) {
        why_rests(why, at, down, WHY_FAR, true);
        return;
    }
    uint64_t n_lost = 0;
    size_t lost = lost_since(why, when, at, leader, &n_lost);
    struct why_fact *fact = why_rests(why, at, lost, WHY_NEAR, true);
    if (fact != NULL)
        fact->n_other = n_lost;
}

static bool unplugs(const struct trace_event *event, const void *drop)
{
    const struct trace_event *of = drop;
    return event->kind == TRACE_DISCONNECT &&
           (event->node == trace_endpoint(of->from) ||
            event->node == trace_endpoint(of->to));
}

void why_explain_drop(struct why *why, size_t at)
{
    const struct trace_event *drop = why_event(why, at);
    if (drop->why != NULL && strcmp(drop->why, "unplugged") == 0)
        why_rests(why, at, why_last(why, why->n_servers, at, unplugs, drop),
                  WHY_NEAR, true);
}
