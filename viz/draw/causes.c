// causes.c -- see causes.h.
#include "causes.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

size_t causes_position(const struct trace_file *trace, uint64_t n)
{
    size_t low = 0, high = trace->n_events;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        // The verdict has no number of its own: it is the last.
        uint64_t number = trace->event[middle].n;
        if (number != 0 && number < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The event of exactly that number, before `at`; SIZE_MAX when it is not there.
static size_t find_before(const struct trace_file *trace, size_t at, uint64_t n)
{
    size_t found = n > 0 ? causes_position(trace, n) : SIZE_MAX;
    return found < at && trace->event[found].n == n ? found : SIZE_MAX;
}

// Which leg ends here: TRACE_SEND or TRACE_REPLY; TRACE_UNKNOWN for none.
static enum trace_kind leg_of(const struct trace_event *event)
{
    if (event->kind == TRACE_RECV)
        return TRACE_SEND;
    if (event->kind == TRACE_REPLY_RECV)
        return TRACE_REPLY;
    if (event->kind != TRACE_DROP)
        return TRACE_UNKNOWN;
    return event->leg != NULL && strcmp(event->leg, "reply") == 0 ? TRACE_REPLY
                                                                  : TRACE_SEND;
}

static bool sends(const struct trace_event *event, enum trace_kind leg,
                  uint64_t msg)
{
    return event->kind == leg && event->msg == msg;
}

size_t causes_sending(const struct trace_file *trace, size_t at)
{
    const struct trace_event *event = &trace->event[at];
    enum trace_kind leg = leg_of(event);
    if (leg == TRACE_UNKNOWN)
        return SIZE_MAX;
    size_t named = find_before(trace, at, event->cause);
    if (named != SIZE_MAX && sends(&trace->event[named], leg, event->msg))
        return named;
    for (size_t i = at; i > 0; i--)
        if (sends(&trace->event[i - 1], leg, event->msg))
            return i - 1;
    return SIZE_MAX;
}

// Receipts of which the sweep has not met the sending yet, for traces that do
// not name causes.
struct wanted {
    struct leg {
        enum trace_kind kind;
        uint64_t msg;
    } * leg;
    size_t n, room;
};

static void want(struct wanted *wanted, enum trace_kind kind, uint64_t msg)
{
    wanted->leg =
        must_grow(wanted->leg, wanted->n, &wanted->room, sizeof *wanted->leg);
    wanted->leg[wanted->n++] = (struct leg){kind, msg};
}

static bool met(struct wanted *wanted, const struct trace_event *event)
{
    for (size_t i = 0; i < wanted->n; i++)
        if (sends(event, wanted->leg[i].kind, wanted->leg[i].msg)) {
            wanted->leg[i] = wanted->leg[--wanted->n];
            return true;
        }
    return false;
}

static void mark_causes(struct causes *causes, const struct trace_file *trace,
                        size_t at, struct wanted *wanted)
{
    const struct trace_event *event = &trace->event[at];
    size_t cause = find_before(trace, at, event->cause);
    if (cause != SIZE_MAX)
        causes->past[cause] = true;
    enum trace_kind leg = leg_of(event);
    bool named = cause != SIZE_MAX && leg != TRACE_UNKNOWN &&
                 sends(&trace->event[cause], leg, event->msg);
    if (leg != TRACE_UNKNOWN && !named)
        want(wanted, leg, event->msg);
    // A finding is about the events that show it.
    for (size_t i = 0; i < event->n_shown; i++) {
        size_t shown = find_before(trace, at, event->events[i]);
        if (shown != SIZE_MAX)
            causes->past[shown] = true;
    }
}

bool causes_make(struct causes *causes, const struct trace_file *trace,
                 uint64_t n)
{
    size_t at = causes_position(trace, n);
    *causes = (struct causes){.at = at};
    if (n == 0 || at >= trace->n_events || trace->event[at].n != n)
        return false;
    causes->past = must_calloc(trace->n_events, sizeof *causes->past);
    bool lane[TRACE_MAX_SERVERS] = {false};
    struct wanted wanted = {NULL, 0, 0};
    causes->past[at] = true;
    for (size_t i = at + 1; i > 0; i--) {
        const struct trace_event *event = &trace->event[i - 1];
        bool on_lane = event->node >= 0 && event->node < TRACE_MAX_SERVERS;
        bool in = causes->past[i - 1] || met(&wanted, event) ||
                  (on_lane && lane[event->node]);
        causes->past[i - 1] = in;
        if (!in)
            continue;
        causes->n_past++;
        // What the network does to a message is not on the server's way.
        if (on_lane && event->kind != TRACE_DROP)
            lane[event->node] = true;
        mark_causes(causes, trace, i - 1, &wanted);
    }
    free(wanted.leg);
    return true;
}

void causes_free(struct causes *causes)
{
    free(causes->past);
    *causes = (struct causes){0};
}
