// model.c -- see model.h.
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"

void model_init(struct model *model, int n_servers)
{
    *model = (struct model){.n_servers = n_servers};
    model->server = must_calloc((size_t)n_servers, sizeof *model->server);
    for (int i = 0; i < n_servers; i++) {
        struct model_server *server = &model->server[i];
        server->connected = true;
        server->voted_for = TRACE_NONE;
        server->next_index = must_calloc((size_t)n_servers, sizeof(uint64_t));
        server->match_index = must_calloc((size_t)n_servers, sizeof(uint64_t));
    }
}

void model_free(struct model *model)
{
    for (int i = 0; i < model->n_servers; i++) {
        free(model->server[i].entry);
        free(model->server[i].next_index);
        free(model->server[i].match_index);
    }
    free(model->server);
    free(model->flight);
    *model = (struct model){0};
}

void model_copy(struct model *to, const struct model *from)
{
    *to = *from;
    size_t n = (size_t)from->n_servers;
    to->server = must_copy(from->server, n * sizeof *from->server);
    for (size_t i = 0; i < n; i++) {
        struct model_server *server = &to->server[i];
        server->entry =
            must_copy(server->entry, server->n_entries * sizeof *server->entry);
        server->room = server->n_entries;
        server->next_index =
            must_copy(server->next_index, n * sizeof(uint64_t));
        server->match_index =
            must_copy(server->match_index, n * sizeof(uint64_t));
    }
    to->flight =
        must_copy(from->flight, from->n_flights * sizeof *from->flight);
    to->flight_room = from->n_flights;
}

uint64_t model_last_index(const struct model_server *server)
{
    return server->snapshot_index + server->n_entries;
}

const struct trace_entry *model_entry(const struct model_server *server,
                                      uint64_t index)
{
    if (index <= server->snapshot_index || index > model_last_index(server))
        return NULL;
    return &server->entry[index - server->snapshot_index - 1];
}

uint64_t model_term_at(const struct model_server *server, uint64_t index)
{
    if (index == server->snapshot_index)
        return server->snapshot_term;
    const struct trace_entry *entry = model_entry(server, index);
    return entry != NULL ? entry->term : 0;
}

int model_leader(const struct model *model)
{
    int leader = -1;
    for (int i = 0; i < model->n_servers; i++) {
        const struct model_server *server = &model->server[i];
        if (server->up && server->role == TRACE_LEADER &&
            (leader < 0 || server->term > model->server[leader].term))
            leader = i;
    }
    return leader;
}

static void truncate(struct model_server *server, uint64_t index)
{
    if (index <= server->snapshot_index)
        server->n_entries = 0;
    else if (index <= model_last_index(server))
        server->n_entries = (size_t)(index - server->snapshot_index - 1);
}

// What the log holds up to index goes behind the boundary.
static void compact(struct model_server *server, uint64_t index, uint64_t term)
{
    if (index <= server->snapshot_index)
        return;
    uint64_t gone = index - server->snapshot_index;
    size_t left =
        gone < server->n_entries ? server->n_entries - (size_t)gone : 0;
    if (left > 0)
        memmove(server->entry, server->entry + gone,
                left * sizeof *server->entry);
    server->n_entries = left;
    server->snapshot_index = index;
    server->snapshot_term = term;
}

// [IS.6] What follows the snapshot stays only where the log has its last entry.
static void install(struct model_server *server, uint64_t index, uint64_t term)
{
    if (model_term_at(server, index) != term)
        truncate(server, server->snapshot_index + 1);
    compact(server, index, term);
    if (server->commit_index < index)
        server->commit_index = index;
    if (server->last_applied < index)
        server->last_applied = index;
}

static void append(struct model_server *server, uint64_t index,
                   const struct trace_entry *entry, size_t n)
{
    if (index == 0)
        return;
    if (index > model_last_index(server) + 1) {
        // A trace that begins in the middle never showed what comes before.
        server->n_entries = 0;
        server->snapshot_index = index - 1;
        server->snapshot_term = 0;
    }
    if (index <= server->snapshot_index) {
        uint64_t known = server->snapshot_index - index + 1;
        size_t skip = known < n ? (size_t)known : n;
        entry += skip;
        n -= skip;
        index = server->snapshot_index + 1;
    }
    truncate(server, index);
    if (n == 0)
        return;
    if (server->n_entries + n > server->room) {
        server->room = 2 * (server->n_entries + n);
        server->entry =
            must_realloc(server->entry, server->room * sizeof *server->entry);
    }
    memcpy(server->entry + server->n_entries, entry, n * sizeof *entry);
    server->n_entries += n;
}

static void forget(struct model *model, struct model_server *server)
{
    size_t size = (size_t)model->n_servers * sizeof(uint64_t);
    memset(server->next_index, 0, size);
    memset(server->match_index, 0, size);
    server->role = TRACE_FOLLOWER;
    server->paused = false;
}

static void boot(struct model *model, struct model_server *server,
                 const struct trace_event *event)
{
    forget(model, server);
    server->up = server->booted = true;
    server->inc = event->inc;
    server->term = event->term;
    server->voted_for = event->voted_for;
    server->snapshot_index = event->index;
    server->snapshot_term = event->entry_term;
    server->commit_index = server->last_applied = event->index;
    server->n_entries = 0;
    append(server, event->index + 1, event->entries, event->n_entries);
}

static void crash(struct model *model, struct model_server *server)
{
    forget(model, server);
    server->up = false;
    server->commit_index = server->last_applied = 0;
}

// "Reinitialized after election": where it has led before, a next_index that
// is where it was is not told anew.
static void lead(struct model *model, struct model_server *server)
{
    for (int i = 0; i < model->n_servers; i++) {
        server->match_index[i] = 0;
        if (server->next_index[i] > 0)
            server->next_index[i] = model_last_index(server) + 1;
    }
}

static void peer_index(struct model *model, uint64_t *index,
                       const struct trace_event *event)
{
    if (event->peer >= 0 && event->peer < model->n_servers)
        index[event->peer] = event->to;
}

static void server_step(struct model *model, struct model_server *server,
                        const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_BOOT:
        boot(model, server, event);
        break;
    case TRACE_CRASH:
    case TRACE_KILL:
        crash(model, server);
        break;
    case TRACE_RESTART:
        server->inc = event->inc;
        break;
    case TRACE_PAUSE:
        server->paused = event->ok;
        break;
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
        server->connected = event->kind == TRACE_CONNECT;
        break;
    case TRACE_ROLE:
        server->role = event->to_role;
        if (event->to_role == TRACE_LEADER)
            lead(model, server);
        break;
    case TRACE_TERM:
        server->term = event->to;
        server->voted_for = TRACE_NONE;
        break;
    case TRACE_VOTE:
        server->voted_for = event->voted_for;
        break;
    case TRACE_APPEND:
        append(server, event->index, event->entries, event->n_entries);
        break;
    case TRACE_TRUNCATE:
        truncate(server, event->index);
        break;
    case TRACE_COMMIT:
        server->commit_index = event->to;
        break;
    case TRACE_APPLY:
        server->last_applied = event->index;
        break;
    case TRACE_COMPACT:
        compact(server, event->index, event->entry_term);
        break;
    case TRACE_INSTALL:
        install(server, event->index, event->entry_term);
        break;
    case TRACE_NEXT:
        peer_index(model, server->next_index, event);
        break;
    case TRACE_MATCH:
        peer_index(model, server->match_index, event);
        break;
    default:
        break;
    }
}

static void take_off(struct model *model, const struct trace_event *event)
{
    if (model->n_flights == model->flight_room) {
        model->flight_room = 2 * model->flight_room + 16;
        model->flight = must_realloc(model->flight, model->flight_room *
                                                        sizeof *model->flight);
    }
    struct model_flight *flight = &model->flight[model->n_flights++];
    memset(flight, 0, sizeof *flight);
    flight->msg = event->msg;
    flight->sent_n = event->n;
    flight->sent_us = event->us;
    flight->reply = event->kind == TRACE_REPLY;
    flight->from = event->node;
    flight->to = trace_endpoint(event->to);
}

// The oldest leg of that number lands; the order of the others stays.
static void land(struct model *model, uint64_t msg, bool reply)
{
    for (size_t i = 0; i < model->n_flights; i++) {
        struct model_flight *flight = &model->flight[i];
        if (flight->msg != msg || flight->reply != reply)
            continue;
        memmove(flight, flight + 1,
                (model->n_flights - i - 1) * sizeof *flight);
        model->n_flights--;
        return;
    }
}

static void network_step(struct model *model, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_SEND:
    case TRACE_REPLY:
        take_off(model, event);
        break;
    case TRACE_RECV:
    case TRACE_REPLY_RECV:
        land(model, event->msg, event->kind == TRACE_REPLY_RECV);
        break;
    case TRACE_DROP:
        land(model, event->msg,
             event->leg != NULL && strcmp(event->leg, "reply") == 0);
        break;
    case TRACE_PARTITION:
    case TRACE_HEAL:
        model->partitioned = event->kind == TRACE_PARTITION;
        for (int i = 0; i < model->n_servers; i++)
            model->server[i].group =
                model->partitioned && (size_t)i < event->n_groups
                    ? event->groups[i]
                    : 0;
        break;
    default:
        break;
    }
}

bool model_wakes(const struct model_server *server,
                 const struct trace_event *event)
{
    return !server->booted && event->inc >= server->inc &&
           event->kind >= TRACE_TIMEOUT && event->kind <= TRACE_REPLY_RECV &&
           event->kind != TRACE_KILL;
}

bool model_appeared(const struct model_server *server)
{
    return server->up || server->booted || server->inc > 0 ||
           server->term > 0 || server->voted_for != TRACE_NONE ||
           model_last_index(server) > 0;
}

void model_step(struct model *model, const struct trace_event *event)
{
    if (event->kind == TRACE_STATE)
        return;
    model->n = event->n;
    model->us = event->us;
    if (event->node >= 0 && event->node < model->n_servers) {
        struct model_server *server = &model->server[event->node];
        // A killed server may still speak when its successor has booted.
        bool late = event->inc < server->inc && event->kind != TRACE_BOOT;
        server->up |= model_wakes(server, event);
        if (!late)
            server_step(model, server, event);
    }
    network_step(model, event);
}
