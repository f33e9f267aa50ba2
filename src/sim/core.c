// core.c -- fibers, the scheduler, virtual time.
//
// There is no scheduler thread: who blocks picks the next one and switches
// straight to it. Time stands still while somebody is ready, but for POINT_NS
// a scheduling point, and jumps to the next timer when nobody is.
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"

static const uint64_t STUCK_NS = 60 * 1000000000ull; // for one mutex
enum { BUSY_STEPS = 200000 };
static const uint64_t LOOK_NS = 10 * 1000000000ull;
static const uint64_t SECOND_NS = 1000000000;

struct sim_state sim;

uint64_t sim_next(uint64_t *random)
{
    return random_next(random);
}

// The remainder, which picks one of n. A division takes as long as all else in
// a switch of threads; this one multiplies by 2^128 / n instead (Lemire, Kaser
// and Kurz, Faster remainder by direct computation, 2019).
static inline uint64_t one_of(uint64_t random, uint64_t n)
{
    typedef unsigned __int128 wide;
#define PART(n) (~(wide)0 / (n) + 1)
    static const wide part[] = {0,        0,        PART(2),  PART(3),
                                PART(4),  PART(5),  PART(6),  PART(7),
                                PART(8),  PART(9),  PART(10), PART(11),
                                PART(12), PART(13), PART(14), PART(15)};
    if (n >= sizeof part / sizeof part[0])
        return random % n;
    wide fraction = part[n] * random;
    wide low = (wide)(uint64_t)fraction * n >> 64;
    return (uint64_t)(((fraction >> 64) * n + low) >> 64);
}

bool sim_active(void)
{
    return sim.active;
}

uint64_t sim_now_ns(void)
{
    if (sim.active)
        return sim.now_ns;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Wait queues and the run queue.

void sim_enqueue(struct fiber **queue, struct fiber *fiber)
{
    fiber->queue = queue;
    fiber->previous = NULL;
    fiber->next = *queue;
    if (*queue != NULL)
        (*queue)->previous = fiber;
    *queue = fiber;
}

void sim_dequeue(struct fiber *fiber)
{
    if (fiber->queue == NULL)
        return;
    if (fiber->previous != NULL)
        fiber->previous->next = fiber->next;
    else
        *fiber->queue = fiber->next;
    if (fiber->next != NULL)
        fiber->next->previous = fiber->previous;
    fiber->queue = NULL;
}

struct fiber *sim_random_waiter(struct fiber *queue)
{
    uint64_t n = 0;
    for (struct fiber *f = queue; f != NULL; f = f->next)
        n++;
    if (n > 1)
        for (n = sim.policy == SIM_QUEUE
                     ? n - 1 // the one that waits longest
                     : one_of(sim_next(&sim.schedule_random), n);
             n > 0; n--)
            queue = queue->next;
    return queue;
}

void sim_make_ready(struct fiber *fiber)
{
    fiber->state = FIBER_READY;
    if (sim.policy == SIM_QUEUE)
        fiber->priority = sim.order++;
    fiber->ready_at = sim.n_ready;
    sim.ready[sim.n_ready++] = fiber;
    sim.ready_changed = true;
}

void sim_wake(struct fiber *fiber)
{
    sim_dequeue(fiber);
    sim_cancel_timer(fiber);
    sim_make_ready(fiber);
}

void sim_unready(struct fiber *fiber)
{
    struct fiber *last = sim.ready[--sim.n_ready];
    sim.ready[fiber->ready_at] = last;
    last->ready_at = fiber->ready_at;
}

void sim_fire_timer(struct fiber *fiber)
{
    fiber->timed_out = true;
    // What it waits for may be a variable of its own.
    sim_space_load(fiber->space);
    sim_wake(fiber);
}

// A paused server's thread stops where it holds no mutex and is to get none: a
// lock of the network in its hands, or the wake-up for one, would stop
// everybody.
static bool is_paused(const struct fiber *fiber)
{
    return fiber->server >= 0 && sim.paused[fiber->server] &&
           fiber->held == NULL && fiber->wait_mutex == NULL;
}

static inline struct fiber *best_of_ready(void)
{
    uint64_t n = (uint64_t)sim.n_ready;
    if (sim.policy == SIM_PCT) {
        struct fiber *best = sim.ready[0];
        for (int i = 1; i < sim.n_ready; i++)
            if (sim.ready[i]->priority > best->priority)
                best = sim.ready[i];
        return best;
    }
    if (sim.policy == SIM_QUEUE) {
        struct fiber *first = sim.ready[0];
        for (int i = 1; i < sim.n_ready; i++)
            if (sim.ready[i]->priority < first->priority)
                first = sim.ready[i];
        return first;
    }
    if (sim.policy == SIM_ROUNDROBIN) {
        struct fiber *best = sim.ready[0];
        for (int i = 1; i < sim.n_ready; i++)
            if (sim.ready[i]->order < best->order)
                best = sim.ready[i];
        best->order = sim.order++;
        return best;
    }
    return sim.ready[n > 1 ? one_of(sim_next(&sim.schedule_random), n) : 0];
}

// A thread whose mutex never comes is stuck, whatever the others still do.
static void look_for_stuck(void)
{
    sim.look_ns = sim.now_ns + LOOK_NS;
    for (int i = 0; i < sim.n_all; i++) {
        struct fiber *fiber = sim.all[i];
        if (fiber->state != FIBER_BLOCKED || fiber->wait_mutex == NULL ||
            fiber->heap_at >= 0 || is_paused(fiber) ||
            sim.now_ns - fiber->wait_since_ns < STUCK_NS)
            continue;
        sim_space_load(fiber->space);
        const struct fiber *owner = sim_owner(fiber->wait_mutex);
        if (owner != NULL && !is_paused(owner))
            sim_report_stuck(fiber, sim.now_ns - fiber->wait_since_ns);
    }
}

// Nobody is ready: jumps in time; reports a deadlock when that helps nobody.
static void jump(void)
{
    if (sim.n_heap == 0 && sim.settler == NULL)
        sim_report_deadlock(NULL);
    if (sim.stepped) {
        sim_step_on();
        return;
    }
    if (sim.heap[0].deadline_ns > sim.now_ns)
        sim.now_ns = sim.heap[0].deadline_ns;
    if (sim.now_ns >= sim.look_ns)
        look_for_stuck();
    if (sim.config->max_us > 0 && sim.now_ns / 1000 > sim.config->max_us)
        sim_fail(SIM_LIMIT, "the run took more than %llu virtual seconds",
                 (unsigned long long)sim.config->max_us / 1000000);
    sim_fire_timer(sim.heap[0].fiber);
}

// The next one to run.
static inline __attribute__((always_inline)) struct fiber *pick(void)
{
    for (;;) {
        while (sim.n_ready > 0) {
            struct fiber *fiber = best_of_ready();
            sim_unready(fiber);
            if (sim.n_paused == 0 || !is_paused(fiber))
                return fiber;
            fiber->state = FIBER_PARKED;
        }
        jump();
    }
}

// Inline like all behind a switch, see internal.h.
static inline __attribute__((always_inline)) void give_way(bool dying)
{
    struct fiber *from = sim.now;
    struct fiber *to = pick();
    to->state = FIBER_RUNS;
    sim.since_switch = 0;
    sim.ready_changed = true;
    sim_space_load(to->space);
    if (to == from)
        return;
    sim.switches++;
    sim.now = to;
    sim_switch_to(from, to, dying);
}

void sim_give_way(bool dying)
{
    give_way(dying);
}

void sim_block(const char *what, void *pc)
{
    struct fiber *fiber = sim.now;
    fiber->state = FIBER_BLOCKED;
    fiber->wait = what;
    fiber->wait_pc = pc;
    fiber->timed_out = false;
    fiber->wait_since_ns = sim.now_ns;
    fiber->wait_frame = __builtin_frame_address(0);
    give_way(false);
    __asm__ volatile(""); // no jump instead of the call: our frame stays
}

void sim_yield(void)
{
    sim_make_ready(sim.now);
    give_way(false);
}

// By priorities: has anybody come who goes before the running fiber?
static bool is_overtaken(void)
{
    struct fiber *fiber = sim.now;
    for (int i = 0; i < sim.n_changes; i++)
        if (sim.change_at[i] == sim.points) {
            fiber->priority = sim.lowest--;
            sim.ready_changed = true;
        }
    if (sim.since_switch >= QUANTUM) {
        fiber->priority = sim.lowest--;
        sim.ready_changed = true;
    }
    for (int i = 0; sim.ready_changed && i < sim.n_ready; i++)
        if (sim.ready[i]->priority > fiber->priority)
            return true;
    return sim.ready_changed = false;
}

bool sim_wants_switch(void)
{
    if (is_paused(sim.now))
        return true;
    if (sim.n_ready == 0)
        return false;
    if (sim.policy == SIM_PCT)
        return is_overtaken();
    if (sim.policy == SIM_ROUNDROBIN)
        return true;
    return sim.since_switch >= QUANTUM ||
           (sim.policy == SIM_RANDOM && sim_draws_switch());
}

// The streams of numbers; what is left of `seed` is for the clocks.
static uint64_t begin_streams(uint64_t seed, uint64_t program_seed)
{
    sim.schedule_random = sim_next(&seed);
    sim.pool_random = sim_next(&seed);
    sim_next(&program_seed);
    sim_next(&program_seed);
    for (int i = 0; i <= MAX_SERVERS; i++) {
        sim_next(&seed);
        sim.program_random[i] = sim_next(&program_seed);
    }
    sim.park_random = sim_next(&seed);
    uint64_t spurious = ~sim.park_random;
    bool has_any = (sim_next(&spurious) & 1) == 0;
    sim.spurious_per_mille = has_any ? sim.config->spurious_per_mille : 0;
    sim.spurious_random = spurious;
    return seed;
}

// Also the moment from which another seed counts.
void sim_next_second(void)
{
    if (sim.now_ns >= sim.later_ns) {
        begin_streams(sim.config->later_seed, sim.config->later_seed);
        sim.later_ns = UINT64_MAX;
    }
    sim.second = sim.now_ns / SECOND_NS;
    sim.second_ends_ns = (sim.second + 1) * SECOND_NS;
    if (sim.later_ns < sim.second_ends_ns)
        sim.second_ends_ns = sim.later_ns;
}

void sim_spins(void)
{
    sim.now->n_steps = 0;
    sim_fail_at(SIM_SPIN, __builtin_return_address(0), NULL,
                "%s never rests: within a second it has locked, unlocked, slept"
                " and asked for the time %u times, as a loop without a pause"
                " does",
                sim_name(sim.now), sim.most_steps_s);
    abort(); // nobody comes back to it
}

// What a timer wakes may be of another life.
void sim_fire_timers(void)
{
    while (sim.n_heap > 0 && sim.heap[0].deadline_ns <= sim.now_ns)
        sim_fire_timer(sim.heap[0].fiber);
    sim_space_load(sim.now->space);
}

void sim_point(void)
{
    if (sim.active)
        sim_pass();
}

// The run's first thread: when it returns, the run is over.
static void (*main_body)(void *);

static void *run_main(void *argument)
{
    main_body(argument);
    sim_publish(&sim.root);
    sim.over = true;
    return NULL;
}

// A quarter of the seeds runs to block, a half preempts at random, a quarter
// follows PCT (Burckhardt et al., ASPLOS 2010).
static void choose_policy(const struct sim_config *config)
{
    static const double chances[] = {0.02, 0.1, 0.3};
    uint64_t die = sim_next(&sim.schedule_random);
    sim.policy = config->policy;
    if (config->stepped)
        sim.policy = SIM_QUEUE;
    if (sim.policy == SIM_ROTATE)
        sim.policy = (enum sim_policy[]){SIM_RUN, SIM_RANDOM, SIM_RANDOM,
                                         SIM_PCT}[die % 4];
    sim.most_steps_s =
        config->most_steps_s > 0 ? config->most_steps_s : BUSY_STEPS;
    double preempt =
        config->preempt > 0 ? config->preempt : chances[(die >> 8) % 3];
    sim.preempt = (uint64_t)ceil(preempt * 0x1p53);
    int depth = config->depth > 0 ? config->depth : 3;
    sim.n_changes = depth - 1 < MAX_CHANGES ? depth - 1 : MAX_CHANGES;
    for (int i = 0; i < sim.n_changes; i++)
        sim.change_at[i] = sim_next(&sim.schedule_random) % 200000;
    sim.lowest = 1u << 30;
}

static void reset(const struct sim_config *config)
{
    sim.config = config;
    uint64_t seed = begin_streams(config->seed, config->program_seed != 0
                                                    ? config->program_seed
                                                    : config->seed);
    for (int i = 0; i < MAX_SERVERS; i++) {
        sim.paused[i] = false;
        sim.clock[i].rate = 1000;
        sim.clock[i].since_ns = sim.clock[i].local_ns = 0;
    }
    sim.n_paused = 0;
    sim.stepped = config->stepped;
    sim.settler = sim.aside = NULL;
    sim.stall_left = 0;
    for (int i = 0; i < MAX_SERVERS; i++)
        sim.stalled[i] = NULL;
    sim.aside_work = NULL;
    sim.park_per_mille = 0;
    sim_set_clocks(config->hostile_clocks ? sim_next(&seed) | 1 : 0);
    sim.n_ready = sim.n_heap = 0;
    sim_drop_fibers();
    sim.now_ns = sim.order = sim.points = sim.switches = 0;
    sim.since_switch = 0;
    sim.later_ns = config->later_us > 0 ? config->later_us * 1000 : UINT64_MAX;
    sim_next_second();
    sim.look_ns = LOOK_NS;
    sim.root.stack = NULL;
    sim.sanitized = sim_has_sanitizer();
    sim.run++;
    sim.over = sim.failed = sim.raced = false;
    choose_policy(config);
}

bool sim_run(const struct sim_config *config, void (*body)(void *),
             void *argument)
{
    reset(config);
    sim.root.server = -1;
    sim.root.id = -1;
    sim.now = &sim.root;
    main_body = body;
    struct fiber *first = sim_new_fiber(run_main, argument);
    const char name[] = "main";
    for (int i = 0; i < 5; i++)
        first->name[i] = name[i];
    sim_watch(true);
    sim.active = true;
    first->state = FIBER_RUNS;
    sim.now = first;
    sim_switch_to(&sim.root, first, false);
    sim_work_aside();
    sim_observe(&sim.root);
    sim.active = false;
    sim_watch(false);
    return !sim.failed;
}
