// answers.c -- what clients of a service saw, as a finding.
#include "findings.h"
#include "internal.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

// Clients come when a cluster is at work already.
static struct clients *begin(const struct check *check)
{
    const struct model *model = &check->model;
    struct clients *clients = clients_make(model->n_servers);
    for (int i = 0; i < model->n_servers; i++) {
        const struct model_server *server = &model->server[i];
        bool leads = server->up && server->role == TRACE_LEADER;
        clients->leads[i] = leads ? server->term : 0;
        clients->handed[i] = server->last_applied;
        if (server->commit_index > clients->committed)
            clients->committed = server->commit_index;
        if (clients->leads[i] > clients->leader_term) {
            clients->leader_term = clients->leads[i];
            clients->leader = i;
        }
    }
    return clients;
}

void check_gather(struct check *check, const struct trace_event *event)
{
    bool client = event->kind == TRACE_INVOKE || event->kind == TRACE_RETURN ||
                  (event->kind == TRACE_SEND && event->node == TRACE_NONE);
    if (check->clients == NULL && client)
        check->clients = begin(check);
    if (check->clients == NULL)
        return;
    check->clients->kept_sessions = check->kept_sessions;
    clients_step(check->clients, event);
    const struct clients_breach *breach = &check->clients->breach;
    if (breach->tag == NULL || check->broken)
        return;
    check_found(check, event, FINDING_SERVICE, breach->tag, TRACE_NONE,
                breach->earlier_n, breach->text);
    if (event->node == TRACE_NONE)
        check->finding.n_servers = 0;
}

void check_sessions(struct check *check, size_t kept)
{
    check->kept_sessions = kept;
}

bool check_has_clients(const struct check *check)
{
    const struct clients *clients = check->clients;
    return clients != NULL && (clients->n_operations > 0 || clients->orphans);
}

const char *check_unanswerable(const struct check *check)
{
    if (check_is_torn(check))
        return "numbers are missing amid the trace";
    if (check->first_n > 1 && check->without == 0)
        return "the trace does not begin with event 1";
    if (check->clients->orphans)
        return "a return without its invoke";
    if (check->clients->strange)
        return "a call that is none of get, put, append and cas";
    return NULL;
}

// Once.
static void show(struct check *check, uint64_t event)
{
    const struct check_finding *finding = &check->finding;
    for (size_t i = 0; i < finding->n_events; i++)
        if (finding->events[i] == event)
            return;
    check_show(check, event);
}

// The return that no order explains comes first.
static void show_all(struct check *check, const struct clients_verdict *verdict)
{
    const struct linear_verdict *linear = &verdict->linear;
    show(check, verdict->history[linear->failed].returned);
    for (size_t i = 0; i < linear->n_shown; i++) {
        size_t at = linear->shown[i];
        const struct linear_operation *op = &verdict->history[at];
        if (at != linear->failed)
            check_show(check,
                       op->outcome == LINEAR_OPEN ? op->called : op->returned);
    }
    for (size_t i = 0; i < verdict->n_events; i++)
        show(check, verdict->events[i]);
}

static void found(struct check *check, const struct clients_verdict *verdict)
{
    struct check_finding *finding = &check->finding;
    bool illegal = verdict->linear.result == LINEAR_ILLEGAL;
    check->broken = true;
    finding->property =
        finding_id(illegal ? FINDING_LINEARIZABILITY : FINDING_NOT_DECIDED);
    finding->tag = verdict->tag != NULL ? verdict->tag : "";
    finding->n_events = finding->n_servers = 0;
    finding->found_n = check->model.n;
    snprintf(finding->text, sizeof finding->text, "%s%s%s",
             verdict->linear.text, verdict->reason[0] != '\0' ? "\n" : "",
             verdict->reason);
    if (illegal)
        show_all(check, verdict);
    else
        check_show(check, verdict->history[verdict->linear.failed].called);
}

// What is no linearizability, but a promise that is broken.
static const struct check_finding *promise(struct check *check, const char *tag,
                                           const uint64_t events[2])
{
    struct check_finding *finding = &check->finding;
    check->broken = true;
    finding->property = finding_id(FINDING_SERVICE);
    finding->tag = tag;
    finding->n_events = finding->n_servers = 0;
    finding->found_n = check->model.n;
    check_show(check, events[0]);
    check_show(check, events[1]);
    return finding;
}

const struct check_finding *check_clients(struct check *check, uint64_t budget)
{
    struct clients_verdict verdict;
    struct check_finding *finding = &check->finding;
    uint64_t events[2];
    check_settle(check);
    if (check->broken || !check_has_clients(check) ||
        check_unanswerable(check) != NULL)
        return check_finding(check);
    clients_judge(check->clients, budget, &verdict);
    if (verdict.linear.result != LINEAR_LEGAL)
        found(check, &verdict);
    else if (clients_misplaced(check->clients, finding->text,
                               sizeof finding->text, events))
        promise(check, "KV.14", events);
    clients_clear(&verdict);
    return check_finding(check);
}

const struct check_finding *check_unanswered(struct check *check, uint64_t us)
{
    struct check_finding *finding = &check->finding;
    uint64_t events[2];
    if (check->broken || check->clients == NULL ||
        !clients_unanswered(check->clients, us, finding->text,
                            sizeof finding->text, events))
        return NULL;
    return promise(check, "KV.10", events);
}

// ------------------------------------------------------------------ evidence

static void rests(struct evidence_book *book, uint64_t n)
{
    record_cause(book, n, EVIDENCE_NEAR);
}

static void record_answer(struct evidence_book *book,
                          const struct clients *clients,
                          const struct trace_event *event)
{
    const struct clients_answer *answer = clients_answer_at(clients, event->n);
    if (answer == NULL)
        return;
    const struct clients_operation *op = &clients->operation[answer->operation];
    const struct clients_entry *own = clients_own_entry(clients, answer);
    if (own == NULL) {
        rests(book, op->invoke_n);
    } else {
        rests(book, own->n);
        rests(book, clients_handed_at(clients, own->server, own->index));
    }
    if (answer->leads > 0 && answer->leader_term > answer->leads)
        record_cause(book, answer->leader_n, EVIDENCE_FAR);
}

void record_client(struct evidence_book *book, const struct check *check,
                   const struct trace_event *event)
{
    const struct clients *clients = check->clients;
    const struct clients_operation *op;
    switch (clients != NULL ? event->kind : TRACE_UNKNOWN) {
    case TRACE_RETURN:
        op = clients_behind(clients, event->n);
        if (op != NULL) {
            const struct clients_answer *by = clients_answer_of(clients, op);
            rests(book, op->invoke_n);
            rests(book, by != NULL ? by->n : 0);
        }
        break;
    case TRACE_START:
    case TRACE_TAKEN:
        op = clients_behind(clients, event->cause);
        rests(book, op != NULL ? op->invoke_n : 0);
        break;
    case TRACE_REPLY:
        record_answer(book, clients, event);
        break;
    default:
        break;
    }
}
