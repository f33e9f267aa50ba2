// silent_timers.c -- [F.2] elections begin when a timeout is over, by what
// messages show.
//
// A server that stands for election has heard nothing for a whole timeout. It
// answered the last message that sets its timer back in an older term, so it
// had that before the election began; and a timeout outlasts a heartbeat
// interval by far.
#include <inttypes.h>

#include "silent.h"

enum { SHORTEST_US = 90000 };

bool silent_judge_timer(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    uint64_t term = c->args->term, us = c->event->us;
    if (c->check->untimed || me->own_clock || term <= me->term ||
        me->run[term % SILENT_RUNS].term >= term || me->reset_us == 0 ||
        me->still_us >= me->reset_us || us >= me->reset_us + SHORTEST_US)
        return true;
    return silent_broken(
        c, "election timer not set back", "F.2", TRACE_NONE, me->reset_n,
        "S%d asked for votes in term %" PRIu64
        " at %.3f s, but only %.1f ms before it %s, which sets the election"
        " timer back.",
        c->event->node + 1, term, check_seconds(us),
        (double)(us - me->reset_us) / 1e3, me->reset_why);
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
    me->reset_why = votes ? "had granted a vote" : "had heard the leader";
}
