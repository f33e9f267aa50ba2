// step.c -- runs in which time stands still until somebody moves a clock.
//
// Each server has a clock of its own. What its threads wait for is a moment of
// that clock, and stands in the timer heap far beyond all moments of the run's
// own time, so that none ever comes by itself.
#include "internal.h"

static uint64_t local_deadline_ns(const struct fiber *fiber)
{
    return fiber->deadline_ns - (1ull << STEPPED_BIT);
}

// Clocks of servers that nobody counts, and of the harness, do not stand.
static void set_clock(int server, uint64_t local_ns)
{
    if (server >= 0 && server < MAX_SERVERS &&
        sim.clock[server].local_ns < local_ns)
        sim.clock[server].local_ns = local_ns;
}

void sim_settle(void)
{
    if (!sim.active || !sim.stepped)
        return;
    sim.settler = sim.now;
    sim_block("the others", __builtin_return_address(0));
}

void sim_step_on(void)
{
    struct fiber *fiber = sim.settler;
    sim.settler = NULL;
    if (fiber != NULL) {
        sim_make_ready(fiber);
        return;
    }
    fiber = sim.heap[0].fiber;
    set_clock(fiber->server, local_deadline_ns(fiber));
    sim_fire_timer(fiber);
}

static struct fiber *next_of(int server)
{
    struct fiber *next = NULL;
    for (int i = 0; i < sim.n_heap; i++) {
        struct fiber *fiber = sim.heap[i].fiber;
        if (fiber->server == server &&
            (next == NULL || fiber->deadline_ns < next->deadline_ns ||
             (fiber->deadline_ns == next->deadline_ns &&
              fiber->order < next->order)))
            next = fiber;
    }
    return next;
}

bool sim_move_clock(int server, uint64_t most_ns)
{
    struct fiber *fiber = sim.stepped ? next_of(server) : NULL;
    if (fiber == NULL || server < 0 || server >= MAX_SERVERS ||
        local_deadline_ns(fiber) > sim.clock[server].local_ns + most_ns)
        return false;
    set_clock(server, local_deadline_ns(fiber));
    while (fiber != NULL &&
           local_deadline_ns(fiber) <= sim.clock[server].local_ns) {
        sim_fire_timer(fiber);
        fiber = next_of(server);
    }
    sim_space_load(sim.now->space);
    return true;
}

uint64_t sim_clock_ns(int server)
{
    return server >= 0 && server < MAX_SERVERS ? sim_local_ns(server) : 0;
}

void sim_pass_time(uint64_t ns)
{
    if (sim.active && sim.stepped)
        sim.now_ns += ns;
}

void sim_stall(int server, uint64_t nth)
{
    if (!sim.active || !sim.stepped || server < 0 || server >= MAX_SERVERS)
        return;
    sim.stall_server = server;
    sim.stall_left = nth;
}

void sim_stall_now(void *pc)
{
    struct fiber *fiber = sim.now;
    if (fiber->server != sim.stall_server || fiber->held != NULL ||
        sim.stalled[fiber->server] != NULL || --sim.stall_left > 0)
        return;
    sim.stalled[fiber->server] = fiber;
    sim_block("its turn", pc);
}

bool sim_is_stalled(int server)
{
    return server >= 0 && server < MAX_SERVERS && sim.stalled[server] != NULL;
}

bool sim_proceed(int server)
{
    if (!sim_is_stalled(server))
        return false;
    struct fiber *fiber = sim.stalled[server];
    sim.stalled[server] = NULL;
    sim_wake(fiber);
    return true;
}

// What is waited for comes after the time that was left of it.
void sim_let_flow(void)
{
    static struct fiber *waits[MAX_FIBERS];
    int n = 0;
    if (!sim.active || !sim.stepped)
        return;
    for (int i = 0; i < sim.n_heap; i++)
        waits[n++] = sim.heap[i].fiber;
    uint64_t left_ns[MAX_SERVERS + 1];
    for (int s = -1; s < MAX_SERVERS; s++)
        left_ns[s + 1] = sim_local_ns(s);
    sim.stepped = false;
    for (int s = 0; s < MAX_SERVERS; s++)
        sim.clock[s].since_ns = sim.now_ns;
    for (int i = 0; i < n; i++) {
        uint64_t at_ns = local_deadline_ns(waits[i]);
        uint64_t now_ns = left_ns[waits[i]->server + 1];
        sim_cancel_timer(waits[i]);
        sim_set_timer(waits[i],
                      sim.now_ns + (at_ns > now_ns ? at_ns - now_ns : 0));
    }
}

static void switch_to(struct fiber *from, struct fiber *to)
{
    sim.now = to;
    sim_switch_to(from, to, false);
}

bool sim_aside(void (*work)(void *), void *argument)
{
    struct fiber *fiber = sim.now;
    sim.aside = fiber;
    sim.aside_work = work;
    sim.aside_argument = argument;
    switch_to(fiber, &sim.root);
    return !sim.aside_over;
}

void sim_go_on(void)
{
    switch_to(&sim.root, sim.aside);
}

void sim_work_aside(void)
{
    while (!sim.over && sim.aside_work != NULL) {
        sim.aside_over = false;
        sim.aside_work(sim.aside_argument);
        sim.aside_over = true;
        sim.aside_work = NULL;
        sim_go_on();
    }
}
