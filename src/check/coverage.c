// coverage.c -- what can be judged of a trace that tells part of a run.
//
// The traces of others may leave out kinds of events. A judge that compares
// with what such a kind would have told is not believed then, and users read
// what was not judged. A kind that comes at all is taken to come always. The
// kinds that change a log (append, truncate, compact, install) are one, and who
// tells what a server restores at boot tells its term, its votes and its log.
#include "internal.h"

#include <stdio.h>
#include <string.h>

enum { N_NEEDS = 4 };

static const struct {
    const char *name;
    enum trace_kind needs[N_NEEDS];
} areas[] = {
    {"Election Safety", {TRACE_ROLE}},
    {"Leader Append-Only", {TRACE_ROLE, TRACE_APPEND}},
    {"Log Matching", {TRACE_APPEND}},
    {"Leader Completeness", {TRACE_ROLE, TRACE_COMMIT, TRACE_APPEND}},
    {"State Machine Safety", {TRACE_APPLY}},
    {"terms", {TRACE_TERM}},
    {"votes", {TRACE_VOTE, TRACE_APPEND, TRACE_SEND}},
    {"elections", {TRACE_ROLE, TRACE_VOTE, TRACE_REPLY_RECV}},
    {"log changes", {TRACE_APPEND, TRACE_COMMIT}},
    {"commits", {TRACE_COMMIT, TRACE_ROLE, TRACE_TERM, TRACE_APPEND}},
    {"applies", {TRACE_APPLY, TRACE_COMMIT}},
    {"next and match indexes", {TRACE_MATCH, TRACE_NEXT, TRACE_APPEND}},
    {"durability", {TRACE_PERSIST, TRACE_SEND, TRACE_REPLY}},
    {"restarts", {TRACE_PERSIST, TRACE_BOOT}},
    {"answers", {TRACE_SEND, TRACE_RECV, TRACE_REPLY, TRACE_TERM}},
    {"election timers", {TRACE_TIMEOUT, TRACE_ROLE, TRACE_SEND, TRACE_RECV}},
};

// What a finding needs besides: that no server is lost; that what replies say
// is told, where any arrive; that messages show their fields.
enum { OF_ALL = 1, HEARD = 2, SHOWN = 4 };

// Findings that need more than the event that they are found at.
static const struct {
    const char *property;
    unsigned besides;
    enum trace_kind needs[N_NEEDS];
} findings[] = {
    {"Leader Append-Only", 0, {TRACE_ROLE, TRACE_APPEND}},
    {"Leader Completeness", 0, {TRACE_APPEND}},
    {"accepted without a matching entry", 0, {TRACE_APPEND}},
    {"answered before it was saved", 0, {TRACE_TERM, TRACE_VOTE, TRACE_APPEND}},
    {"command taken by no leader", 0, {TRACE_ROLE, TRACE_TERM}},
    {"commit before the leader", OF_ALL, {TRACE_ROLE, TRACE_APPEND}},
    {"commit beyond the log", 0, {TRACE_APPEND}},
    {"commit of an older term", 0, {TRACE_APPEND, TRACE_TERM}},
    {"commit without a majority",
     HEARD,
     {TRACE_APPEND, TRACE_TERM, TRACE_VOTE}},
    {"committed entry cut", 0, {TRACE_COMMIT}},
    {"current_term falls", 0, {TRACE_TERM}},
    {"election timer set back without a reason",
     0,
     {TRACE_ROLE, TRACE_VOTE, TRACE_SEND, TRACE_RECV}},
    {"entry of a later term", 0, {TRACE_TERM}},
    {"leader without a majority", OF_ALL | HEARD, {TRACE_TERM}},
    {"log cut without a message",
     SHOWN,
     {TRACE_APPEND, TRACE_SEND, TRACE_RECV}},
    {"match_index is wrong", HEARD, {TRACE_APPEND, TRACE_TERM}},
    {"next_index out of range", 0, {TRACE_APPEND}},
    {"no heartbeats", OF_ALL | SHOWN, {TRACE_ROLE, TRACE_TERM, TRACE_SEND}},
    {"one vote a term", 0, {TRACE_TERM}},
    {"restart from another state", 0, {TRACE_APPEND, TRACE_TERM, TRACE_VOTE}},
    {"saved what it is not", 0, {TRACE_APPEND, TRACE_TERM, TRACE_VOTE}},
    {"vote for a log that is behind", 0, {TRACE_APPEND}},
    {"vote refused without a reason",
     0,
     {TRACE_APPEND, TRACE_TERM, TRACE_VOTE}},
};

static bool tells(const struct check *check, enum trace_kind kind)
{
    bool restored =
        kind == TRACE_TERM || kind == TRACE_VOTE || kind == TRACE_APPEND;
    return check->n_of_kind[kind] > 0 ||
           (restored && check->n_of_kind[TRACE_BOOT] > 0);
}

// The first of the needed kinds that has never come; TRACE_UNKNOWN for none.
static enum trace_kind missing(const struct check *check,
                               const enum trace_kind needs[N_NEEDS])
{
    for (int i = 0; i < N_NEEDS && needs[i] != TRACE_UNKNOWN; i++)
        if (!tells(check, needs[i]))
            return needs[i];
    return TRACE_UNKNOWN;
}

// A message without its fields says nothing.
static bool tells_replies(const struct check *check)
{
    return check->n_of_kind[TRACE_REPLY_RECV] == 0 ||
           (check->told.fields && check->n_of_kind[TRACE_SEND] > 0 &&
            check->n_of_kind[TRACE_REPLY] > 0);
}

bool check_believes(const struct check *check, const char *property)
{
    size_t n = sizeof findings / sizeof findings[0], i = 0;
    while (i < n && strcmp(findings[i].property, property) != 0)
        i++;
    if (i == n)
        return true;
    unsigned besides = findings[i].besides;
    return missing(check, findings[i].needs) == TRACE_UNKNOWN &&
           !((besides & OF_ALL) != 0 && check->told.any_lost) &&
           ((besides & HEARD) == 0 || tells_replies(check)) &&
           ((besides & SHOWN) == 0 || check->told.fields);
}

bool check_is_lost(struct check *check, const struct trace_event *event)
{
    struct told *told = &check->told;
    struct model_server *model = &check->model.server[event->node];
    bool down = event->kind == TRACE_CRASH || event->kind == TRACE_KILL ||
                event->kind == TRACE_RESTART;
    told->fields |= event->args.type != NULL || event->args.parsed != NULL;
    model->up |= model_wakes(model, event);
    if (event->kind == TRACE_BOOT)
        told->lost[event->node] = false;
    else if ((down && !model->booted) ||
             (event->kind != TRACE_RESTART && event->inc > model->inc))
        told->lost[event->node] = told->any_lost = true;
    return told->lost[event->node];
}

size_t check_areas(const struct check *check, struct check_area *out,
                   size_t most)
{
    size_t n = 0, n_areas = sizeof areas / sizeof areas[0];
    for (size_t i = 0; i < n_areas && n < most; i++) {
        if (check->untimed && areas[i].needs[0] == TRACE_TIMEOUT)
            continue;
        enum trace_kind kind = missing(check, areas[i].needs);
        snprintf(out[n].name, sizeof out[n].name, "%s", areas[i].name);
        out[n++].missing =
            kind != TRACE_UNKNOWN ? trace_kinds[kind].name : NULL;
    }
    for (int i = 0; i < check->model.n_servers && n < most; i++) {
        if (!check->told.lost[i])
            continue;
        snprintf(out[n].name, sizeof out[n].name, "S%d since it was taken down",
                 i + 1);
        out[n++].missing = trace_kinds[TRACE_BOOT].name;
    }
    return n;
}
