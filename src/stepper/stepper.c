// stepper.c -- see stepper.h.
#include "inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/thread.h"
#include "sim/sim.h"

enum {
    MOST_MS = 10000, // that a clock moves in one action
    FAIL_US = 10000, // until a call to a server that is down or cut off fails
    MOST_DELIVERED = 10000,
};
static const uint64_t ACTION_NS = 10000000; // between two, in the trace
static const uint64_t MS = 1000000;

static bool no(char why[STEP_LINE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool no(char why[STEP_LINE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, STEP_LINE, format, args);
    va_end(args);
    return false;
}

// In the trace, each action has its moment.
static void pass_time(void)
{
    sim_pass_time(ACTION_NS - sim_now_ns() % ACTION_NS);
}

struct stepper *stepper_begin(struct lab *lab)
{
    struct stepper *stepper = must_calloc(1, sizeof *stepper);
    stepper->lab = lab;
    net_fail_after(lab_net(lab), FAIL_US);
    calls_begin(stepper);
    lab_stands_still(lab);
    sim_settle();
    return stepper;
}

static void let_all_proceed(void)
{
    for (int s = 0; s < STEP_SERVERS; s++)
        sim_proceed(s);
}

void stepper_end(struct stepper *stepper)
{
    let_all_proceed();
    sim_settle();
    calls_end(stepper);
    free(stepper);
    sim_let_flow();
}

struct lab *stepper_lab(const struct stepper *stepper)
{
    return stepper->lab;
}

const struct step_call *stepper_calls(const struct stepper *stepper)
{
    return stepper->calls;
}

static bool in_flight(const struct step_call *call)
{
    return call->place == CALL_REQUEST || call->place == CALL_REPLY;
}

const struct step_call *stepper_oldest(const struct stepper *stepper)
{
    const struct step_call *oldest = NULL;
    for (const struct step_call *c = stepper->calls; c != NULL; c = c->next)
        if (in_flight(c) && !c->held &&
            (oldest == NULL || c->since < oldest->since))
            oldest = c;
    return oldest;
}

const struct step_call *stepper_find(const struct stepper *stepper,
                                     const struct step_action *a)
{
    enum step_place place = a->reply ? CALL_REPLY : CALL_REQUEST;
    const struct step_call *found = NULL;
    for (const struct step_call *c = stepper->calls; c != NULL; c = c->next) {
        if (c->from != a->server || c->to != a->peer ||
            strcmp(c->method, a->method) != 0)
            continue;
        if (a->number == 0 ? c->place == place : c->number == a->number)
            found = c;
    }
    return found;
}

// ------------------------------------------------------------- messages

static void decide_leg(struct stepper *stepper, struct step_call *call,
                       enum net_fate fate)
{
    bool reply = call->place == CALL_REPLY;
    // Whatever becomes of the thread that gets it.
    call->place = reply || fate == NET_DROP ? CALL_OVER : CALL_SERVED;
    net_decide(lab_net(stepper->lab), call->msg, reply, fate);
    sim_settle();
}

static bool decide(struct stepper *stepper, const struct step_action *a,
                   char why[STEP_LINE])
{
    // Ours.
    struct step_call *call = (struct step_call *)stepper_find(stepper, a);
    enum step_place place = a->reply ? CALL_REPLY : CALL_REQUEST;
    if (call == NULL || call->place != place)
        return no(why, "no such message is in flight");
    if (a->kind == STEP_HOLD) {
        call->held = true;
        return true;
    }
    decide_leg(stepper, call, a->kind == STEP_LOSE ? NET_DROP : NET_PASS);
    return true;
}

static bool deliver_all(struct stepper *stepper, char why[STEP_LINE])
{
    const struct step_call *call = stepper_oldest(stepper);
    if (call == NULL)
        return no(why, "nothing is in flight");
    for (int n = 0; call != NULL && n < MOST_DELIVERED; n++) {
        if (n > 0)
            pass_time();
        decide_leg(stepper, (struct step_call *)call, NET_PASS);
        call = stepper_oldest(stepper);
    }
    return true;
}

static bool deliver_again(struct stepper *stepper, const struct step_action *a,
                          char why[STEP_LINE])
{
    const struct step_call *call = stepper_find(stepper, a);
    if (call == NULL || call->request == NULL)
        return no(why, "no such request was ever in flight");
    struct net_leg leg = {.msg = call->msg,
                          .from = call->from,
                          .to = call->to,
                          .method = call->method,
                          .bytes = call->request,
                          .n_bytes = call->n_request};
    if (!net_again(lab_net(stepper->lab), &leg))
        return no(why, "S%d is down", a->peer + 1);
    sim_settle();
    return true;
}

// ------------------------------------------------------------- clocks

// A tick is as an action of its own.
static void stall_in_tick(struct stepper *stepper, int server)
{
    if (stepper->stalls == server)
        sim_stall(server, stepper->before_nth);
}

// Moves the clock until the server does something, or its thread stalls.
static bool move_until_acts(struct stepper *stepper, int server)
{
    raft_term before = 0, now = 0;
    bool leads;
    uint64_t acted = stepper->acted[server];
    uint64_t end_ns = sim_clock_ns(server) + MOST_MS * MS;
    bool stalled = sim_is_stalled(server);
    lab_get_state(stepper->lab, server, &before, &leads);
    stall_in_tick(stepper, server);
    while (sim_clock_ns(server) < end_ns &&
           sim_move_clock(server, end_ns - sim_clock_ns(server))) {
        sim_settle();
        if (stepper->acted[server] != acted ||
            sim_is_stalled(server) != stalled)
            return true;
        stall_in_tick(stepper, server);
        if (!lab_speaks(stepper->lab) &&
            lab_get_state(stepper->lab, server, &now, &leads) && now > before)
            return true;
    }
    return false;
}

static bool time_passes(struct stepper *stepper, const struct step_action *a,
                        char why[STEP_LINE])
{
    int server = a->server;
    raft_term term;
    bool leads = false, timeout = a->kind == STEP_TIMEOUT;
    if (!lab_get_state(stepper->lab, server, &term, &leads))
        return no(why, "S%d is down or paused", server + 1);
    if (leads == timeout)
        return timeout
                   ? no(why, "S%d leads: it has no election timer", server + 1)
                   : no(why, "S%d does not lead", server + 1);
    if (!move_until_acts(stepper, server))
        return no(why, "S%d did nothing for %d seconds of its clock",
                  server + 1, MOST_MS / 1000);
    return true;
}

static bool move_clock(struct stepper *stepper, const struct step_action *a)
{
    (void)stepper;
    uint64_t end_ns = sim_clock_ns(a->server) + a->number * MS;
    while (sim_clock_ns(a->server) < end_ns &&
           sim_move_clock(a->server, end_ns - sim_clock_ns(a->server)))
        sim_settle();
    return true;
}

// ------------------------------------------------------------- the service

// raft_start() and raft_snapshot() may block: each has a thread of its own.
struct errand_of {
    struct stepper *stepper;
    struct step_action action;
    bool taken, done;
    bool left; // by the action: the thread frees it
};

static void *run_errand(void *argument)
{
    struct errand_of *errand = argument;
    const struct step_action *a = &errand->action;
    struct lab *lab = errand->stepper->lab;
    raft_index index;
    raft_term term;
    errand->taken =
        a->kind == STEP_COMMAND
            ? lab_start(lab, a->server, a->text, strlen(a->text), &index, &term)
            : lab_compact(lab, a->server, a->number);
    errand->done = true;
    if (errand->left)
        free(errand);
    return NULL;
}

static bool ask_service(struct stepper *stepper, const struct step_action *a,
                        char why[STEP_LINE])
{
    raft_term term;
    bool leads;
    if (!lab_get_state(stepper->lab, a->server, &term, &leads))
        return no(why, "S%d is down or paused", a->server + 1);
    struct errand_of *errand = must_calloc(1, sizeof *errand);
    errand->stepper = stepper;
    errand->action = *a;
    thread_start("client", run_errand, errand);
    sim_settle();
    bool taken = errand->taken || !errand->done;
    errand->left = !errand->done;
    if (errand->done)
        free(errand);
    if (taken)
        return true;
    return a->kind == STEP_COMMAND
               ? no(why, "S%d took no command: it does not lead", a->server + 1)
               : no(why, "S%d has not applied index %" PRIu64, a->server + 1,
                    a->number);
}

// ------------------------------------------------------------- faults

static bool fault(struct stepper *stepper, const struct step_action *a,
                  char why[STEP_LINE])
{
    struct lab *lab = stepper->lab;
    bool up = lab_is_up(lab, a->server);
    if (up == (a->kind == STEP_RESTART))
        return no(why, "S%d is %s", a->server + 1, up ? "up" : "down");
    switch (a->kind) {
    case STEP_CRASH:
        if (a->number > 0)
            lab_crash_at_save(lab, a->server, (int)a->number, a->before);
        else
            lab_crash(lab, a->server);
        break;
    case STEP_RESTART:
        lab_restart(lab, a->server);
        break;
    default:
        if (lab_is_paused(lab, a->server) == (a->kind == STEP_PAUSE))
            return no(why, "S%d is %spaused", a->server + 1,
                      a->kind == STEP_PAUSE ? "" : "not ");
        lab_pause(lab, a->server, a->kind == STEP_PAUSE);
    }
    sim_settle();
    return true;
}

// One thread of a server at a time, so that its name is clear.
static bool stall(struct stepper *stepper, const struct step_action *a,
                  char why[STEP_LINE])
{
    if (a->kind == STEP_PROCEED) {
        if (!sim_proceed(a->server))
            return no(why, "no thread of S%d is stalled", a->server + 1);
        sim_settle();
        return true;
    }
    if (!lab_is_up(stepper->lab, a->server))
        return no(why, "S%d is down", a->server + 1);
    if (sim_is_stalled(a->server))
        return no(why, "a thread of S%d is stalled already", a->server + 1);
    stepper->stalls = a->server;
    stepper->before_nth = a->number;
    return true;
}

static bool links(struct stepper *stepper, const struct step_action *a)
{
    if (a->server == a->peer) {
        lab_heal(stepper->lab);
    } else {
        lab_cut(stepper->lab, a->server, a->peer, a->kind == STEP_CUT);
        lab_cut(stepper->lab, a->peer, a->server, a->kind == STEP_CUT);
    }
    sim_settle();
    return true;
}

// A note for each message in flight, in the order in which they came there: the
// words that name it in a script, and "held".
static bool show(struct stepper *stepper)
{
    struct trace *trace = lab_trace(stepper->lab);
    for (uint64_t last = 0;;) {
        const struct step_call *next = NULL;
        for (const struct step_call *c = stepper->calls; c != NULL; c = c->next)
            if (in_flight(c) && c->since > last &&
                (next == NULL || c->since < next->since))
                next = c;
        if (next == NULL)
            return true;
        last = next->since;
        trace_note(trace, TRACE_NONE, "in flight", "S%d>S%d %s %" PRIu64 "%s%s",
                   next->from + 1, next->to + 1, next->method, next->number,
                   next->place == CALL_REPLY ? " reply" : "",
                   next->held ? " held" : "");
    }
}

static bool act(struct stepper *stepper, const struct step_action *action,
                char why[STEP_LINE])
{
    switch (action->kind) {
    case STEP_TIMEOUT:
    case STEP_HEARTBEAT:
        return time_passes(stepper, action, why);
    case STEP_CLOCK:
        return move_clock(stepper, action);
    case STEP_DELIVER_ALL:
        return deliver_all(stepper, why);
    case STEP_DELIVER:
    case STEP_LOSE:
    case STEP_HOLD:
        return decide(stepper, action, why);
    case STEP_DOUBLE:
        return deliver_again(stepper, action, why);
    case STEP_COMMAND:
    case STEP_SNAPSHOT:
        return ask_service(stepper, action, why);
    case STEP_CUT:
    case STEP_HEAL:
        return links(stepper, action);
    case STEP_SHOW:
        return show(stepper);
    case STEP_STALL:
    case STEP_PROCEED:
        return stall(stepper, action, why);
    default:
        return fault(stepper, action, why);
    }
}

// What is to stall does so in the next action, or not at all.
static bool act_now(struct stepper *stepper, const struct step_action *action,
                    char why[STEP_LINE])
{
    if (action->kind == STEP_STALL)
        return act(stepper, action, why);
    sim_stall(stepper->stalls, stepper->before_nth);
    bool done = act(stepper, action, why);
    sim_stall(stepper->stalls, 0);
    stepper->before_nth = 0;
    return done;
}

bool stepper_do_quietly(struct stepper *stepper,
                        const struct step_action *action, char why[STEP_LINE])
{
    pass_time();
    return act_now(stepper, action, why);
}

bool stepper_do(struct stepper *stepper, const struct step_action *action,
                char why[STEP_LINE])
{
    struct trace *trace = lab_trace(stepper->lab);
    char line[STEP_LINE];
    step_format(action, line);
    pass_time();
    trace_note(trace, TRACE_NONE, "script", "%s", line);
    bool done = act_now(stepper, action, why);
    if (!done)
        trace_note(trace, TRACE_NONE, "script", "skipped: %s", why);
    return done;
}
