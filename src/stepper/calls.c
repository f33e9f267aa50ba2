// calls.c -- the calls of a stepped cluster: their names, and where they are.
//
// A call is known from the event that tells of its sending; the network asks
// about each of its legs, which then waits.
#include "inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "sim/sim.h"

static struct step_call *by_msg(struct stepper *stepper, uint64_t msg)
{
    struct step_call *call = stepper->calls;
    while (call != NULL && call->msg != msg)
        call = call->next;
    return call;
}

static void note_sent(struct stepper *stepper, const struct trace_event *event)
{
    struct step_call *call = must_calloc(1, sizeof *call);
    call->msg = event->msg;
    call->from = event->node;
    call->to = (int)event->to;
    strncpy(call->method, event->rpc, sizeof call->method - 1);
    call->number = 1;
    for (const struct step_call *c = stepper->calls; c != NULL; c = c->next)
        if (c->from == call->from && c->to == call->to &&
            strcmp(c->method, call->method) == 0) {
            call->number = c->number + 1;
            break;
        }
    call->next = stepper->calls;
    stepper->calls = call;
}

static void move(struct stepper *stepper, uint64_t msg, enum step_place place)
{
    struct step_call *call = by_msg(stepper, msg);
    if (call == NULL || call->place == CALL_OVER)
        return;
    call->place = place;
    call->since = ++stepper->stamp;
    call->held = false;
}

static bool is_server(int node)
{
    return node >= 0 && node < STEP_SERVERS;
}

// Called by the recorder, which lets one in at a time.
static void watch(void *context, const struct trace_event *event)
{
    struct stepper *stepper = context;
    if (stepper->state != NULL)
        state_step(stepper->state, event, by_msg(stepper, event->msg));
    if (stepper->also != NULL)
        stepper->also(NULL, event);
    switch (event->kind) {
    case TRACE_SEND:
        if (event->ok || !is_server(event->node))
            return; // the same once more
        note_sent(stepper, event);
        stepper->acted[event->node]++;
        break;
    case TRACE_TERM:
    case TRACE_TIMEOUT:
        if (is_server(event->node))
            stepper->acted[event->node]++;
        break;
    case TRACE_CRASH:
        for (struct step_call *c = stepper->calls; c != NULL; c = c->next)
            c->orphan |= c->from == event->node;
        sim_proceed(event->node);
        break;
    case TRACE_REPLY_RECV:
    case TRACE_DROP:
        move(stepper, event->msg, CALL_OVER);
        break;
    default:
        break;
    }
}

struct asked {
    struct stepper *stepper;
    const struct net_leg *leg;
};

static void note_leg(void *context)
{
    const struct asked *asked = context;
    const struct net_leg *leg = asked->leg;
    struct step_call *call = by_msg(asked->stepper, leg->msg);
    if (call == NULL)
        return;
    uint8_t **bytes = leg->reply ? &call->reply : &call->request;
    free(*bytes);
    *bytes = must_malloc(leg->n_bytes + 1);
    if (leg->n_bytes > 0)
        memcpy(*bytes, leg->bytes, leg->n_bytes);
    *(leg->reply ? &call->n_reply : &call->n_request) = leg->n_bytes;
    if (asked->stepper->state != NULL)
        state_leg(asked->stepper->state, call, leg->reply);
    move(asked->stepper, leg->msg, leg->reply ? CALL_REPLY : CALL_REQUEST);
}

static enum net_fate judge(void *context, const struct net_leg *leg,
                           uint64_t *hold_us)
{
    struct stepper *stepper = context;
    struct asked asked = {stepper, leg};
    (void)hold_us;
    trace_hold(lab_trace(stepper->lab), note_leg, &asked);
    return NET_WAIT;
}

void calls_begin(struct stepper *stepper)
{
    lab_watch(stepper->lab, watch, stepper);
    net_script(lab_net(stepper->lab), judge, stepper);
}

void calls_end(struct stepper *stepper)
{
    net_script(lab_net(stepper->lab), NULL, NULL);
    lab_watch(stepper->lab, NULL, NULL);
    for (struct step_call *call = stepper->calls, *next; call != NULL;
         call = next) {
        next = call->next;
        free(call->request);
        free(call->reply);
        free(call);
    }
    stepper->calls = NULL;
}
