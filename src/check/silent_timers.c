// silent_timers.c -- [F.2] elections begin when a timeout is over, by what
// messages show.
//
// A server that stands for election has heard nothing for a whole timeout. It
// answered the last message that sets its timer back in an older term, so it
// had that before the election began; and a timeout outlasts a heartbeat
// interval by far.
#include <inttypes.h>
#include <stdio.h>

#include "silent.h"

enum {
    SHORTEST_US = 90000,
    // No timeout is so long; a thread may stand still for a while besides.
    LONGEST_US = 2500000
};

// [F.2] A leader that speaks, and is answered by a majority, stands for no
// election. One that has just stepped down waits for a timeout first; where
// threads are late it may speak after that, unless it has led for a moment
// only.
static bool runs_against_itself(const struct silent_case *c)
{
    enum { SPOKE_US = 50000, HEARD_US = 120000 };
    const struct silent_server *me = c->me;
    uint64_t us = c->event->us;
    int n = 1;
    if (me->led_term == 0 || c->args->term != me->led_term + 1 ||
        me->term > me->led_term || me->heard_term > me->led_term || me->down ||
        us > me->led_us + SPOKE_US || me->own_clock ||
        (c->check->untimed && us >= me->won_us + SHORTEST_US))
        return false;
    for (int i = 0; i < c->check->model.n_servers; i++)
        n += i != c->event->node && me->peer[i].view.heard_us > 0 &&
             us < me->peer[i].view.heard_us + HEARD_US;
    return n >= check_majority(c->check) && c->check->model.n_servers > 1;
}

static bool leads_already(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    uint64_t us = c->event->us;
    char more[120] = "";
    if (us < me->won_us + SHORTEST_US)
        snprintf(more, sizeof more,
                 " It had led for only %.1f ms: it may have won between its"
                 " check of the timer and this election.",
                 (double)(us - me->won_us) / 1e3);
    return silent_broken(c, FINDING_LEADER_TIMED_OUT, "F.2", TRACE_NONE,
                         me->led_n,
                         "S%d started an election at %.3f s although it was"
                         " already leader of term %" PRIu64
                         ": a majority replied to its AppendEntries of"
                         " %.3f s.%s",
                         c->event->node + 1, check_seconds(us), me->led_term,
                         check_seconds(me->led_us), more);
}

// [C.1] Elections follow each other at once. One may be shown late, by a slow
// disk, and so come just before the next; several are not.
static bool runs_at_each_look(const struct silent_case *c)
{
    enum { MANY = 4 };
    struct silent_server *me = c->me;
    uint64_t us = c->event->us;
    if (c->args->term <= me->ran_term)
        return false;
    bool quick = me->ran_us > me->still_us && us < me->ran_us + SHORTEST_US;
    if (!quick)
        me->n_quick = 0;
    if (me->n_quick++ == 0)
        me->quick_us = us;
    return me->n_quick >= MANY && !c->check->untimed && !me->own_clock;
}

bool silent_judge_timer(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    uint64_t term = c->args->term, us = c->event->us;
    if (runs_against_itself(c))
        return leads_already(c);
    if (runs_at_each_look(c))
        return silent_broken(
            c, FINDING_TIMER_NOT_RESET, "F.2", TRACE_NONE, me->ran_n,
            "S%d requested votes in term %" PRIu64
            " at %.3f s, in the %dth election within %.1f ms, but each time it"
            " had started an election, which resets the election timer.",
            c->event->node + 1, term, check_seconds(us), me->n_quick,
            (double)(us - me->quick_us) / 1e3);
    if (c->check->untimed || me->own_clock || term <= me->term ||
        me->run[term % SILENT_RUNS].term >= term || me->reset_us == 0 ||
        me->still_us >= me->reset_us || us >= me->reset_us + SHORTEST_US)
        return true;
    return silent_broken(
        c, FINDING_TIMER_NOT_RESET, "F.2", TRACE_NONE, me->reset_n,
        "S%d requested votes in term %" PRIu64
        " at %.3f s, but only %.1f ms earlier it %s, which resets the election"
        " timer.",
        c->event->node + 1, term, check_seconds(us),
        (double)(us - me->reset_us) / 1e3, me->reset_why);
}

// Whoever answers in the term that its disk has, does not wait for its disk.
// For so long it has neither heard a leader, given a vote nor run itself.
bool silent_judge_waiting(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    uint64_t us = me->reset_us;
    const uint64_t others[] = {me->ran_us,    me->stood_us, me->still_us,
                               me->leader_us, me->life_us,  me->deposed_us};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        us = others[i] > us ? others[i] : us;
    bool leads = me->led_term > 0 && me->led_term >= me->term;
    if (c->check->untimed || me->own_clock || leads || me->disk.n == 0 ||
        c->reply->term != me->disk.term || c->reply->yes ||
        c->event->us < us + LONGEST_US)
        return true;
    return silent_broken(
        c, FINDING_TIMER_RESET, "F.2", TRACE_NONE, me->reset_n,
        "S%d has not started an election by %.3f s although for %.1f ms it has"
        " heard from no leader of its term, granted no vote and started no"
        " election: nothing else resets the election timer.%s",
        c->event->node + 1, check_seconds(c->event->us),
        (double)(c->event->us - us) / 1e3,
        me->old_us > us ? " Meanwhile it got AppendEntries of the older term of"
                          " a deposed leader."
                        : "");
}

void silent_reset_timer(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    bool votes = c->args->rpc == FACTS_VOTE;
    bool heard = !votes && c->args->term >= c->receipt->term &&
                 c->reply->term == c->args->term;
    if (!heard && !(votes && c->reply->yes))
        return;
    if (c->receipt->us < me->reset_us)
        return;
    me->reset_us = c->receipt->us;
    me->reset_n = c->event->n;
    me->reset_why = votes ? "had granted a vote"
                    : c->args->rpc == FACTS_INSTALL
                        ? "had received a snapshot from the leader"
                    : c->reply->yes
                        ? "had heard from the leader"
                        : "had heard from the leader and refused its"
                          " AppendEntries";
}
