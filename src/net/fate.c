// fate.c -- what becomes of a call, drawn at its start.
#include "internal.h"

// The numbers of the known labs' network, in microseconds and thousandths.
enum {
    UNRELIABLE_DELAY_US = 27000, // requests, uniform below
    UNRELIABLE_LOSS = 100,       // each leg
    SHORT_FAILURE_US = 100000,   // until a dead call fails, uniform below
    LONG_FAILURE_US = 7000000,   // the same with long delays
    REORDER_HOLD = 667,          // replies held under long reordering
    REORDER_MIN_US = 200000,
    REORDER_MAX_US = 2000000,
};

static bool chance(struct net *net, int per_mille)
{
    return per_mille > 0 && net_draw(net, 1000) < (uint64_t)per_mille;
}

uint64_t net_between(struct net *net, uint64_t min_us, uint64_t max_us)
{
    return max_us > min_us ? min_us + net_draw(net, max_us - min_us + 1)
                           : min_us;
}

// Has this node's server crashed, or been taken away?
bool net_is_gone(const struct net *net, int node)
{
    for (const struct slot *slot = net->slots; slot != NULL; slot = slot->next)
        if (slot->node == node && node != TRACE_NONE)
            return slot->generation == 0;
    return false;
}

// Knobs are read once, at the start: a request under way is not called back.
struct fate net_draw_fate(struct net *net, const struct net_end *end)
{
    struct fate fate = {.slot = end->slot, .msg = ++net->n_messages};
    fate.to = fate.slot != NULL ? fate.slot->node : TRACE_NONE;
    fate.judge = net->judge;
    fate.judge_context = net->judge_context;
    fate.deliverable =
        end->enabled && fate.slot != NULL && fate.slot->generation != 0;
    fate.gone = !fate.deliverable &&
                (net_is_gone(net, fate.to) || net_is_gone(net, end->from));
    if (fate.deliverable) {
        struct link *link = net_link(net, end->from, fate.slot->node);
        fate.generation = fate.slot->generation;
        fate.cut = link->cut;
        fate.delay_us = net_between(net, link->min_us, link->max_us);
        fate.late = chance(net, net->late_per_mille);
        fate.late_us = net_between(net, net->late_min_us, net->late_max_us);
        fate.twice = chance(net, net->duplicate_per_mille);
        fate.twice_us = net_between(net, 0, net->duplicate_within_us);
    }
    if (net->fails_after)
        fate.fail_us = net->fail_us;
    else if (!fate.deliverable || fate.cut)
        fate.fail_us = net_draw(net, net->long_delays ? LONG_FAILURE_US
                                                      : SHORT_FAILURE_US);
    if (fate.deliverable && !net->reliable) {
        fate.delay_us += net_draw(net, UNRELIABLE_DELAY_US);
        fate.lost = chance(net, UNRELIABLE_LOSS);
        fate.reply_lost = chance(net, UNRELIABLE_LOSS);
    }
    if (fate.deliverable && net->long_reordering && chance(net, REORDER_HOLD)) {
        uint64_t spread = net_draw(net, REORDER_MAX_US);
        fate.hold_us = REORDER_MIN_US + net_draw(net, spread + 1);
    }
    return fate;
}
