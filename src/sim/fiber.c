// fiber.c -- simulated threads: their birth, their end, and their stacks.
//
// A fiber that has ended is used again. With enough free ones a random one is
// taken, so that ThreadSanitizer rarely takes two threads for one, and the
// stack that was left last, which is still in the processor's caches.
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    N_RESERVED = 64, // stacks that a process inherits
    COLOURS = 13,    // first lines of stacks, on different lines of a cache
    COLOUR_BYTES = 64,
};
static const size_t stack_step = GUARD_BYTES + STACK_BYTES;

static struct fiber fibers[MAX_FIBERS];
static char *reserved;
static int n_reserved;
static int n_stacks;                 // made so far
static char *free_stack[MAX_FIBERS]; // the lowest usable bytes
static int n_free;

// Does the kernel know guards, and not only take any advice? It cannot write
// to one.
static bool knows_guards(char *at)
{
    static int known;             // 1 = yes, -1 = no
    enum { GUARD_INSTALL = 102 }; // MADV_GUARD_INSTALL
    if (known < 0 || madvise(at, GUARD_BYTES, GUARD_INSTALL) != 0)
        return false;
    if (known == 0)
        known = syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at) != 0 ? 1 : -1;
    return known > 0;
}

// Nobody can use these bytes any more. A guard takes no mapping of its own,
// which each fork would copy.
static bool guard(char *at)
{
    return knows_guards(at) || mprotect(at, GUARD_BYTES, PROT_NONE) == 0;
}

static char *map_stacks(int n)
{
    char *memory = mmap(NULL, (size_t)n * stack_step, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (int i = 0; memory != MAP_FAILED && i < n; i++)
        if (!guard(memory + (size_t)i * stack_step))
            return NULL;
    return memory != MAP_FAILED ? memory : NULL;
}

void sim_reserve_stacks(int n)
{
    if (reserved == NULL && n_stacks == 0)
        reserved = map_stacks(n);
    n_reserved = reserved != NULL ? n : 0;
    sim_load_backtrace();
}

void sim_reserve(void)
{
    if (n_reserved == 0)
        sim_reserve_stacks(N_RESERVED);
}

static char *new_stack(void)
{
    char *memory = n_stacks < n_reserved
                       ? reserved + (size_t)n_stacks * stack_step
                       : map_stacks(1);
    if (memory == NULL)
        sim_fail(SIM_LIMIT, "no memory for another thread's stack");
    n_stacks++;
    return memory + GUARD_BYTES;
}

// Stacks that begin alike would all want the same few lines of the cache.
static char *top_of(const struct fiber *fiber)
{
    size_t colour = (size_t)fiber->stack / stack_step % COLOURS;
    return fiber->stack + STACK_BYTES - colour * COLOUR_BYTES;
}

// ThreadSanitizer takes what is written on a stack for its first thread's.
static void give_stack(struct fiber *fiber)
{
    if (fiber->stack == NULL)
        fiber->stack = n_free > 0 ? free_stack[--n_free] : new_stack();
}

static void leave_stack(struct fiber *fiber)
{
    if (sim_keeps_stacks())
        return;
    free_stack[n_free++] = fiber->stack;
    fiber->stack = NULL;
}

static struct fiber *another(void)
{
    if (sim.n_all == MAX_FIBERS)
        sim_fail(SIM_LIMIT, "more than %d threads at a time", MAX_FIBERS);
    struct fiber *fiber = &fibers[sim.n_all];
    fiber->id = sim.n_all;
    sim.all[sim.n_all++] = fiber;
    sim_fiber_made(fiber);
    return fiber;
}

void sim_recycle(struct fiber *fiber)
{
    if (fiber->stack != NULL)
        leave_stack(fiber);
    fiber->state = FIBER_FREE;
    sim.pool[sim.n_pool++] = fiber;
}

void sim_drop_fibers(void)
{
    sim.n_pool = 0;
    for (int i = sim.n_all; i > 0; i--)
        sim_recycle(sim.all[i - 1]);
}

static struct fiber *take_fiber(void)
{
    if (sim.stepped && sim.n_pool > 0 && !sim_keeps_stacks())
        return sim.pool[--sim.n_pool];
    if (sim.n_pool == 0 || (sim.n_pool < MIN_POOL && sim.n_all < 2 * MIN_POOL))
        return another();
    uint64_t at = sim_next(&sim.pool_random) % (uint64_t)sim.n_pool;
    struct fiber *fiber = sim.pool[at];
    sim.pool[at] = sim.pool[--sim.n_pool];
    return fiber;
}

struct fiber *sim_new_fiber(void *(*body)(void *), void *argument)
{
    struct fiber *fiber = take_fiber();
    give_stack(fiber);
    fiber->server = sim.now->server;
    fiber->space = sim.now->space;
    fiber->wait = NULL;
    fiber->wait_mutex = NULL;
    fiber->wait_cond = NULL;
    fiber->woken_pc = NULL;
    fiber->queue = NULL;
    fiber->heap_at = -1;
    fiber->priority = (sim_next(&sim.schedule_random) >> 1) | (1ull << 32);
    fiber->order = sim.order++;
    fiber->held = NULL;
    fiber->door = SIM_OUTSIDE;
    fiber->body = body;
    fiber->argument = argument;
    fiber->result = NULL;
    fiber->joiner = NULL;
    fiber->detached = false;
    for (int i = 0; i < sim.n_keys; i++)
        fiber->key[i] = NULL;
    fiber->name[0] = '\0';
    fiber->n_steps = 0;
    fiber->sites_used = 0;
    fiber->sp = sim_first_frame(top_of(fiber));
    sim_fiber_begins(fiber);
    return fiber;
}

void sim_fiber_main(void)
{
    struct fiber *fiber = sim.now;
    sim_entered(fiber);
    sim_end_fiber(fiber->body(fiber->argument));
}

static void run_destructors(struct fiber *fiber)
{
    for (int i = 0; i < sim.n_keys; i++) {
        void *value = fiber->key[i];
        fiber->key[i] = NULL;
        if (value != NULL && sim.key_destructor[i] != NULL)
            sim.key_destructor[i](value);
    }
}

void sim_end_fiber(void *result)
{
    struct fiber *fiber = sim.now;
    run_destructors(fiber);
    if (fiber->held != NULL)
        sim_fail_at(SIM_EXIT_LOCKED, NULL, fiber->held,
                    "%s ended while it held a mutex", sim_name(fiber));
    fiber->result = result;
    fiber->state = FIBER_DEAD;
    if (!fiber->detached)
        sim_publish(fiber);
    if (fiber->joiner != NULL)
        sim_wake(fiber->joiner);
    else if (fiber->detached)
        sim_recycle(fiber);
    if (!sim.over)
        sim_give_way(true);
    struct fiber *root = &sim.root;
    sim.now = root;
    sim_switch_to(fiber, root, true);
    abort(); // nobody comes back to a dead fiber
}
