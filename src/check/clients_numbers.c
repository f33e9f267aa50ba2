// clients_numbers.c -- sessions and the numbers of requests, as messages tell
// them.
//
// A session is one client's, and a number in it is one request's: both can be
// held against each message, whatever the service does with it. Nothing is
// said of messages that do not show their fields.
#include "clients.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "wire/service.h"

// -------------------------------------------------------------- what is there

// A request by its message, by the event of its arrival, or by its session and
// number. NULL.
static struct clients_request *find(const struct clients *clients,
                                    const struct table *table, uint64_t a,
                                    uint64_t b)
{
    const struct table_cell *cell = a > 0 ? table_find(table, a, b) : NULL;
    return cell != NULL && cell->a != 0 ? &clients->request[cell->first] : NULL;
}

static void note(const struct clients *clients, struct table *table, uint64_t a,
                 uint64_t b, const struct clients_request *request)
{
    bool fresh;
    if (a > 0)
        table_at(table, a, b, &fresh)->first =
            (size_t)(request - clients->request);
}

static struct clients_session *session_at(struct clients *clients,
                                          uint64_t number)
{
    bool fresh;
    struct table_cell *cell = table_at(&clients->sessions, number, 0, &fresh);
    if (fresh) {
        cell->first = clients->n_sessions;
        clients->session =
            must_grow(clients->session, clients->n_sessions,
                      &clients->session_room, sizeof *clients->session);
        clients->session[clients->n_sessions++] = (struct clients_session){
            .number = number, .operation = CLIENTS_NONE};
    }
    return &clients->session[cell->first];
}

static bool is_ours(const struct trace_event *event)
{
    return event->rpc != NULL &&
           strcmp(event->rpc, service_rpcs[RPC_CLIENT_REQUEST].method) == 0;
}

// The first breach is kept.
#define BREACH(clients, rule, earlier, now, ...)                               \
    do {                                                                       \
        struct clients_breach *breach = &(clients)->breach;                    \
        if (breach->tag == NULL) {                                             \
            *breach = (struct clients_breach){                                 \
                .tag = (rule), .earlier_n = (earlier), .n = (now)};            \
            snprintf(breach->text, sizeof breach->text, __VA_ARGS__);          \
        }                                                                      \
    } while (0)

// --------------------------------------------------------------- the requests

// One number, two requests; or one session, two clients.
static void compare(struct clients *clients,
                    const struct clients_request *request,
                    const struct clients_request *other)
{
    const struct clients_operation *op =
        &clients->operation[request->operation];
    const struct clients_operation *was = &clients->operation[other->operation];
    char name[200], old[200];
    clients_name(op, name, sizeof name);
    clients_name(was, old, sizeof old);
    if (op->client != was->client)
        BREACH(clients, "KV.9", other->n, request->n,
               "%s was sent in session %" PRIu64 ", and so was %s before: two"
               " clients cannot have one session.",
               name, request->session, old);
    else
        BREACH(clients, "KV.9", other->n, request->n,
               "%s was sent as request %" PRIu64 " of session %" PRIu64
               ", and so was %s before: a server must take it for a retry.",
               name, request->sequence, request->session, old);
}

static void numbered(struct clients *clients, struct clients_request *request)
{
    struct clients_session *session = session_at(clients, request->session);
    if (request->sequence > session->highest)
        session->highest = request->sequence;
    if (request->operation == CLIENTS_NONE)
        return;
    struct clients_operation *op = &clients->operation[request->operation];
    if (op->session == 0) {
        op->session = request->session;
        op->sequence = request->sequence;
        op->numbered_n = request->n;
    } else if (op->renumbered_n == 0 && (op->session != request->session ||
                                         op->sequence != request->sequence)) {
        op->resequence = request->sequence;
        op->renumbered_n = request->n;
    }
    const struct clients_request *same =
        find(clients, &clients->numbers, request->session, request->sequence);
    if (same != NULL && same->operation != request->operation)
        compare(clients, request, same);
    note(clients, &clients->numbers, request->session, request->sequence,
         request);
    if (session->operation == CLIENTS_NONE) {
        session->operation = request->operation;
        session->used_n = request->n;
    } else if (clients->operation[session->operation].client != op->client) {
        compare(clients, request,
                &(struct clients_request){.n = session->used_n,
                                          .operation = session->operation});
    }
}

static void requested(struct clients *clients, const struct trace_event *event)
{
    uint64_t kind;
    struct clients_request request = {
        .msg = event->msg, .n = event->n, .operation = CLIENTS_NONE};
    if (!is_ours(event) || event->node != TRACE_NONE ||
        !trace_message_number(&event->args, "kind", &kind) ||
        !trace_message_number(&event->args, "client", &request.session) ||
        !trace_message_number(&event->args, "sequence", &request.sequence))
        return;
    const struct clients_operation *op = clients_behind(clients, event->cause);
    request.opens = kind == KV_REGISTER;
    if (op != NULL)
        request.operation = (size_t)(op - clients->operation);
    clients->request =
        must_grow(clients->request, clients->n_requests, &clients->request_room,
                  sizeof *clients->request);
    struct clients_request *kept = &clients->request[clients->n_requests++];
    *kept = request;
    note(clients, &clients->asks, event->msg, 0, kept);
    if (!request.opens && request.session != 0)
        numbered(clients, kept);
}

static void reached(struct clients *clients, const struct trace_event *event)
{
    struct clients_request *request =
        find(clients, &clients->asks, event->msg, 0);
    if (request != NULL && event->node >= 0)
        note(clients, &clients->arrivals, event->n, 0, request);
}

static void entered(struct clients *clients, const struct trace_event *event)
{
    struct clients_request *request =
        find(clients, &clients->arrivals, event->cause, 0);
    if (request == NULL)
        return;
    clients->n_registers += request->opens;
    request->index = event->index;
    request->term = event->term;
}

// ---------------------------------------------------------------- the answers

// The server has applied the very entry that it took for this request.
static bool was_applied(const struct clients *clients, int server,
                        const struct clients_request *request)
{
    uint64_t index = request->index;
    return index > 0 && index < clients->applied_room &&
           clients->applied[index].n != 0 &&
           clients->applied[index].term == request->term &&
           clients_handed_at(clients, server, index) != 0;
}

// One number for two clients, where a server had applied another entry than the
// one that it took for the client whom it answered.
static void given(struct clients *clients, const struct trace_event *event,
                  const struct clients_request *request, uint64_t number)
{
    if (request->operation == CLIENTS_NONE)
        return;
    struct clients_session *session = session_at(clients, number);
    int client = clients->operation[request->operation].client;
    bool other =
        request->index != number && !was_applied(clients, event->node, request);
    uint64_t index = other ? request->index : 0;
    if (session->given_n == 0) {
        session->given_n = event->n;
        session->given_index = index;
        session->given_server = event->node;
        session->given_client = client;
    } else if (session->given_client != client &&
               (index != 0 || session->given_index != 0)) {
        bool now = index != 0;
        BREACH(clients, "KV.2", session->given_n, event->n,
               "S%d gave C%d the session %" PRIu64
               ", which S%d had given to C%d. When S%d answered C%d, it had not"
               " yet applied the entry that it took for that request, index"
               " %" PRIu64 ".",
               event->node + 1, client, number, session->given_server + 1,
               session->given_client,
               (now ? event->node : session->given_server) + 1,
               now ? client : session->given_client,
               now ? index : session->given_index);
    }
}

static void opened(struct clients *clients, const struct trace_event *event,
                   const struct clients_request *request)
{
    uint64_t number;
    if (!trace_message_number(&event->args, "index", &number) || number == 0)
        return;
    given(clients, event, request, number);
    if (!was_applied(clients, event->node, request))
        return;
    struct clients_session *session = session_at(clients, number);
    if (session->opened_n != 0 && session->index != request->index)
        BREACH(clients, "KV.13", session->opened_n, event->n,
               "S%d opened a session at index %" PRIu64
               " and gave it the number %" PRIu64
               ", which S%d had given to the session of index %" PRIu64
               ": two sessions cannot have one number.",
               event->node + 1, request->index, number, session->server + 1,
               session->index);
    if (session->opened_n != 0)
        return;
    session->opened_n = event->n;
    session->server = event->node;
    session->index = request->index;
}

// Is there a reason to refuse the latest request of a session that was opened?
static void expired(struct clients *clients, const struct trace_event *event,
                    const struct clients_request *request)
{
    if (request->operation == CLIENTS_NONE || request->session == 0 ||
        clients->n_registers > clients->kept_sessions)
        return;
    const struct clients_session *session =
        session_at(clients, request->session);
    char name[200];
    if (session->opened_n == 0 || request->sequence < session->highest)
        return;
    clients_name(&clients->operation[request->operation], name, sizeof name);
    BREACH(clients, "KV.13", session->opened_n, event->n,
           "S%d says that the session of %s is gone (KV_EXPIRED). S%d had"
           " opened it, no later request was sent in it, and no more than %zu"
           " session%s can have been opened, where %zu are kept.",
           event->node + 1, name, session->server + 1, clients->n_registers,
           clients->n_registers == 1 ? "" : "s", clients->kept_sessions);
}

static void replied(struct clients *clients, const struct trace_event *event)
{
    uint64_t status;
    const struct clients_request *request =
        find(clients, &clients->asks, event->msg, 0);
    if (request == NULL ||
        !trace_message_number(&event->args, "status", &status))
        return;
    if (request->opens && status == KV_OK)
        opened(clients, event, request);
    else if (!request->opens && status == KV_EXPIRED)
        expired(clients, event, request);
}

void clients_step(struct clients *clients, const struct trace_event *event)
{
    clients_follow(clients, event);
    switch (event->kind) {
    case TRACE_SEND:
        requested(clients, event);
        break;
    case TRACE_RECV:
        reached(clients, event);
        break;
    case TRACE_START:
        if (event->ok)
            entered(clients, event);
        break;
    case TRACE_TAKEN:
        entered(clients, event);
        break;
    case TRACE_REPLY:
        replied(clients, event);
        break;
    default:
        break;
    }
}
