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
    if (request->opens && event->index > clients->last_register)
        clients->last_register = event->index;
    request->index = event->index;
    request->term = event->term;
    request->server = event->node;
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

// "C7", and of a message that tells nothing of its client "a client".
static const char *asker_name(int client, char text[24])
{
    if (client == CLIENTS_UNNAMED)
        return "a client";
    snprintf(text, 24, "C%d", client);
    return text;
}

// One number for two who asked, where a server had applied another entry than
// the one that it took for the request that it answered. A service cannot know
// that two requests for a session are of one client.
static void say_given(struct clients *clients, const struct trace_event *event,
                      const struct clients_session *session, int client,
                      uint64_t index)
{
    char to[24], before[24], answered[24];
    bool unnamed = client == CLIENTS_UNNAMED && client == session->given_client;
    bool now = index != 0;
    const char *late =
        asker_name(now ? client : session->given_client, answered);
    BREACH(clients, "KV.2", session->given_n, event->n,
           "S%d gave %s the session %" PRIu64
           ", which S%d had given to %s. When S%d answered %s, it had not"
           " yet applied the entry that it took for that request, index"
           " %" PRIu64 ".",
           event->node + 1, asker_name(client, to), session->number,
           session->given_server + 1,
           unnamed ? "another" : asker_name(session->given_client, before),
           (now ? event->node : session->given_server) + 1,
           !unnamed ? late
           : now    ? "the second of them"
                    : "the first of them",
           now ? index : session->given_index);
}

static void given(struct clients *clients, const struct trace_event *event,
                  const struct clients_request *request, uint64_t number)
{
    struct clients_session *session = session_at(clients, number);
    int client = request->operation != CLIENTS_NONE
                     ? (int)clients->operation[request->operation].client
                     : CLIENTS_UNNAMED;
    bool other =
        request->index != number && !was_applied(clients, event->node, request);
    uint64_t index = other ? request->index : 0;
    if (session->given_n == 0) {
        session->given_n = event->n;
        session->given_index = index;
        session->given_server = event->node;
        session->given_client = client;
        session->given_msg = request->msg;
    } else if (session->given_msg != request->msg &&
               (session->given_client != client || client == CLIENTS_UNNAMED) &&
               (index != 0 || session->given_index != 0)) {
        say_given(clients, event, session, client, index);
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

// The last index before this one (0: of all) at which a request of the session
// was applied; else where it was opened.
static uint64_t used_at(const struct clients *clients,
                        const struct clients_session *session, uint64_t before)
{
    uint64_t index = session->index;
    for (size_t i = 0; i < clients->n_entries; i++) {
        const struct clients_entry *entry = &clients->entry[i];
        if (clients->operation[entry->operation].session == session->number &&
            entry->applied_n != 0 && entry->index > index &&
            (before == 0 || entry->index < before))
            index = entry->index;
    }
    return index;
}

// Why is it unknown? Sessions are dropped when others are opened, and none was
// since this one was used: then it is a snapshot that has lost it, or a retry
// that was taken for something else. *first: where a retry was done before, by
// this server since then; 0.
static const char *lost_by(const struct clients *clients,
                           const struct clients_session *session,
                           const struct clients_operation *op, uint64_t before,
                           const struct clients_restored *snapshot,
                           uint64_t *first)
{
    const struct clients_entry *done = clients_entry_of(clients, op);
    uint64_t used = used_at(clients, session, before);
    bool here = done != NULL && clients_handed_at(clients, snapshot->server,
                                                  done->index) > snapshot->n;
    *first = here ? done->index : 0;
    if (clients->last_register > used)
        return "KV.13";
    return snapshot->index >= used ? "KV.6" : here ? "KV.5" : "KV.13";
}

// Is there a reason to refuse the latest request of a session that was opened?
static void expired(struct clients *clients, const struct trace_event *event,
                    const struct clients_request *request)
{
    if (request->operation == CLIENTS_NONE || request->session == 0 ||
        clients->n_registers > clients->kept_sessions)
        return;
    const struct clients_operation *op =
        &clients->operation[request->operation];
    const struct clients_session *session =
        session_at(clients, request->session);
    char name[200], why[260] = "";
    if (session->opened_n == 0 || request->sequence < session->highest)
        return;
    struct clients_restored snapshot =
        clients_restored_by(clients, event->node);
    uint64_t first;
    const char *tag =
        lost_by(clients, session, op, request->index, &snapshot, &first);
    if (strcmp(tag, "KV.5") == 0)
        snprintf(why, sizeof why,
                 " It had done the request itself, at index %" PRIu64
                 ", and no session was opened since then: this is a retry, and"
                 " was not answered with what the first was.",
                 first);
    else if (snapshot.index >= session->index)
        snprintf(why, sizeof why,
                 " It %s the snapshot up to index %" PRIu64 "%s",
                 snapshot.boot ? "began with" : "took over", snapshot.index,
                 strcmp(tag, "KV.6") == 0
                     ? ", which stands for all that the session had asked, and"
                       " no session was opened since then: the snapshot, or"
                       " what was read from it, had no such session."
                     : ", which stands for the opening of the session.");
    clients_name(op, name, sizeof name);
    BREACH(clients, tag, session->opened_n, event->n,
           "S%d says that the session of %s is gone (KV_EXPIRED). S%d had"
           " opened it, no later request was sent in it, and no more than %zu"
           " session%s can have been opened, where %zu are kept.%s",
           event->node + 1, name, session->server + 1, clients->n_registers,
           clients->n_registers == 1 ? "" : "s", clients->kept_sessions, why);
}

static void replied(struct clients *clients, const struct trace_event *event)
{
    uint64_t status;
    struct clients_request *request =
        find(clients, &clients->asks, event->msg, 0);
    if (request == NULL)
        return;
    request->replied = true;
    if (!trace_message_number(&event->args, "status", &status))
        return;
    if (status == KV_WRONG_LEADER)
        request->undone_us = event->us;
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

// Whoever waits is told at once; so long after the entry was applied, or when
// nobody was told for so long, it was for another reason.
enum { LATE_US = 200000, NEVER_US = 1000000 };

bool clients_unanswered(const struct clients *clients, uint64_t us, char *text,
                        size_t room, uint64_t events[2])
{
    for (size_t i = 0; i < clients->n_requests; i++) {
        const struct clients_request *request = &clients->request[i];
        char name[200] = "a client's request for a session";
        uint64_t at_us = 0, undone_us = request->undone_us;
        if (!was_applied(clients, request->server, request))
            continue;
        uint64_t n = clients_handed_then(clients, request->server,
                                         request->index, &at_us);
        bool again = n < clients_restored_by(clients, request->server).n;
        if (again || (request->replied ? undone_us < at_us + LATE_US
                                       : us < at_us + NEVER_US))
            continue;
        if (request->operation != CLIENTS_NONE && !request->opens)
            clients_name(&clients->operation[request->operation], name,
                         sizeof name);
        int end = snprintf(text, room,
                           "S%d took %s at index %" PRIu64
                           " and applied that entry at %.3f s, ",
                           request->server + 1, name, request->index,
                           (double)at_us / 1e6);
        if (request->replied)
            snprintf(text + end, room - (size_t)end,
                     "and said at %.3f s that it was not"
                     " (KV_WRONG_LEADER).",
                     (double)undone_us / 1e6);
        else
            snprintf(text + end, room - (size_t)end,
                     "but has not answered: whoever waits for it was not"
                     " found, or not woken.");
        events[0] = n;
        events[1] = request->n;
        return true;
    }
    return false;
}
