// server.c -- servers of a simulated cluster: whose thread it is, pausing,
// clocks, sudden death.
#include "internal.h"

#include <string.h>

void sim_set_server(int server)
{
    if (!sim.active || server >= MAX_SERVERS)
        return;
    sim.now->server = server;
    if (sim.now != &sim.root)
        sim_fiber_named(sim.now); // the server is part of its name
}

int sim_server(void)
{
    return sim.active ? sim.now->server : -1;
}

uint64_t sim_local_ns(int server)
{
    if (server < 0)
        return sim.now_ns;
    if (sim.stepped)
        return sim.clock[server].local_ns;
    uint64_t passed = sim.now_ns - sim.clock[server].since_ns;
    return sim.clock[server].local_ns +
           passed * (uint64_t)sim.clock[server].rate / 1000;
}

uint64_t sim_from_local(int server, uint64_t local_ns)
{
    uint64_t now = sim_local_ns(server);
    if (sim.stepped) // no moment of the run's own time
        return local_ns + (1ull << STEPPED_BIT);
    if (server < 0 || local_ns <= now)
        return server < 0 ? local_ns : sim.now_ns;
    uint64_t left = local_ns - now;
    if (left > UINT64_MAX / 1000) // no run lasts so long
        left = UINT64_MAX / 1000000;
    return sim.now_ns + left * 1000 / (uint64_t)sim.clock[server].rate;
}

// Sleeps that have begun last as long as they would have. Whoever waits on a
// condition until a moment of this clock waits until the same moment.
void sim_set_clock_rate(int server, int per_mille)
{
    if (server < 0 || server >= MAX_SERVERS || per_mille <= 0)
        return;
    uint64_t now_ns = sim_local_ns(server);
    uint64_t rate = (uint64_t)sim.clock[server].rate;
    sim.clock[server].local_ns = now_ns;
    sim.clock[server].since_ns = sim.now_ns;
    sim.clock[server].rate = per_mille;
    if (rate == (uint64_t)per_mille)
        return;
    for (int i = 0; i < sim.n_all; i++) {
        struct fiber *fiber = sim.all[i];
        if (fiber->heap_at < 0 || fiber->server != server ||
            fiber->wait_cond == NULL || fiber->deadline_ns <= sim.now_ns)
            continue;
        uint64_t left_ns = (fiber->deadline_ns - sim.now_ns) * rate / 1000;
        sim_cancel_timer(fiber);
        sim_set_timer(fiber, sim_from_local(server, now_ns + left_ns));
    }
}

void sim_pause(int server, bool paused)
{
    if (!sim.active || server < 0 || server >= MAX_SERVERS)
        return;
    sim.n_paused += paused - sim.paused[server];
    sim.paused[server] = paused;
    for (int i = 0; i < sim.n_all && !paused; i++)
        if (sim.all[i]->state == FIBER_PARKED && sim.all[i]->server == server)
            sim_make_ready(sim.all[i]);
}

void sim_park(int per_mille, uint64_t ms)
{
    sim.park_per_mille = per_mille;
    sim.park_ms = ms;
}

void sim_park_now(void *pc)
{
    struct fiber *fiber = sim.now;
    if (fiber->server < 0 || fiber->held != NULL ||
        sim_next(&sim.park_random) % 1000 >= (uint64_t)sim.park_per_mille)
        return;
    uint64_t ns = sim_next(&sim.park_random) % (sim.park_ms * 1000000) + 1;
    sim_set_timer(fiber, sim.now_ns + ns);
    sim_block("its turn", pc);
}

int sim_n_threads(int server)
{
    int n = 0;
    for (int i = 0; i < sim.n_all; i++) {
        enum fiber_state state = sim.all[i]->state;
        n += sim.all[i]->server == server && state != FIBER_FREE &&
             state != FIBER_DEAD;
    }
    return n;
}

int sim_most_threads(char *out, size_t room)
{
    enum { DEPTH = 12, MOST_COUNTED = 512 };
    static void *stack[MOST_COUNTED][DEPTH];
    static int depth[MOST_COUNTED];
    int n = 0, best = 0, most = 0;
    for (int i = 0; i < sim.n_all && n < MOST_COUNTED; i++) {
        const struct fiber *fiber = sim.all[i];
        if (fiber->server < 0 || fiber->state != FIBER_BLOCKED)
            continue;
        memset(stack[n], 0, sizeof stack[n]);
        depth[n] = sim_stack_of(fiber, fiber->wait_frame, fiber->wait_pc,
                                stack[n], DEPTH);
        n++;
    }
    for (int i = 0; i < n; i++) {
        int same = 0;
        for (int k = 0; k < n; k++)
            same += memcmp(stack[i], stack[k], sizeof stack[i]) == 0;
        if (same > most) {
            most = same;
            best = i;
        }
    }
    out[0] = '\0';
    if (most > 0)
        sim_put_stack(out, room, stack[best], depth[best], false);
    return most;
}
