// met.c -- see met.h.
#include "met.h"

#include <string.h>

const char *const met_transition[MET_TRANSITIONS] = {
    "a server starts as a follower",
    "a follower's timeout makes a candidate",
    "a candidate's timeout begins a new election",
    "a majority makes a leader",
    "a candidate becomes a follower",
    "a leader becomes a follower",
};

void met_begin(struct met_watch *watch, struct met *met, int n_servers)
{
    *watch = (struct met_watch){.met = met};
    watch->n_servers = n_servers < MET_SERVERS ? n_servers : MET_SERVERS;
    // Where boots are not told, servers are there from the beginning on.
    for (int i = 0; i < watch->n_servers; i++)
        watch->server[i].up = true;
}

static int arrow(enum trace_role from, enum trace_role to)
{
    if (to == TRACE_CANDIDATE)
        return from == TRACE_CANDIDATE ? 2 : 1;
    if (to == TRACE_LEADER)
        return 3;
    return from == TRACE_CANDIDATE ? 4 : from == TRACE_LEADER ? 5 : -1;
}

static void become(struct met_watch *watch, struct met_server *server,
                   enum trace_role from, enum trace_role to)
{
    int which = arrow(from, to);
    if (which >= 0)
        watch->met->transition[which]++;
    server->role = to;
}

// What a message shows of a server that tells nothing itself: it asks for votes
// or leads in this term.
static void step_message(struct met_watch *watch, struct met_server *server,
                         const struct trace_event *event)
{
    const struct rules_sent *sent =
        &watch->met->rules.sent[event->msg % RULES_MESSAGES];
    if (sent->msg != event->msg || sent->rpc == 0 || sent->term < server->term)
        return;
    server->term = sent->term;
    if (sent->rpc == 'V' && sent->term > server->asked) {
        server->asked = sent->term;
        become(watch, server,
               server->role == TRACE_LEADER ? TRACE_FOLLOWER : server->role,
               TRACE_CANDIDATE);
    } else if (sent->rpc != 'V' && sent->term > server->led) {
        server->led = sent->term;
        become(watch, server, TRACE_CANDIDATE, TRACE_LEADER);
    }
}

// A newer term on its disk without a vote for itself is a follower's.
static void step_saved(struct met_watch *watch, struct met_server *server,
                       const struct trace_event *event)
{
    if (!event->ok)
        return;
    if (event->term > server->term && event->voted_for != event->node)
        become(watch, server, server->role, TRACE_FOLLOWER);
    server->term = event->term;
    server->last_index = event->index;
}

static void start(struct met_watch *watch, struct met_server *server)
{
    watch->met->transition[0]++;
    server->up = true;
    server->role = TRACE_FOLLOWER;
}

// What the harness sees of a server that tells nothing itself.
static void step_outside(struct met_watch *watch, struct met_server *server,
                         const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_SEND:
        step_message(watch, server, event);
        break;
    case TRACE_SAVED:
        step_saved(watch, server, event);
        break;
    case TRACE_RESTART:
        start(watch, server);
        break;
    default:
        break;
    }
}

static void step_told(struct met_watch *watch, struct met_server *server,
                      const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_BOOT:
        start(watch, server);
        server->term = event->term;
        server->last_index = event->index + event->n_entries;
        break;
    case TRACE_ROLE:
        become(watch, server, event->from_role, event->to_role);
        server->term = event->term;
        break;
    case TRACE_TERM:
        server->term = event->to;
        break;
    case TRACE_APPEND:
        server->last_index = event->index + event->n_entries - 1;
        break;
    case TRACE_TRUNCATE:
        server->last_index = event->index - 1;
        break;
    case TRACE_INSTALL:
        if (server->last_index < event->index)
            server->last_index = event->index;
        break;
    default:
        break;
    }
}

static void note_state(struct met *met, uint64_t hash)
{
    size_t at = hash % MET_STATES;
    if (hash == 0)
        return;
    for (int i = 0; i < MET_STATES / 2; i++, at = (at + 1) % MET_STATES) {
        if (met->state[at] == hash)
            return;
        if (met->state[at] == 0 && met->n_states < MET_STATES * 3 / 4) {
            met->state[at] = hash;
            met->n_states++;
            return;
        }
    }
    met->n_lost++;
}

// The codes of all servers in order, as one number.
static uint64_t hash_of(const uint8_t code[MET_SERVERS], int n)
{
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < n; i++)
        hash = (hash ^ code[i]) * 1099511628211u;
    return hash;
}

// Notes the state when it is another one than before.
static void look(struct met_watch *watch)
{
    uint64_t term = 0, last = 0;
    uint8_t sorted[MET_SERVERS];
    bool moved = false;
    for (int i = 0; i < watch->n_servers; i++) {
        const struct met_server *server = &watch->server[i];
        term = server->term > term ? server->term : term;
        last = server->last_index > last ? server->last_index : last;
    }
    for (int i = 0; i < watch->n_servers; i++) {
        struct met_server *server = &watch->server[i];
        unsigned role = server->up ? (unsigned)server->role + 1 : 0;
        unsigned code = role | (unsigned)(server->term == term) << 2 |
                        (unsigned)(server->last_index < last) << 3;
        moved |= server->code != code;
        server->code = (uint8_t)code;
        int at = i;
        for (; at > 0 && sorted[at - 1] > code; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = (uint8_t)code;
    }
    if (moved)
        note_state(watch->met, hash_of(sorted, watch->n_servers));
}

// Kinds that can change what a state is made of.
static bool may_change(const struct met_watch *watch, enum trace_kind kind)
{
    const uint64_t told = 1ull << TRACE_BOOT | 1ull << TRACE_ROLE |
                          1ull << TRACE_TERM | 1ull << TRACE_APPEND |
                          1ull << TRACE_TRUNCATE | 1ull << TRACE_INSTALL |
                          1ull << TRACE_CRASH;
    const uint64_t outside = 1ull << TRACE_BOOT | 1ull << TRACE_SEND |
                             1ull << TRACE_SAVED | 1ull << TRACE_GIVEN |
                             1ull << TRACE_RESTART | 1ull << TRACE_CRASH;
    return ((watch->met->rules.speaks ? told : outside) >> kind & 1) != 0;
}

void met_step(struct met_watch *watch, const struct trace_event *event)
{
    rules_step(&watch->met->rules, event);
    if (event->node >= 0 && event->node < watch->n_servers) {
        enum trace_kind *last = &watch->kind[event->node];
        watch->met->follows[*last][event->kind]++;
        *last = event->kind;
    }
    if (!may_change(watch, event->kind) || event->node < 0 ||
        event->node >= watch->n_servers)
        return;
    struct met_server *server = &watch->server[event->node];
    if (event->kind == TRACE_CRASH)
        server->up = false;
    else if (watch->met->rules.speaks || event->kind == TRACE_BOOT)
        step_told(watch, server, event);
    else
        step_outside(watch, server, event);
    look(watch);
}
