// timers.c -- [F.2] [C.1]: elections begin when the timer says so, and only
// the events that Figure 2 names set it back.
//
// A server tells in each timeout how long it has waited. It must have begun to
// wait when it last heard the leader of its term, granted a vote, or stood for
// election itself; each of these is known to have happened between the receipt
// of a message and the reply.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum {
    RECOVERY_US = 1000000,  // a sleep begun with a slow clock is over by then
    ALIVE_US = 150000,      // a leader that says nothing for longer may be down
    BEYOND_US = 1000000000, // no trace that begins late is so late
    SLACK_US = 20000,       // between the look at the clock and the event
    SHORTEST_US = 50000, // far below any heartbeat interval that the labs allow
    // The longest election timeout that they allow, by a right clock and by one
    // that is, or was until lately, as slow as any of a scenario's.
    TIMEOUT_US = 1000000,
    SLOW_TIMEOUT_US = 7000000
};

bool check_within_timeout(const struct check *check, int server,
                          uint64_t heard_us, uint64_t us)
{
    const struct judged *judged = &check->server[server];
    bool slow = judged->odd_clock ||
                (judged->odd_us > 0 && judged->odd_us + SLOW_TIMEOUT_US > us);
    return heard_us > 0 &&
           heard_us + (slow ? SLOW_TIMEOUT_US : TIMEOUT_US) > us;
}

// Is a request under way whose handler may have set the timer back?
static bool may_reset(const struct check *check, const struct judged *judged)
{
    for (int i = 0; i < judged->n_active; i++)
        if (check->flight[judged->active[i]].args.rpc != FACTS_OTHER)
            return true;
    return false;
}

// [L.1] No message was even sent to a follower by its leader, all the time that
// it waited for one.
static bool was_kept_alive(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    const struct table_cell *cell = check_leader_of(check, server->term);
    if (cell == NULL || cell->server == event->node)
        return true;
    const struct model_server *leader = &check->model.server[cell->server];
    const struct judged *judged = &check->server[cell->server];
    uint64_t since_us = event->us - event->waited_us;
    if (!leader->up || !leader->booted || leader->role != TRACE_LEADER ||
        leader->paused || leader->term != server->term || judged->own_clock ||
        judged->spoke_us + ALIVE_US < event->us ||
        judged->role_us >= since_us ||
        (judged->pause_us > 0 && judged->pause_us + RECOVERY_US >= since_us) ||
        judged->view[event->node].sent_us >= since_us)
        return true;
    check_broken(check, event, FINDING_NO_HEARTBEATS, "L.1", cell->server,
                 judged->role_event,
                 "S%d timed out at %.3f s after %.1f ms because S%d, leader of"
                 " term %" PRIu64 " since %.3f s, sent it nothing in all that"
                 " time.",
                 event->node + 1, check_seconds(event->us),
                 (double)event->waited_us / 1e3, cell->server + 1, server->term,
                 check_seconds(judged->role_us));
    return !check->broken;
}

// The message that was being handled when the timer was set back, if it gave no
// reason to, in a sentence; and its receipt.
static uint64_t set_back_by(const struct judged *judged, uint64_t us,
                            char text[160])
{
    text[0] = '\0';
    for (int i = 0; i < N_IDLE; i++) {
        const struct idle *idle = &judged->idle[i];
        if (idle->n == 0 || us + SLACK_US < idle->recv_us ||
            us > idle->reply_us + SLACK_US)
            continue;
        if (idle->answer)
            snprintf(text, 160,
                     " It reset its timer when S%d's reply to its %s brought"
                     " the newer term %" PRIu64 ", at %.3f s.",
                     idle->from + 1, idle->rpc, idle->term,
                     check_seconds(idle->recv_us));
        else
            snprintf(text, 160,
                     " It reset its timer when S%d's %s of %sterm %" PRIu64
                     " arrived, at %.3f s.",
                     idle->from + 1, idle->rpc, idle->old ? "the older " : "",
                     idle->term, check_seconds(idle->recv_us));
        return idle->n;
    }
    return judged->reset_n;
}

static bool timeout(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    const struct model_server *server = &check->model.server[event->node];
    int me = event->node + 1;
    double now = check_seconds(event->us);
    if (server->role == TRACE_LEADER)
        return check_broken(check, event, FINDING_LEADER_TIMED_OUT, "F.2",
                            TRACE_NONE, judged->role_event,
                            "S%d started an election at %.3f s although it had"
                            " been leader of term %" PRIu64 " since %.3f s%s.",
                            me, now, server->term,
                            check_seconds(judged->role_us),
                            check->longest_us > TIMEOUT_US
                                ? ". Leaders have led for longer without that:"
                                  " it won between its check of the timer and"
                                  " this election"
                                : "");
    check->tells_waited |= event->waited_us > 0;
    if (check->untimed || judged->own_clock || server->paused ||
        !check->tells_waited)
        return true;
    if (event->waited_us > event->us + BEYOND_US)
        return check_broken(
            check, event, FINDING_TIMER_NOT_RESET, "F.2", TRACE_NONE,
            judged->reset_n,
            "S%d started an election at %.3f s and reported that it had waited"
            " longer than the whole run: its timer uses a clock that jumps, or"
            " counts from no moment of this run.",
            me, now);
    if (!was_kept_alive(check, event))
        return false;
    double waited_ms = (double)event->waited_us / 1e3;
    if (event->waited_us < SHORTEST_US)
        return check_broken(
            check, event, FINDING_ELECTION_TOO_EARLY, "F.2", TRACE_NONE,
            judged->reset_n,
            "S%d started an election at %.3f s, only %.1f ms after it last"
            " reset its election timer.",
            me, now, waited_ms);
    if (!judged->timed)
        return true;
    // The latest event that must set it back was over by reset_by_us.
    if (event->waited_us > event->us - judged->reset_us + SLACK_US)
        return check_broken(
            check, event, FINDING_TIMER_NOT_RESET, "F.2", TRACE_NONE,
            judged->reset_n,
            "S%d timed out at %.3f s after %.1f ms, but only %.1f ms earlier"
            " it %s, which resets the election timer.",
            me, now, waited_ms, (double)(event->us - judged->reset_us) / 1e3,
            judged->reset_why);
    bool may = judged->may_reset_us > 0 &&
               event->us - judged->may_reset_us < event->waited_us + SLACK_US;
    char by[160];
    if (event->waited_us + SLACK_US < event->us - judged->reset_by_us && !may &&
        !may_reset(check, judged)) {
        uint64_t by_n = set_back_by(judged, event->us - event->waited_us, by);
        return check_broken(
            check, event, FINDING_TIMER_RESET, "F.2", TRACE_NONE, by_n,
            "S%d waited only %.1f ms before its timeout at %.3f s, but nothing"
            " had justified a timer reset for %.1f ms: in that time it heard"
            " from no leader of its term, granted no vote and started no"
            " election.%s",
            me, waited_ms, now, (double)(event->us - judged->reset_by_us) / 1e3,
            by);
    }
    return true;
}

static void reset(struct judged *judged, const struct trace_event *event,
                  uint64_t from_us, const char *why)
{
    judged->timed = true;
    judged->reset_us = from_us;
    judged->reset_by_us = event->us;
    judged->reset_n = event->n;
    judged->reset_why = why;
}

static void keep_idle(struct judged *judged, struct idle idle)
{
    memmove(judged->idle + 1, judged->idle,
            (N_IDLE - 1) * sizeof judged->idle[0]);
    judged->idle[0] = idle;
}

static const char *name_of(const struct flight *flight)
{
    return flight->args.rpc == FACTS_VOTE     ? "RequestVote"
           : flight->args.rpc == FACTS_APPEND ? "AppendEntries"
                                              : "InstallSnapshot";
}

// A reply of a newer term makes a follower, and sets no timer back.
static void answered(struct check *check, const struct trace_event *event)
{
    struct flight *flight = check_flight(check, event->msg);
    if (flight == NULL || flight->args.rpc == FACTS_OTHER)
        return;
    const struct facts_reply *reply = check_reply(flight, event);
    if (reply != NULL && reply->whole && flight->to >= 0 &&
        reply->term > check->model.server[event->node].term)
        keep_idle(&check->server[event->node],
                  (struct idle){.n = event->n,
                                .recv_us = event->us,
                                .reply_us = event->us,
                                .term = reply->term,
                                .from = flight->to,
                                .rpc = name_of(flight),
                                .answer = true});
}

// A handler is done: did it hear a leader, or grant a vote?
static void replied(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    struct flight *flight = check_flight(check, event->msg);
    if (flight == NULL)
        return;
    const struct facts_reply *reply = check_reply(flight, event);
    bool whole = reply != NULL && reply->whole && flight->args.whole;
    // A message of another name is none of Figure 2's, where those are known.
    bool other = flight->args.rpc == FACTS_OTHER;
    bool foreign = other && check->told.appends && check->told.asks_votes;
    if (!whole || !flight->handled || flight->confused) {
        // What it found is not known for sure.
        if (!foreign)
            judged->may_reset_us = event->us;
        if (!whole || !flight->handled || other)
            return;
    }
    bool granted = flight->args.rpc == FACTS_VOTE && reply->yes;
    bool heard = flight->args.rpc != FACTS_VOTE &&
                 reply->term == flight->args.term &&
                 flight->args.term >= flight->before.term;
    if (heard)
        judged->followed_us = event->us;
    if (!flight->confused && !granted && !heard && event->rpc != NULL)
        keep_idle(judged, (struct idle){.n = flight->recv_n,
                                        .recv_us = flight->recv_us,
                                        .reply_us = event->us,
                                        .term = flight->args.term,
                                        .from = flight->from,
                                        .rpc = name_of(flight),
                                        .old = flight->args.term <
                                               flight->before.term});
    if (flight->confused && (granted || heard))
        judged->timed = false; // the order with another is not known
    else if (granted || heard)
        reset(judged, event, flight->recv_us,
              granted ? "had granted a vote"
              : flight->args.rpc == FACTS_INSTALL
                  ? "had received a snapshot from the leader"
              : reply->yes
                  ? "had heard from the leader"
                  : "had heard from the leader and refused its AppendEntries");
}

// A leader's message, of this term or a newer one, or of one that is not told.
static void received(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_flight(check, event->msg);
    if (flight != NULL && flight->args.term > 0 &&
        (flight->args.rpc == FACTS_APPEND ||
         flight->args.rpc == FACTS_INSTALL) &&
        flight->args.term >= check->model.server[event->node].term)
        check->server[event->node].followed_us = event->us;
}

// [L.1] A leader's AppendEntries.
static void sent(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_flight(check, event->msg);
    if (flight != NULL && flight->args.rpc == FACTS_APPEND &&
        check->model.server[event->node].role == TRACE_LEADER)
        check->server[event->node].led_us = event->us;
}

bool check_timers(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    bool good = true;
    switch (event->kind) {
    case TRACE_BOOT:
        reset(judged, event, event->us, "had started");
        judged->timeout_us = judged->waited_us = judged->may_reset_us = 0;
        judged->followed_us = judged->down_term = 0;
        break;
    case TRACE_TIMEOUT:
        good = timeout(check, event);
        judged->timeout_us = event->us;
        judged->waited_us = event->waited_us;
        reset(judged, event, event->us, "had started an election");
        break;
    case TRACE_ROLE:
        // Whoever steps down may begin to wait anew; a leader must, for it has
        // waited for nobody. Some count their own heartbeats as heard.
        if (event->to_role == TRACE_FOLLOWER) {
            judged->may_reset_us = event->us;
            judged->down_term = event->term;
        }
        if (event->to_role == TRACE_FOLLOWER &&
            event->from_role == TRACE_LEADER && judged->led_us > 0)
            reset(judged, event, judged->led_us,
                  "still led, and sent heartbeats");
        if (event->to_role == TRACE_LEADER)
            judged->led_us = 0;
        break;
    case TRACE_CONNECT:
        // Before it joins, the harness may have asked it for a vote, of which
        // there is no message in the trace.
        if (!judged->joined)
            judged->may_reset_us = event->us;
        judged->joined = true;
        break;
    case TRACE_SEND:
        sent(check, event);
        break;
    case TRACE_PERSIST:
        // A candidate may wait from when its own vote is durable; who has
        // stepped down, from when the term is.
        if (check->model.server[event->node].role == TRACE_CANDIDATE ||
            (judged->down_term > 0 && event->term >= judged->down_term)) {
            judged->may_reset_us = event->us;
            judged->down_term = 0;
        }
        break;
    case TRACE_RECV:
        received(check, event);
        break;
    case TRACE_REPLY:
        replied(check, event);
        break;
    case TRACE_REPLY_RECV:
        answered(check, event);
        break;
    case TRACE_PAUSE:
        judged->pause_us = event->us;
        judged->timed = false;
        break;
    case TRACE_CLOCK:
        judged->pause_us = event->us;
        judged->timed = false;
        judged->own_clock = event->to != 1000;
        break;
    default:
        break;
    }
    return good;
}
