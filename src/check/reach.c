// reach.c -- see reach.h.
#include "reach.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/die.h"

// What one of a server's threads had on its way in a crash leaves without a
// delay.
enum { LATE_US = 50000, STEP_US = 9000 };

struct reach *reach_make(void)
{
    return must_calloc(1, sizeof(struct reach));
}

void reach_free(struct reach *reach)
{
    free(reach->entries.cell);
    free(reach->others.cell);
    free(reach->old.cell);
    free(reach->stood.cell);
    free(reach);
}

// ------------------------------------------------------------ entries

static uint64_t key_of(uint64_t term, uint64_t command)
{
    return command + term * 0x9e3779b97f4a7c15u;
}

// The server has this entry from now on.
static void gets(struct reach *reach, int server, uint64_t index, uint64_t term,
                 uint64_t command)
{
    uint64_t bit = 1ull << server;
    bool fresh;
    struct table_cell *cell = table_at(&reach->entries, index, term, &fresh);
    if (fresh)
        cell->second = command;
    if (cell->second == command) {
        cell->first |= bit;
        return;
    }
    cell->event |= bit;
    cell = table_at(&reach->others, index, key_of(term, command), &fresh);
    cell->first |= bit;
}

// Has it an entry of that index and term?
static bool has_one(const struct reach *reach, int server, uint64_t index,
                    uint64_t term)
{
    const struct table_cell *cell = table_find(&reach->entries, index, term);
    return cell != NULL && ((cell->first | cell->event) >> server & 1) != 0;
}

// With this command?
static bool has(const struct reach *reach, int server, uint64_t index,
                uint64_t term, uint64_t command)
{
    const struct table_cell *cell = table_find(&reach->entries, index, term);
    if (cell != NULL && cell->second != command)
        cell = table_find(&reach->others, index, key_of(term, command));
    return cell != NULL && (cell->first >> server & 1) != 0;
}

// It has stood for this term, and may have led it.
static void stands(struct reach *reach, int server, uint64_t term)
{
    bool fresh;
    table_at(&reach->stood, term + 1, (uint64_t)server + 1, &fresh);
}

static bool stood(const struct reach *reach, int server, uint64_t term)
{
    return table_find(&reach->stood, term + 1, (uint64_t)server + 1) != NULL;
}

// Whether it may have an entry at the end of its log, or behind which others
// come: what it started itself is told only when raft_start() has returned.
static bool may_have(const struct reach *reach, int server, uint64_t index,
                     uint64_t term)
{
    const struct reach_server *me = &reach->server[server];
    return index <= me->low || me->dark || me->n_dark > 0 ||
           stood(reach, server, term) || has_one(reach, server, index, term);
}

static bool broken(struct check *check, const struct trace_event *event,
                   const char *tag, int other, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static bool broken(struct check *check, const struct trace_event *event,
                   const char *tag, int other, const char *format, ...)
{
    char what[200], text[sizeof check->finding.text];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const struct reach_server *me = &check->reach->server[event->node];
    char since[60] = "";
    if (me->life > 0)
        snprintf(since, sizeof since, ", since it came back at %.3f s,",
                 check_seconds(me->life_us));
    snprintf(text, sizeof text,
             "S%d %s, which%s no message brought and nobody started there, and"
             " which was not on its disk: servers share nothing else.",
             event->node + 1, what, since);
    return check_found(check, event, FINDING_CAME_BY_NO_MESSAGE, tag, other, 0,
                       text);
}

// ------------------------------------------------------------ messages

static struct reach_message *message_of(struct reach *reach, uint64_t msg)
{
    struct reach_message *message = &reach->message[msg % N_FLIGHTS];
    if (message->msg != msg)
        *message = (struct reach_message){.msg = msg, .life = -1};
    return message;
}

// Bytes came that only the server can read.
static void gets_dark(struct reach_server *me, uint64_t n)
{
    me->dark |= n == 0;
    me->n_dark += n;
}

// Where time stands still, actions are 10 ms apart.
static bool is_late(const struct check *check, const struct trace_event *event)
{
    const struct reach_server *me = &check->reach->server[event->node];
    uint64_t late = check->untimed ? STEP_US : LATE_US;
    return me->down || (me->life_us > 0 && event->us < me->life_us + late);
}

// Entries of the leader's own term begin with it; it has the others.
static bool sends_entries(struct check *check, const struct trace_event *event,
                          const struct flight *flight)
{
    struct reach *reach = check->reach;
    const struct facts *args = &flight->args;
    bool late = is_late(check, event);
    stands(reach, event->node, args->term);
    for (uint64_t i = 0; i < args->n_entries; i++) {
        uint64_t index = args->index + 1 + i;
        uint64_t term = facts_term(&check->terms, args, i);
        if (term == 0 || late)
            return true;
        if (term != args->term && !may_have(reach, event->node, index, term))
            return broken(check, event, "L.3", flight->to,
                          "sent S%d entry %" PRIu64 " of term %" PRIu64,
                          flight->to + 1, index, term);
        if (term == args->term)
            gets(reach, event->node, index, term,
                 facts_command(&check->terms, args, i));
    }
    return true;
}

static bool sends(struct check *check, const struct trace_event *event)
{
    struct reach *reach = check->reach;
    const struct flight *flight = check_flight(check, event->msg);
    if (flight == NULL || flight->sent_n != event->n)
        return true; // a copy
    const struct facts *args = &flight->args;
    message_of(reach, event->msg)->n_request = event->args.encoded.n;
    if (args->rpc == FACTS_APPEND && args->whole)
        return sends_entries(check, event, flight);
    if (args->rpc == FACTS_VOTE)
        stands(reach, event->node, args->term);
    if (args->rpc != FACTS_VOTE || !args->whole || args->index == 0 ||
        is_late(check, event) ||
        may_have(reach, event->node, args->index, args->index_term))
        return true;
    return broken(check, event, "C.1", flight->to,
                  "asked S%d for its vote with entry %" PRIu64
                  " of term %" PRIu64 " at the end of its log",
                  flight->to + 1, args->index, args->index_term);
}

static void receives(struct check *check, const struct trace_event *event)
{
    struct reach *reach = check->reach;
    struct reach_server *me = &reach->server[event->node];
    struct reach_message *message = message_of(reach, event->msg);
    const struct flight *flight = check_flight(check, event->msg);
    message->life = me->life;
    if (flight == NULL || flight->args.rpc == FACTS_OTHER ||
        !flight->args.whole || flight->args.extra) {
        gets_dark(me, message->n_request);
        return;
    }
    const struct facts *args = &flight->args;
    if (args->rpc == FACTS_INSTALL) {
        me->snapshot = args->index > me->snapshot ? args->index : me->snapshot;
        me->low = args->index > me->low ? args->index : me->low;
        me->n_snapshot += message->n_request;
    }
    for (uint64_t i = 0; args->rpc == FACTS_APPEND && i < args->n_entries;
         i++) {
        uint64_t term = facts_term(&check->terms, args, i);
        if (term == 0)
            me->dark = true; // forgotten
        else
            gets(reach, event->node, args->index + 1 + i, term,
                 facts_command(&check->terms, args, i));
    }
}

// [AE.2] The entry before a message's is there when it is acknowledged.
static bool replies(struct check *check, const struct trace_event *event)
{
    struct reach *reach = check->reach;
    struct reach_message *message = message_of(reach, event->msg);
    const struct flight *flight = check_flight(check, event->msg);
    const struct facts_reply *reply = check_reply(flight, event);
    if (event->args.encoded.n > message->n_reply)
        message->n_reply = event->args.encoded.n;
    if (reply == NULL || !reply->whole || !reply->yes ||
        message->life != reach->server[event->node].life ||
        flight->args.rpc != FACTS_APPEND || !flight->args.whole ||
        reply->term != flight->args.term || flight->args.index == 0 ||
        may_have(reach, event->node, flight->args.index,
                 flight->args.index_term))
        return true;
    return broken(
        check, event, "AE.2", flight->from,
        "acknowledged to S%d a log with entry %" PRIu64 " of term %" PRIu64,
        flight->from + 1, flight->args.index, flight->args.index_term);
}

// An answer that brings more than numbers, or is of another name.
static void hears(struct check *check, const struct trace_event *event)
{
    struct reach *reach = check->reach;
    const struct flight *flight = check_flight(check, event->msg);
    bool dark = flight != NULL && flight->args.rpc == FACTS_OTHER;
    for (int i = 0; flight != NULL && i < N_REPLIES; i++)
        dark |= flight->reply[i].facts.extra;
    reach->answers_dark |= dark;
    if (dark || (flight == NULL && reach->answers_dark))
        gets_dark(&reach->server[event->node],
                  message_of(reach, event->msg)->n_reply);
}

// ------------------------------------------------------------ services

// It may stand among bytes that only the server can read: a command takes a
// quarter of its length there, and a byte at least.
static bool was_dark(struct reach_server *me, uint64_t n_bytes)
{
    uint64_t n = n_bytes / 4 + 1;
    if (me->dark)
        return true;
    if (me->n_dark < n)
        return false;
    me->n_dark -= n;
    return true;
}

// Where else it has this very entry, near by: then nobody gave it anything, and
// it has put it, or what stands before it, in the wrong place. 0 = nowhere.
static uint64_t near_by(const struct reach *reach,
                        const struct trace_event *event, uint64_t command)
{
    enum { NEAR = 16 };
    for (uint64_t d = 1; d <= NEAR; d++) {
        if (event->index > d &&
            has(reach, event->node, event->index - d, event->term, command))
            return event->index - d;
        if (has(reach, event->node, event->index + d, event->term, command))
            return event->index + d;
    }
    return 0;
}

static bool misplaced(struct check *check, const struct trace_event *event,
                      const char *digest, uint64_t index)
{
    char text[sizeof check->finding.text];
    snprintf(text, sizeof text,
             "S%d applied \"%s\" as entry %" PRIu64 " of term %" PRIu64
             ", but had got it, by a message or from a client, as entry"
             " %" PRIu64 ".",
             event->node + 1, digest, event->index, event->term, index);
    return check_found(check, event, FINDING_APPLIED_OTHER_ENTRY, "AE.4",
                       TRACE_NONE, 0, text);
}

static bool gives(struct check *check, const struct trace_event *event,
                  struct message_bytes bytes)
{
    struct reach *reach = check->reach;
    struct reach_server *me = &reach->server[event->node];
    uint64_t index = event->index;
    bool good = index <= me->applied;
    char digest[MESSAGE_DIGEST];
    if (!good && event->ok)
        good = index <= me->snapshot && bytes.n <= me->n_snapshot + me->n_dark;
    else if (!good)
        good = has(reach, event->node, index, event->term, facts_hash(bytes));
    if (!good && !was_dark(me, bytes.n)) {
        message_digest(bytes.at, bytes.n, digest);
        uint64_t other =
            event->ok ? 0 : near_by(reach, event, facts_hash(bytes));
        if (other > 0)
            return misplaced(check, event, digest, other);
        return event->ok
                   ? broken(check, event, "IS.8", TRACE_NONE,
                            "gave its service a snapshot up to index %" PRIu64,
                            index)
                   : broken(check, event, "ALL.1", TRACE_NONE,
                            "applied \"%s\" as entry %" PRIu64
                            " of term %" PRIu64,
                            digest, index, event->term);
    }
    me->applied = index > me->applied ? index : me->applied;
    me->low = index > me->low ? index : me->low;
    return true;
}

// ------------------------------------------------------------ lives

static void forget(struct reach *reach, uint64_t bit)
{
    for (size_t i = 0; i < reach->entries.room; i++) {
        struct table_cell *cell = &reach->entries.cell[i];
        bool fresh;
        if (((cell->first | cell->event) & bit) == 0)
            continue;
        table_at(&reach->old, cell->a, cell->b, &fresh)->first |= bit;
        cell->first &= ~bit;
        cell->event &= ~bit;
    }
    for (size_t i = 0; i < reach->others.room; i++)
        reach->others.cell[i].first &= ~bit;
}

// Nothing is left but what is on its disk.
static void restarts(struct check *check, const struct trace_event *event)
{
    struct reach *reach = check->reach;
    struct reach_server *me = &reach->server[event->node];
    *me = (struct reach_server){.life = me->life + 1,
                                .life_us = event->us,
                                .was_dark =
                                    me->was_dark || me->dark || me->n_dark > 0};
    forget(reach, 1ull << event->node);
}

static bool disk_broken(struct check *check, const struct trace_event *event,
                        uint64_t index, const struct message_entry *entry)
{
    char command[MESSAGE_DIGEST];
    message_digest(entry->command.at, entry->command.n, command);
    char text[sizeof check->finding.text];
    snprintf(text, sizeof text,
             "S%d comes back, and on its disk is \"%s\" as entry %" PRIu64
             " of term %" PRIu64
             ", which no message had brought and nobody had started there:"
             " servers share nothing else.",
             event->node + 1, command, index, entry->term);
    return check_found(check, event, FINDING_CAME_BY_NO_MESSAGE, "AE.4",
                       TRACE_NONE, 0, text);
}

static bool is_saved(struct check *check, const struct trace_event *event,
                     const struct check_disk *disk, bool dark)
{
    struct reach *reach = check->reach;
    for (size_t i = 0; i < disk->entries.n; i++) {
        const struct message_entry *entry = &disk->entries.entry[i];
        uint64_t index = disk->index + 1 + i;
        const struct table_cell *cell =
            table_find(&reach->old, index, entry->term);
        bool had = cell != NULL && (cell->first >> event->node & 1) != 0;
        if (!had && reach->server[event->node].life > 0 && !dark &&
            index > disk->snapshot_index &&
            !stood(reach, event->node, entry->term))
            return disk_broken(check, event, index, entry);
        gets(reach, event->node, index, entry->term,
             facts_hash(entry->command));
    }
    return true;
}

bool check_disk(struct check *check, const struct trace_event *event,
                const struct check_disk *disk)
{
    struct reach *reach = check->reach;
    struct reach_server *me = &reach->server[event->node];
    if (check->broken || check->model.n_servers > REACH_MOST ||
        check->model.n_servers == 1)
        return !check->broken;
    bool dark = me->was_dark;
    reach->hands = true;
    me->applied = me->low = me->snapshot = disk->snapshot_index;
    me->n_dark = disk->readable ? 0 : disk->n_bytes;
    return !disk->readable || is_saved(check, event, disk, dark);
}

bool check_hands(struct check *check, const struct trace_event *event,
                 struct message_bytes bytes)
{
    if (check->broken || !check->reach->hands)
        return !check->broken;
    if (event->kind == TRACE_GIVEN)
        return gives(check, event, bytes);
    if (event->kind == TRACE_TAKEN)
        gets(check->reach, event->node, event->index, event->term,
             facts_hash(bytes));
    return true;
}

// ------------------------------------------------------------ events

bool check_reach(struct check *check, const struct trace_event *event)
{
    if (!check->reach->hands)
        return true;
    switch (event->kind) {
    case TRACE_SEND:
        return sends(check, event);
    case TRACE_RECV:
        receives(check, event);
        return true;
    case TRACE_REPLY:
        return replies(check, event);
    case TRACE_REPLY_RECV:
        hears(check, event);
        return true;
    case TRACE_CRASH:
        check->reach->server[event->node].down = true;
        return true;
    case TRACE_RESTART:
        restarts(check, event);
        return true;
    default:
        return true;
    }
}
