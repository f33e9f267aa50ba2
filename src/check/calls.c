// calls.c -- what is known of the calls under way and of who handles them.
#include <string.h>

#include "internal.h"

struct flight *check_flight(const struct check *check, uint64_t msg)
{
    struct flight *flight = &check->flight[msg % N_FLIGHTS];
    return msg != 0 && flight->msg == msg ? flight : NULL;
}

// A tracer may number its messages as it likes, by a server and a count, say;
// what is known of them stands in a ring, which wants numbers in order. Its own
// numbers serve as long as they are nearly that.
uint64_t check_message(struct check *check, const struct trace_event *event)
{
    enum { NEAR = N_FLIGHTS / 4 };
    uint64_t msg = event->msg, highest = check->highest_msg;
    bool near = msg + NEAR > highest && msg <= highest + NEAR;
    if (!check->renumbers && (event->kind != TRACE_SEND || near)) {
        if (event->kind == TRACE_SEND && msg > highest)
            check->highest_msg = msg;
        return msg;
    }
    if (!check->renumbers)
        check->unnumbered = highest; // sent before: as they are
    check->renumbers = true;
    if (event->kind == TRACE_SEND && msg > check->unnumbered) {
        bool fresh;
        struct table_cell *cell = table_at(&check->number, msg, 0, &fresh);
        if (fresh)
            cell->first = ++check->highest_msg;
        return cell->first;
    }
    const struct table_cell *cell = table_find(&check->number, msg, 0);
    return cell != NULL ? cell->first : msg <= check->unnumbered ? msg : 0;
}

static bool same(const struct facts_reply *a, const struct facts_reply *b)
{
    return a->term == b->term && a->stored == b->stored &&
           a->whole == b->whole && a->yes == b->yes &&
           a->tells_stored == b->tells_stored;
}

// A copy of a request has a reply of its own; the receipt's cause tells which
// of them has arrived. Without a cause it is the only one, or one of equals.
const struct facts_reply *check_reply(const struct flight *flight,
                                      const struct trace_event *event)
{
    bool here = event->kind == TRACE_REPLY;
    uint64_t n = here ? event->n : event->cause;
    if (flight == NULL || flight->reply[0].n == 0)
        return NULL;
    for (int i = 0; n != 0 && i < N_REPLIES; i++)
        if (flight->reply[i].n == n)
            return &flight->reply[i].facts;
    bool one = flight->reply[1].n == 0 ||
               same(&flight->reply[0].facts, &flight->reply[1].facts);
    return !here && one ? &flight->reply[0].facts : NULL;
}

const struct origin *check_origin(const struct check *check, uint64_t n)
{
    const struct origin *origin = &check->origin[n % N_ORIGINS];
    return n != 0 && origin->n == n ? origin : NULL;
}

struct flight *check_handling(const struct check *check, uint64_t n)
{
    const struct origin *origin = check_origin(check, n);
    if (origin == NULL || origin->root_kind != TRACE_RECV)
        return NULL;
    struct flight *flight = check_flight(check, origin->root_msg);
    return flight != NULL && flight->recv_n == origin->root ? flight : NULL;
}

// An event stems from what its cause stems from; receipts, and what has no
// known cause, are roots.
static void note_origin(struct check *check, const struct trace_event *event)
{
    struct origin *origin = &check->origin[event->n % N_ORIGINS];
    const struct origin *cause = check_origin(check, event->cause);
    bool root = event->kind == TRACE_RECV || event->kind == TRACE_REPLY_RECV ||
                event->kind == TRACE_TIMEOUT || event->kind == TRACE_START ||
                event->cause == 0;
    if (root)
        *origin = (struct origin){event->n, event->n, event->kind,
                                  event->kind == TRACE_START ? event->index
                                                             : event->msg};
    else if (cause != NULL)
        *origin = (struct origin){event->n, cause->root, cause->root_kind,
                                  cause->root_msg};
    else
        *origin = (struct origin){event->n, 0, TRACE_UNKNOWN, 0};
}

static int server_or_none(const struct check *check, uint64_t number)
{
    return number < (uint64_t)check->model.n_servers ? (int)number : TRACE_NONE;
}

void check_note(struct check *check, const struct trace_event *event)
{
    note_origin(check, event);
    struct flight *flight = &check->flight[event->msg % N_FLIGHTS];
    if (event->kind == TRACE_SEND && flight->msg != event->msg)
        *flight = (struct flight){.msg = event->msg,
                                  .args = facts_of(event, &check->terms),
                                  .sent_n = event->n,
                                  .sent_us = event->us,
                                  .from = event->node,
                                  .to = server_or_none(check, event->to)};
    check->entries_sent |= event->kind == TRACE_SEND &&
                           flight->msg == event->msg &&
                           flight->args.n_entries > 0;
    if (event->kind == TRACE_REPLY && flight->msg == event->msg) {
        int i = flight->reply[0].n != 0 ? 1 : 0;
        flight->reply[i] =
            (struct flight_reply){event->n, facts_of_reply(event)};
    }
}

// The first of the message's entries for which the log has another.
static uint64_t find_conflict(const struct check *check,
                              const struct model_server *server,
                              const struct facts *args)
{
    for (uint64_t i = 0; i < args->n_entries; i++) {
        uint64_t index = args->index + 1 + i;
        uint64_t term = facts_term(&check->terms, args, i);
        if (index > model_last_index(server))
            return 0;
        if (index > server->snapshot_index && term != 0 &&
            model_term_at(server, index) != term)
            return index;
    }
    return 0;
}

static void begin(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    const struct model_server *server = &check->model.server[event->node];
    struct flight *flight = check_flight(check, event->msg);
    if (flight == NULL || !flight->args.whole) {
        judged->timed = false; // it may have been a heartbeat
        return;
    }
    if (flight->handled) {
        flight->confused = true;
        return;
    }
    const struct facts *args = &flight->args;
    flight->handled = true;
    flight->confused = false;
    flight->refused_by[0] = '\0';
    flight->recv_n = event->n;
    flight->recv_us = event->us;
    uint64_t last = model_last_index(server);
    flight->before = (struct before){
        .role = server->role,
        .term = server->term,
        .voted_for = server->voted_for,
        .last_index = last,
        .last_term = model_term_at(server, last),
        .commit_index = server->commit_index,
        .snapshot_index = server->snapshot_index,
        .matches = args->index < server->snapshot_index ||
                   (args->index <= last &&
                    model_term_at(server, args->index) == args->index_term)};
    if (args->rpc == FACTS_APPEND)
        flight->before.conflict = find_conflict(check, server, args);
    if (judged->n_active == N_ACTIVE) {
        check->flight[judged->active[0]].confused = true;
        memmove(judged->active, judged->active + 1,
                (N_ACTIVE - 1) * sizeof judged->active[0]);
        judged->n_active--;
    }
    judged->active[judged->n_active++] = (uint16_t)(event->msg % N_FLIGHTS);
}

static void end(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    struct flight *flight = check_flight(check, event->msg);
    for (int i = 0; i < judged->n_active; i++)
        if (judged->active[i] == event->msg % N_FLIGHTS) {
            memmove(judged->active + i, judged->active + i + 1,
                    (size_t)(judged->n_active - i - 1) *
                        sizeof judged->active[0]);
            judged->n_active--;
            break;
        }
    if (flight != NULL)
        flight->handled = false;
}

// The server's state moves: all other handlers of it see that.
static void move(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    const struct origin *origin = check_origin(check, event->n);
    for (int i = 0; i < judged->n_active; i++) {
        struct flight *flight = &check->flight[judged->active[i]];
        if (origin == NULL || origin->root != flight->recv_n)
            flight->confused = true;
    }
}

static void forget(struct check *check, int server)
{
    struct judged *judged = &check->server[server];
    for (int i = 0; i < judged->n_active; i++)
        check->flight[judged->active[i]].handled = false;
    judged->n_active = 0;
}

void check_disturb(struct check *check, const struct trace_event *event)
{
    struct flight *flight;
    switch (event->kind) {
    case TRACE_RECV:
        begin(check, event);
        break;
    case TRACE_REPLY:
        end(check, event);
        break;
    case TRACE_BOOT:
    case TRACE_CRASH:
    case TRACE_KILL:
        forget(check, event->node);
        break;
    case TRACE_ROLE:
    case TRACE_TERM:
    case TRACE_VOTE:
    case TRACE_APPEND:
    case TRACE_TRUNCATE:
    case TRACE_COMMIT:
    case TRACE_COMPACT:
    case TRACE_INSTALL:
        move(check, event);
        break;
    case TRACE_REFUSE:
        flight = check_handling(check, event->n);
        if (flight != NULL && event->rule != NULL)
            strncpy(flight->refused_by, event->rule,
                    sizeof flight->refused_by - 1);
        break;
    default:
        break;
    }
}
