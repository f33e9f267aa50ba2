// timers.c -- the timer heap: the earliest deadline first, then the earlier
// order.
#include "internal.h"

static bool earlier(const struct fiber *a, const struct fiber *b)
{
    return a->deadline_ns < b->deadline_ns ||
           (a->deadline_ns == b->deadline_ns && a->order < b->order);
}

static void heap_put(int at, struct fiber *fiber)
{
    sim.heap[at] = fiber;
    fiber->heap_at = at;
}

static void heap_up(int at, struct fiber *fiber)
{
    for (; at > 0 && earlier(fiber, sim.heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_put(at, sim.heap[(at - 1) / 2]);
    heap_put(at, fiber);
}

static void heap_down(int at, struct fiber *fiber)
{
    for (;;) {
        int child = 2 * at + 1;
        if (child >= sim.n_heap)
            break;
        if (child + 1 < sim.n_heap &&
            earlier(sim.heap[child + 1], sim.heap[child]))
            child++;
        if (!earlier(sim.heap[child], fiber))
            break;
        heap_put(at, sim.heap[child]);
        at = child;
    }
    heap_put(at, fiber);
}

void sim_set_timer(struct fiber *fiber, uint64_t deadline_ns)
{
    fiber->deadline_ns = deadline_ns;
    fiber->order = sim.order++;
    heap_up(sim.n_heap++, fiber);
}

void sim_cancel_timer(struct fiber *fiber)
{
    int at = fiber->heap_at;
    if (at < 0)
        return;
    fiber->heap_at = -1;
    struct fiber *last = sim.heap[--sim.n_heap];
    if (last == fiber)
        return;
    heap_down(at, last);
    heap_up(last->heap_at, last);
}
