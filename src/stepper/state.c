// state.c -- see state.h.
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/random.h"
#include "inside.h"
#include "wire/figure2.h"

enum { MOST_PAST = 256, ABSENT = 99 };

// Something that the judge remembers: server a of term, with b.
struct past {
    uint64_t term;
    int a, b;
};

struct step_state {
    struct stepper *stepper;
    struct model model;
    uint64_t given[STEP_SERVERS]; // a hash over a server's inputs
    // Answers to requests for votes, since the server's term began.
    uint64_t votes[STEP_SERVERS][STEP_SERVERS];
    struct past past[MOST_PAST];
    size_t n_past;
    uint64_t commits; // what was committed, at each index the first time
    uint64_t n_commits;
    bool counts_past, figure2;
    // What a server's stalled thread had been given, or is to be given when it
    // stalls; 0: no thread. The other server of the message.
    uint64_t stalled[STEP_SERVERS];
    int stalled_peer[STEP_SERVERS];
    int stalls; // the server that does at its next action; TRACE_NONE: none
};

static uint64_t hash_text(const char *text)
{
    return message_hash(0x1234567, text, strlen(text));
}

struct step_state *state_begin(struct stepper *stepper)
{
    struct step_state *state = must_calloc(1, sizeof *state);
    state->stepper = stepper;
    state->figure2 = lab_rpcs(stepper->lab) == figure2_rpcs;
    model_init(&state->model, lab_n_servers(stepper->lab));
    for (int i = 0; i < state->model.n_servers; i++)
        state->model.server[i].up = state->model.server[i].booted =
            true; // before we came
    state->stalls = TRACE_NONE;
    stepper->state = state;
    return state;
}

void state_counts_past(struct step_state *state, bool yes)
{
    state->counts_past = yes;
}

const struct model *state_model(const struct step_state *state)
{
    return &state->model;
}

void state_ask(struct step_state *state)
{
    struct lab *lab = state->stepper->lab;
    for (int s = 0; s < state->model.n_servers && !lab_speaks(lab); s++) {
        struct model_server *server = &state->model.server[s];
        raft_term term;
        bool leads = false;
        server->up = lab_get_state(lab, s, &term, &leads);
        if (!server->up)
            continue;
        server->term = term;
        server->role = leads ? TRACE_LEADER : TRACE_FOLLOWER;
    }
}

bool state_is_told(const struct step_state *state)
{
    for (int s = 0; s < state->model.n_servers; s++) {
        const struct model_server *server = &state->model.server[s];
        raft_term term;
        bool leads = false;
        bool up = lab_get_state(state->stepper->lab, s, &term, &leads);
        if (up != server->up ||
            (up &&
             (term != server->term || leads != (server->role == TRACE_LEADER))))
            return false;
    }
    return true;
}

// ------------------------------------------------------------- messages

struct content {
    uint64_t hash;
};

// All of it but who has sent it, which its call tells.
static void add_field(void *context, const struct message_field *field,
                      uint64_t number, struct message_bytes bytes,
                      const struct message_entries *entries)
{
    struct content *content = context;
    if (strcmp(field->name, "candidate_id") == 0 ||
        strcmp(field->name, "leader_id") == 0)
        return;
    uint64_t h = random_pair(content->hash, number);
    if (bytes.n > 0)
        h = message_hash(h, bytes.at, bytes.n);
    for (size_t i = 0; entries != NULL && i < entries->n; i++)
        h = message_hash(random_pair(h, entries->entry[i].term),
                         entries->entry[i].command.at,
                         entries->entry[i].command.n);
    content->hash = h;
}

void state_leg(struct step_state *state, struct step_call *call, bool reply)
{
    const struct message_rpc *rpc =
        message_find(lab_rpcs(state->stepper->lab), call->method);
    const uint8_t *bytes = reply ? call->reply : call->request;
    size_t n = reply ? call->n_reply : call->n_request;
    struct content content = {hash_text(call->method) + reply};
    if (!state->figure2 || rpc == NULL ||
        !message_each(reply ? rpc->reply : rpc->args, bytes, n, add_field,
                      &content))
        content.hash = message_hash(hash_text(call->method), bytes, n);
    call->content[reply] = content.hash;
}

// ------------------------------------------------------------- servers

// A server's part without any other's number.
struct part {
    uint64_t plain;
    int voted_for, saved_vote; // TRACE_NONE = nobody
};

struct disk {
    uint64_t hash, voted_for;
};

static void add_saved(void *context, const struct message_field *field,
                      uint64_t number, struct message_bytes bytes,
                      const struct message_entries *entries)
{
    struct disk *disk = context;
    struct content content = {disk->hash};
    if (strcmp(field->name, "voted_for") == 0) {
        disk->voted_for = number;
        return;
    }
    add_field(&content, field, number, bytes, entries);
    disk->hash = content.hash;
}

static uint64_t hash_log(const struct model_server *server)
{
    uint64_t h = random_pair(server->snapshot_index, server->snapshot_term);
    for (size_t i = 0; i < server->n_entries; i++)
        h = message_hash(random_pair(h, server->entry[i].term),
                         server->entry[i].command,
                         strlen(server->entry[i].command));
    return h;
}

// False: its disk is in an encoding of its own.
static bool take_part(const struct step_state *state, int s, struct part *part)
{
    const struct model_server *server = &state->model.server[s];
    struct message_bytes saved = lab_saved_state(state->stepper->lab, s);
    struct message_bytes snapshot = lab_saved_snapshot(state->stepper->lab, s);
    struct disk disk = {1, 0};
    uint64_t h = server->up;
    bool known = true;
    if (server->up) {
        h = random_pair(h, (uint64_t)server->role);
        h = random_pair(h, server->term);
        h = random_pair(random_pair(h, server->commit_index),
                        server->last_applied);
        h = random_pair(h, hash_log(server));
    }
    if (saved.n > 0)
        known = message_each(&saved_state_type, saved.at, saved.n, add_saved,
                             &disk);
    if (!known)
        disk = (struct disk){message_hash(3, saved.at, saved.n), 0};
    h = random_pair(h, disk.hash);
    h = random_pair(h, message_hash(5, snapshot.at, snapshot.n));
    part->plain = h;
    part->voted_for = server->up ? server->voted_for : TRACE_NONE;
    part->saved_vote = (int)disk.voted_for - 1;
    return known;
}

// ------------------------------------------------------------- events

static void remember(struct step_state *state, uint64_t term, int a, int b)
{
    for (size_t i = 0; i < state->n_past; i++)
        if (state->past[i].term == term && state->past[i].a == a &&
            state->past[i].b == b)
            return;
    if (state->n_past < MOST_PAST)
        state->past[state->n_past++] = (struct past){term, a, b};
}

static void note_commit(struct step_state *state,
                        const struct trace_event *event)
{
    const struct model_server *server = &state->model.server[event->node];
    while (state->n_commits < event->to) {
        const struct trace_entry *entry =
            model_entry(server, ++state->n_commits);
        uint64_t h =
            random_pair(state->n_commits, entry != NULL ? entry->term : 0);
        if (entry != NULL)
            h = random_pair(h, hash_text(entry->command));
        state->commits = random_pair(state->commits, h);
    }
}

static void give(struct step_state *state, int server, uint64_t what)
{
    if (server >= 0 && server < STEP_SERVERS)
        state->given[server] = random_pair(state->given[server], what);
}

static uint64_t name_of(const struct step_call *call)
{
    uint64_t h = random_pair(hash_text(call->method), call->number);
    return random_pair(h, (uint64_t)call->from * 16 + (uint64_t)call->to);
}

// What a stalled thread has read of its server is what the server was then.
static void note_stall(struct step_state *state,
                       const struct step_action *action,
                       const struct step_call *call, uint64_t what)
{
    struct part part;
    int server = state->stalls;
    if (action->kind == STEP_STALL) {
        state->stalls = action->server;
        state->stalled[action->server] = what;
        return;
    }
    if (action->kind == STEP_PROCEED)
        state->stalled[action->server] = 0;
    state->stalls = TRACE_NONE;
    if (server == TRACE_NONE)
        return;
    take_part(state, server, &part);
    state->stalled_peer[server] = TRACE_NONE;
    if (call != NULL) {
        state->stalled_peer[server] =
            call->from == server ? call->to : call->from;
        what = call->content[action->reply];
        give(state, server, name_of(call));
    }
    state->stalled[server] =
        random_pair(state->stalled[server] ^ part.plain, what) | 1;
}

void state_acts(struct step_state *state, const struct step_action *action,
                const struct step_call *call)
{
    uint64_t what = random_pair((uint64_t)action->kind + 1000, action->number);
    switch (action->kind) {
    case STEP_TIMEOUT:
    case STEP_HEARTBEAT:
    case STEP_CLOCK:
    case STEP_COMMAND:
    case STEP_SNAPSHOT:
    case STEP_STALL:
    case STEP_PROCEED:
    case STEP_CRASH: // at a save; of others an event tells as well
    case STEP_PAUSE:
    case STEP_RESUME:
        give(state, action->server, random_pair(what, hash_text(action->text)));
        break;
    default:
        break;
    }
    note_stall(state, action, call, random_pair(what, hash_text(action->text)));
}

// What comes to a server from outside of it.
static void note_input(struct step_state *state,
                       const struct trace_event *event,
                       const struct step_call *call)
{
    uint64_t kind = (uint64_t)event->kind;
    switch (event->kind) {
    case TRACE_RECV:
        if (call != NULL)
            give(state, event->node,
                 random_pair(random_pair(kind, (uint64_t)call->from),
                             call->content[0]));
        break;
    case TRACE_REPLY_RECV:
    case TRACE_DROP:
        if (call != NULL && !call->orphan)
            give(state, call->from,
                 random_pair(random_pair(kind, name_of(call)),
                             event->kind == TRACE_DROP ? 0 : call->content[1]));
        break;
    case TRACE_CRASH:
    case TRACE_RESTART:
        give(state, event->node, kind);
        break;
    default:
        break;
    }
}

void state_step(struct step_state *state, const struct trace_event *event,
                const struct step_call *call)
{
    int node = event->node;
    model_step(&state->model, event);
    note_input(state, event, call);
    if (node < 0 || node >= STEP_SERVERS)
        return;
    if (event->kind == TRACE_CRASH)
        state->stalled[node] = 0;
    switch (event->kind) {
    case TRACE_TERM:
    case TRACE_CRASH:
        memset(state->votes[node], 0, sizeof state->votes[node]);
        break;
    case TRACE_REPLY_RECV:
        if (call != NULL && strcmp(call->method, "RequestVote") == 0)
            state->votes[node][call->to] += call->content[1];
        break;
    case TRACE_VOTE:
        remember(state, event->term, node, event->voted_for);
        break;
    case TRACE_ROLE:
        if (event->to_role == TRACE_LEADER)
            remember(state, event->term, node, ABSENT);
        break;
    case TRACE_COMMIT:
        note_commit(state, event);
        break;
    default:
        break;
    }
}

// ------------------------------------------------------------- by history

static bool counts(const struct step_state *state, const struct step_call *call)
{
    return call->place == CALL_REQUEST || call->place == CALL_REPLY ||
           call->place == CALL_SERVED ||
           (state->counts_past && call->request != NULL);
}

uint64_t state_by_history(const struct step_state *state, uint64_t left)
{
    uint64_t h = left, flight = 0;
    for (int s = 0; s < state->model.n_servers; s++)
        h = random_pair(h, state->given[s]);
    for (const struct step_call *c = state->stepper->calls; c != NULL;
         c = c->next)
        if (counts(state, c))
            flight += random_pair(random_pair(name_of(c), (uint64_t)c->place),
                                  random_pair(c->content[0], c->content[1]));
    return random_pair(h, flight) | 1;
}

// ------------------------------------------------------------- by model

static uint64_t as(const int *name, int server)
{
    return server >= 0 && server < STEP_SERVERS ? (uint64_t)name[server] + 1
                                                : (uint64_t)(server + 77);
}

// The servers under other names.
static uint64_t hash_named(const struct step_state *state,
                           const struct part *part, const int *name)
{
    const struct model *model = &state->model;
    uint64_t sum = 0;
    for (int s = 0; s < model->n_servers; s++) {
        const struct model_server *server = &model->server[s];
        uint64_t h = random_pair(part[s].plain, as(name, s)), peers = 0;
        h = random_pair(h, as(name, part[s].voted_for));
        h = random_pair(h, as(name, part[s].saved_vote));
        if (state->stalled[s] != 0)
            h = random_pair(random_pair(h, state->stalled[s]),
                            as(name, state->stalled_peer[s]));
        bool leads = server->up && server->role == TRACE_LEADER;
        bool runs = server->up && server->role == TRACE_CANDIDATE;
        for (int p = 0; p < model->n_servers && (leads || runs); p++)
            peers += random_pair(as(name, p),
                                 leads ? random_pair(server->next_index[p],
                                                     server->match_index[p])
                                       : state->votes[s][p]);
        sum += random_pair(h, peers);
    }
    for (const struct step_call *c = state->stepper->calls; c != NULL;
         c = c->next)
        if (counts(state, c))
            sum += random_pair(
                random_pair(as(name, c->from), as(name, c->to)),
                random_pair(random_pair(c->content[0],
                                        (uint64_t)c->place * 2 + c->orphan),
                            c->place == CALL_REPLY ? c->content[1] : 0));
    for (size_t i = 0; i < state->n_past; i++)
        sum += random_pair(
            random_pair(as(name, state->past[i].a), as(name, state->past[i].b)),
            state->past[i].term);
    return sum;
}

// The next order of n numbers; false behind the last.
static bool permute(int *name, int n)
{
    int i = n - 1, k = n - 1;
    while (i > 0 && name[i - 1] > name[i])
        i--;
    if (i == 0)
        return false;
    while (name[k] < name[i - 1])
        k--;
    int t = name[k];
    name[k] = name[i - 1];
    name[i - 1] = t;
    for (k = n - 1; i < k; i++, k--) {
        t = name[k];
        name[k] = name[i];
        name[i] = t;
    }
    return true;
}

uint64_t state_by_model(const struct step_state *state, uint64_t left,
                        bool interchangeable)
{
    struct part part[STEP_SERVERS];
    int n = state->model.n_servers, name[STEP_SERVERS];
    bool known = state->figure2;
    for (int s = 0; s < STEP_SERVERS; s++)
        name[s] = s;
    for (int s = 0; s < n; s++)
        known &= take_part(state, s, &part[s]);
    uint64_t least = hash_named(state, part, name);
    while (interchangeable && known && permute(name, n)) {
        uint64_t other = hash_named(state, part, name);
        least = other < least ? other : least;
    }
    return random_pair(random_pair(least, left),
                       random_pair(state->commits, state->n_commits)) |
           1;
}
