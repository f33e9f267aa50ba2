// clients.c -- operations of clients and what became of them, from events.
#include "clients.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/args.h"
#include "trace/fields.h"
#include "wire/service.h"

// The array with room for one more.
#define GROW(array, n, room)                                                   \
    ((array) = must_grow(array, n, &(room), sizeof *(array)))

struct clients *clients_make(int n_servers)
{
    struct clients *clients = must_calloc(1, sizeof *clients);
    clients->n_servers = n_servers;
    clients->handed = must_calloc((size_t)n_servers, sizeof(uint64_t));
    clients->leads = must_calloc((size_t)n_servers, sizeof(uint64_t));
    clients->saved = must_calloc((size_t)n_servers, sizeof(uint64_t));
    clients->leader = TRACE_NONE;
    return clients;
}

void clients_free(struct clients *clients)
{
    if (clients == NULL)
        return;
    free(clients->operation);
    free(clients->entry);
    free(clients->answer);
    free(clients->applied);
    free(clients->restored);
    free(clients->handed);
    free(clients->leads);
    free(clients->saved);
    free(clients->events.cell);
    free(clients->messages.cell);
    free(clients->replies.cell);
    free(clients->names.cell);
    free(clients->taken.cell);
    free(clients->hands.cell);
    free(clients->made.cell);
    free(clients->request);
    free(clients->session);
    free(clients->asks.cell);
    free(clients->arrivals.cell);
    free(clients->numbers.cell);
    free(clients->sessions.cell);
    arena_free(&clients->arena);
    free(clients);
}

// ---------------------------------------------------- what belongs to which

// A number that is kept under a key; CLIENTS_NONE for none.
static size_t get(const struct table *table, uint64_t a, uint64_t b)
{
    const struct table_cell *cell = a > 0 ? table_find(table, a, b) : NULL;
    return cell != NULL && cell->a != 0 ? (size_t)cell->first : CLIENTS_NONE;
}

static void set(struct table *table, uint64_t a, uint64_t b, size_t number)
{
    bool fresh;
    if (a > 0)
        table_at(table, a, b, &fresh)->first = number;
}

// Of a client's message that is of no operation and carries no text: whatever
// it is, it is about no key.
#define NOBODY (SIZE_MAX - 1)

// The same with a remark: does the message carry the operation itself?
struct owner {
    size_t operation; // CLIENTS_NONE: of no client; NOBODY
    bool carries;
};

static bool is_operation(struct owner owner)
{
    return owner.operation < NOBODY;
}

static struct owner owner_of(const struct table *table, uint64_t key)
{
    const struct table_cell *cell = key > 0 ? table_find(table, key, 0) : NULL;
    if (cell == NULL || cell->a == 0)
        return (struct owner){CLIENTS_NONE, false};
    return (struct owner){(size_t)cell->first, cell->second != 0};
}

static void own(struct table *table, uint64_t key, struct owner owner)
{
    bool fresh;
    if (key == 0)
        return;
    struct table_cell *cell = table_at(table, key, 0, &fresh);
    cell->first = owner.operation;
    cell->second = owner.carries;
}

struct carried {
    char key[MESSAGE_DIGEST];
    bool found, any; // the key; any text
};

static void look_for_key(void *context, const struct trace_arg *arg)
{
    struct carried *carried = context;
    bool text = arg->type == ARG_TEXT || arg->type == ARG_BYTES;
    carried->any |= text && arg->text != NULL && arg->text[0] != '\0';
    carried->found |=
        text && arg->text != NULL && strcmp(arg->text, carried->key) == 0;
}

// A client may send other things on an operation's behalf, such as the opening
// of a session. Where fields are told, what carries it has its key in them.
static bool carries(const struct clients_operation *op,
                    const struct trace_event *event)
{
    struct carried carried = {.found = false};
    if (event->args.type == NULL && event->args.parsed == NULL)
        return true;
    message_digest(op->key, strlen(op->key), carried.key);
    return !args_each(&event->args, look_for_key, &carried) || carried.found;
}

static bool is_without_text(const struct trace_event *event)
{
    struct carried carried = {.found = false};
    return (event->args.type != NULL || event->args.parsed != NULL) &&
           args_each(&event->args, look_for_key, &carried) && !carried.any;
}

// -------------------------------------------------------------- operations

static const char *keep(struct clients *clients, const char *text)
{
    return text != NULL && text[0] != '\0' ? arena_text(&clients->arena, text)
                                           : NULL;
}

static const char *keep_word(struct clients *clients, const char *text)
{
    return arena_text(&clients->arena, text != NULL ? text : "");
}

static void invoked(struct clients *clients, const struct trace_event *event)
{
    static const char *const calls[] = {"get", "put", "append", "cas"};
    size_t number = clients->n_operations;
    GROW(clients->operation, number, clients->operation_room);
    struct clients_operation *op = &clients->operation[number];
    clients->n_operations++;
    *op = (struct clients_operation){
        .client = event->client,
        .number = event->operation,
        .call = keep_word(clients, event->what),
        .key = keep_word(clients, event->key),
        .value = keep(clients, event->text),
        .expected = keep(clients, event->expected),
        .invoke_n = event->n,
        .invoke_us = event->us,
        .first_entry = CLIENTS_NONE,
        .last_entry = CLIENTS_NONE,
        .taken_answer = CLIENTS_NONE,
    };
    bool known = false;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        known |= strcmp(op->call, calls[i]) == 0;
    clients->strange |= !known;
    own(&clients->events, event->n, (struct owner){number, true});
    set(&clients->names, event->client + 1, event->operation, number);
}

static void returned(struct clients *clients, const struct trace_event *event)
{
    size_t number = get(&clients->names, event->client + 1, event->operation);
    if (number == CLIENTS_NONE || clients->operation[number].return_n != 0) {
        clients->orphans = true;
        return;
    }
    struct clients_operation *op = &clients->operation[number];
    op->return_n = event->n;
    own(&clients->events, event->n, (struct owner){number, true});
    op->return_us = event->us;
    op->answer = keep(clients, event->text);
    op->result = keep_word(clients, event->result);
    op->told_index = event->index;
    // The arrival of the answer that the client took made it return.
    struct owner owner = owner_of(&clients->events, event->cause);
    if (owner.operation == number)
        op->taken_answer = get(&clients->replies, event->cause, 1);
}

// ---------------------------------------------------------------- messages

static void sent(struct clients *clients, const struct trace_event *event)
{
    struct owner owner = owner_of(&clients->events, event->cause);
    if (is_operation(owner)) {
        struct clients_operation *op = &clients->operation[owner.operation];
        owner.carries = carries(op, event);
        op->n_sent += owner.carries && event->node == TRACE_NONE;
    } else if (event->node == TRACE_NONE && is_without_text(event)) {
        owner = (struct owner){NOBODY, false};
    } else {
        return;
    }
    own(&clients->messages, event->msg, owner);
}

static void look_for_status(void *context, const struct trace_arg *arg)
{
    bool *undone = context;
    if (arg->type == ARG_NUMBER && strcmp(arg->name, "status") == 0)
        *undone = arg->number == KV_WRONG_LEADER || arg->number == KV_EXPIRED;
}

// Our service's replies say in `status` how it went; of others' nothing is
// known.
static bool is_undone(const struct trace_event *event)
{
    const char *ours = service_rpcs[RPC_CLIENT_REQUEST].method;
    bool undone = false;
    return event->rpc != NULL && strcmp(event->rpc, ours) == 0 &&
           (event->args.type != NULL || event->args.parsed != NULL) &&
           args_each(&event->args, look_for_status, &undone) && undone;
}

static void answered(struct clients *clients, const struct trace_event *event)
{
    struct owner owner = owner_of(&clients->messages, event->msg);
    if (!is_operation(owner) || !owner.carries)
        return;
    struct clients_restored restored =
        clients_restored_by(clients, event->node);
    uint64_t told = 0;
    bool tells =
        event->rpc != NULL &&
        strcmp(event->rpc, service_rpcs[RPC_CLIENT_REQUEST].method) == 0 &&
        trace_message_number(&event->args, "index", &told);
    set(&clients->replies, event->n, 0, clients->n_answers);
    own(&clients->events, event->n, owner);
    GROW(clients->answer, clients->n_answers, clients->answer_room);
    clients->answer[clients->n_answers++] =
        (struct clients_answer){.operation = owner.operation,
                                .server = event->node,
                                .n = event->n,
                                .us = event->us,
                                .leads = clients->leads[event->node],
                                .handed = clients->handed[event->node],
                                .restored = restored.index,
                                .committed = clients->committed,
                                .leader_term = clients->leader_term,
                                .leader_n = clients->leader_n,
                                .leader = clients->leader,
                                .told = told,
                                .tells = tells,
                                .undone = is_undone(event)};
}

// What arrives belongs to the operation, and so does what it makes happen.
static void arrived(struct clients *clients, const struct trace_event *event)
{
    struct owner owner = owner_of(&clients->messages, event->msg);
    if (owner.operation == CLIENTS_NONE)
        return;
    own(&clients->events, event->n, owner);
    size_t answer = event->kind == TRACE_REPLY_RECV
                        ? get(&clients->replies, event->cause, 0)
                        : CLIENTS_NONE;
    if (answer != CLIENTS_NONE)
        set(&clients->replies, event->n, 1, answer);
}

// ----------------------------------------------------------------- the log

static void taken(struct clients *clients, const struct trace_event *event)
{
    struct owner owner = owner_of(&clients->events, event->cause);
    bool fresh;
    if (owner.operation == CLIENTS_NONE || event->index == 0)
        return;
    struct table_cell *cell =
        table_at(&clients->taken, event->index, event->term, &fresh);
    if (!fresh)
        return;
    cell->first = CLIENTS_NONE;
    cell->second = 1;
    if (!owner.carries)
        return;
    size_t number = clients->n_entries;
    struct clients_operation *op = &clients->operation[owner.operation];
    GROW(clients->entry, number, clients->entry_room);
    clients->entry[clients->n_entries++] =
        (struct clients_entry){.operation = owner.operation,
                               .server = event->node,
                               .index = event->index,
                               .term = event->term,
                               .n = event->n,
                               .us = event->us,
                               .next = CLIENTS_NONE};
    cell->first = number;
    cell->second = 0;
    op->n_entries++;
    if (op->first_entry == CLIENTS_NONE)
        op->first_entry = number;
    else
        clients->entry[op->last_entry].next = number;
    op->last_entry = number;
}

// An index that is larger is not followed: no log of ours is so long.
enum { MOST_INDEX = 1 << 20 };

static struct clients_applied *place_at(struct clients *clients, uint64_t index)
{
    size_t old = clients->applied_room, size = sizeof *clients->applied;
    if (index >= MOST_INDEX)
        return NULL;
    if (index >= old) {
        size_t room = index < 2 * old ? 2 * old : (size_t)index + 64;
        clients->applied_room = room;
        clients->applied =
            must_realloc(clients->applied, clients->applied_room * size);
        memset(clients->applied + old, 0, (clients->applied_room - old) * size);
    }
    return &clients->applied[index];
}

static void handed(struct clients *clients, const struct trace_event *event)
{
    if (event->ok) {
        clients_restores(clients, event);
        return;
    }
    clients->handed[event->node] = event->index;
    clients_hands(clients, event);
    if (event->index > clients->committed)
        clients->committed = event->index;
    struct clients_applied *place = place_at(clients, event->index);
    if (place == NULL || place->n != 0)
        return;
    const struct table_cell *cell =
        table_find(&clients->taken, event->index, event->term);
    bool known = event->index > 0 && cell != NULL && cell->a != 0;
    *place = (struct clients_applied){.n = event->n,
                                      .term = event->term,
                                      .entry = known ? (size_t)cell->first
                                                     : CLIENTS_NONE,
                                      .harmless = known && cell->second != 0};
    if (place->entry != CLIENTS_NONE)
        clients->entry[place->entry].applied_n = event->n;
}

static void led(struct clients *clients, const struct trace_event *event)
{
    clients->leads[event->node] =
        event->to_role == TRACE_LEADER ? event->term : 0;
    if (event->to_role != TRACE_LEADER || event->term <= clients->leader_term)
        return;
    clients->leader = event->node;
    clients->leader_term = event->term;
    clients->leader_n = event->n;
}

static void server_step(struct clients *clients,
                        const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_BOOT:
    case TRACE_RESTART:
        clients_restores(clients, event);
        break;
    case TRACE_COMPACT:
        clients_makes(clients, event->node, event->index, event->n);
        break;
    case TRACE_PERSIST:
    case TRACE_SAVED:
        clients_makes(clients, event->node, event->from, event->n);
        break;
    case TRACE_ROLE:
        led(clients, event);
        break;
    case TRACE_START:
        if (event->ok)
            taken(clients, event);
        break;
    case TRACE_TAKEN:
        taken(clients, event);
        break;
    case TRACE_COMMIT:
        if (event->to > clients->committed)
            clients->committed = event->to;
        break;
    case TRACE_APPLY:
    case TRACE_GIVEN:
        handed(clients, event);
        break;
    case TRACE_REPLY:
        answered(clients, event);
        break;
    default:
        break;
    }
}

void clients_follow(struct clients *clients, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_INVOKE:
        invoked(clients, event);
        break;
    case TRACE_RETURN:
        returned(clients, event);
        break;
    case TRACE_SEND:
        sent(clients, event);
        break;
    case TRACE_RECV:
    case TRACE_REPLY_RECV:
        arrived(clients, event);
        break;
    default:
        if (event->node >= 0 && event->node < clients->n_servers)
            server_step(clients, event);
    }
}

// ------------------------------------------------------------------- asking

const struct clients_answer *
clients_answer_of(const struct clients *clients,
                  const struct clients_operation *op)
{
    return op->taken_answer != CLIENTS_NONE ? &clients->answer[op->taken_answer]
                                            : NULL;
}

const struct clients_operation *clients_behind(const struct clients *clients,
                                               uint64_t n)
{
    struct owner owner = owner_of(&clients->events, n);
    return is_operation(owner) ? &clients->operation[owner.operation] : NULL;
}

const struct clients_operation *clients_at(const struct clients *clients,
                                           uint64_t index, uint64_t term)
{
    size_t entry = get(&clients->taken, index, term);
    return entry != CLIENTS_NONE
               ? &clients->operation[clients->entry[entry].operation]
               : NULL;
}

const struct clients_answer *clients_answer_at(const struct clients *clients,
                                               uint64_t n)
{
    size_t number = get(&clients->replies, n, 0);
    return number != CLIENTS_NONE ? &clients->answer[number] : NULL;
}

const struct clients_entry *clients_own_entry(const struct clients *clients,
                                              const struct clients_answer *a)
{
    const struct clients_entry *own = NULL;
    for (size_t i = clients->operation[a->operation].first_entry;
         i != CLIENTS_NONE; i = clients->entry[i].next)
        if (clients->entry[i].server == a->server && clients->entry[i].n < a->n)
            own = &clients->entry[i];
    return own;
}

const struct clients_entry *clients_entry_of(const struct clients *clients,
                                             const struct clients_operation *op)
{
    const struct clients_entry *first = NULL;
    for (size_t i = op->first_entry; i != CLIENTS_NONE;
         i = clients->entry[i].next) {
        const struct clients_entry *entry = &clients->entry[i];
        if (entry->applied_n != 0 &&
            (first == NULL || entry->index < first->index))
            first = entry;
    }
    return first;
}
