// timers.c -- the timer heap: the earliest deadline first, then the earlier
// order.
#include "internal.h"

static bool earlier(const struct alarm *a, const struct alarm *b)
{
    return a->deadline_ns < b->deadline_ns ||
           (a->deadline_ns == b->deadline_ns && a->order < b->order);
}

static void heap_put(int at, const struct alarm *alarm)
{
    sim.heap[at] = *alarm;
    alarm->fiber->heap_at = at;
}

static void heap_up(int at, const struct alarm *alarm)
{
    for (; at > 0 && earlier(alarm, &sim.heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_put(at, &sim.heap[(at - 1) / 2]);
    heap_put(at, alarm);
}

static void heap_down(int at, const struct alarm *alarm)
{
    for (;;) {
        int child = 2 * at + 1;
        if (child >= sim.n_heap)
            break;
        if (child + 1 < sim.n_heap &&
            earlier(&sim.heap[child + 1], &sim.heap[child]))
            child++;
        if (!earlier(&sim.heap[child], alarm))
            break;
        heap_put(at, &sim.heap[child]);
        at = child;
    }
    heap_put(at, alarm);
}

void sim_set_timer(struct fiber *fiber, uint64_t deadline_ns)
{
    fiber->deadline_ns = deadline_ns;
    fiber->order = sim.order++;
    struct alarm alarm = {deadline_ns, fiber->order, fiber};
    heap_up(sim.n_heap++, &alarm);
}

void sim_cancel_timer(struct fiber *fiber)
{
    int at = fiber->heap_at;
    if (at < 0)
        return;
    fiber->heap_at = -1;
    struct alarm last = sim.heap[--sim.n_heap];
    if (last.fiber == fiber)
        return;
    heap_down(at, &last);
    heap_up(last.fiber->heap_at, &last);
}
