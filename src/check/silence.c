// silence.c -- what an election timeout rests on: the fault that is in force,
// a message that was lost, a leader that stepped down, an election that failed.
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"
#include "record.h"

void record_fault(struct evidence_book *book, const struct trace_event *event)
{
    book->fault = must_grow(book->fault, book->n_faults, &book->fault_room,
                            sizeof *book->fault);
    book->fault[book->n_faults++] = event;
}

// Does a server hear a leader less, or again, since this happened? leader is
// TRACE_NONE where nobody knows it.
static bool touches(const struct trace_event *event, int server, int leader)
{
    bool ours = event->node == server || (leader >= 0 && event->node == leader);
    switch (event->kind) {
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_PAUSE:
        return leader >= 0 && event->node == leader;
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
        return ours;
    case TRACE_LINK:
        return trace_endpoint(event->to) == server &&
               trace_endpoint(event->from) == leader;
    case TRACE_PARTITION:
        return leader < 0 || ((size_t)leader < event->n_groups &&
                              (size_t)server < event->n_groups &&
                              event->groups[leader] != event->groups[server]);
    case TRACE_HEAL:
        return true;
    default:
        return false;
    }
}

// The fault in force between a server and its leader; 0 = none.
static uint64_t fault_between(const struct evidence_book *book, int server,
                              int leader)
{
    for (size_t i = book->n_faults; i > 0; i--)
        if (touches(book->fault[i - 1], server, leader))
            return evidence_cuts(book->fault[i - 1]) ? book->fault[i - 1]->n
                                                     : 0;
    return 0;
}

void record_silence(struct evidence_book *book, const struct check *check,
                    const struct trace_event *event)
{
    struct recorded *server = &book->server[event->node];
    struct evidence *of = &book->of[book->at];
    server->timeout = event->n;
    of->led = server->stepped_down_us > server->heard_us;
    of->heard_us = of->led ? server->stepped_down_us : server->heard_us;
    if (check->model.server[event->node].role == TRACE_CANDIDATE) {
        of->number = server->n_stood;
        record_cause(book, server->first_stood, EVIDENCE_FAR);
        return;
    }
    if (of->led) {
        record_cause(book, server->stepped_down, EVIDENCE_FAR);
        return;
    }
    int leader = server->leader;
    uint64_t fault = fault_between(book, event->node, leader);
    record_cause(book, fault, EVIDENCE_NEAR);
    if (fault > 0 || leader < 0)
        return;
    const struct recorded *other = &book->server[leader];
    if (other->stepped_down_us > server->heard_us)
        record_cause(book, other->stepped_down, EVIDENCE_FAR);
    else
        record_cause(book, server->lost[leader], EVIDENCE_NEAR);
}

void record_loss(struct evidence_book *book, const struct trace_event *event)
{
    int from = trace_endpoint(event->from), to = trace_endpoint(event->to);
    bool request = event->leg == NULL || strcmp(event->leg, "request") == 0;
    if (from < 0 || from >= book->n_servers || to < 0 || to >= book->n_servers)
        return;
    if (request) {
        const struct evidence *before =
            record_of(book, book->server[to].lost[from]);
        book->of[book->at].number = 1 + (before != NULL ? before->number : 0);
        book->server[to].lost[from] = event->n;
    }
    if (event->why == NULL || strcmp(event->why, "unplugged") != 0)
        return;
    for (size_t i = book->n_faults; i > 0; i--)
        if (book->fault[i - 1]->kind == TRACE_DISCONNECT &&
            (book->fault[i - 1]->node == from ||
             book->fault[i - 1]->node == to)) {
            record_cause(book, book->fault[i - 1]->n, EVIDENCE_NEAR);
            return;
        }
}
