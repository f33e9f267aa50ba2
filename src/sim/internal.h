// internal.h -- the runtime's own view: fibers, queues, time.
//
// Everything in src/sim is compiled without sanitizers and calls none of the
// functions that they intercept on its own state, so that what the runtime
// does to its data is never taken for the program's.
#ifndef GLASSRAFT_SIM_INTERNAL_H
#define GLASSRAFT_SIM_INTERNAL_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "arch/arch.h"
#include "base/random.h"
#include "sim.h"

enum {
    MAX_FIBERS = 16384,
    MAX_KEYS = 32,
    MAX_SERVERS = 64,
    MAX_CHANGES = 8,
    STACK_BYTES = 256 * 1024,
    GUARD_BYTES = 4096,
    POINT_NS = 100, // virtual cost of a scheduling point
    QUANTUM = 1000, // points without a switch before one is forced
    MIN_POOL = 32,  // free fibers before one is used again
    SITE_FRAMES = 6,
    N_SITES = 4, // of mutexes that a thread holds; more are kept elsewhere
};

enum fiber_state {
    FIBER_FREE,
    FIBER_READY,
    FIBER_RUNS,
    FIBER_BLOCKED,
    FIBER_PARKED,
    FIBER_DEAD
};

struct smutex;
struct scond;

// Where a mutex was locked: the call, and its callers.
struct site {
    void *pc[SITE_FRAMES];
    int64_t n;
    uint64_t unused; // 64 bytes
};

// A simulated thread. What each scheduling point looks at comes first.
struct fiber {
    void *sp;
    int id, server;
    struct sim_space *space; // the life that it belongs to, NULL = none
    enum fiber_state state;
    int ready_at, heap_at;     // in the run queue and the timer heap, -1 = not
    uint32_t n_steps;          // what it has done
    uint64_t second;           // in this second of the run
    struct smutex *held;       // the mutex that it locked last
    struct smutex *wait_mutex; // see below
    uint64_t priority;         // PCT
    uint64_t deadline_ns, order;
    struct fiber *next, *previous, **queue; // the wait queue it stands in
    char *stack;                            // lowest usable byte, NULL = none

    // What it waits for, and where it was when it began to.
    const char *wait; // "mutex", "cond", "join", "sleep" ...
    void *wait_pc;
    struct scond *wait_cond;
    void *woken_pc; // of its last wait, when that had no signal
    uint64_t woken_ns;
    uint64_t wait_since_ns;
    void **wait_frame; // the runtime's, below that of wait_pc
    bool timed_out;

    bool detached;
    enum sim_door door;
    void *(*body)(void *);
    void *argument, *result;
    struct fiber *joiner;
    unsigned cookie; // see sanitizer.c
    void *tsan, *asan_fake;
    char name[16];
    void *key[MAX_KEYS];

    // Where it locked the mutexes that it holds; bits of those in use.
    unsigned sites_used;
    struct site site[N_SITES];
};

// A fiber that waits until a moment.
struct alarm {
    uint64_t deadline_ns, order;
    struct fiber *fiber;
};

struct sim_state {
    bool active, over, failed;
    bool raced; // ThreadSanitizer has reported a race
    bool sanitized;
    const struct sim_config *config;
    struct fiber *now; // the one that runs
    struct fiber root; // the system's own stack, outside of the simulation
    size_t root_bytes; // size of that stack, where a sanitizer asks for it
    struct fiber *all[MAX_FIBERS], *ready[MAX_FIBERS], *pool[MAX_FIBERS];
    struct alarm heap[MAX_FIBERS];
    int n_all, n_ready, n_heap, n_pool;
    uint64_t now_ns, order, points, switches, since_switch, run;
    uint64_t second, second_ends_ns; // the one that now_ns is in
    uint64_t later_ns;               // from then on another seed counts
    bool ready_changed; // PCT: who is ready may come before who runs
    uint64_t schedule_random, pool_random, program_random[MAX_SERVERS + 1];
    enum sim_policy policy;
    uint64_t preempt; // SIM_RANDOM: of 2^53
    int n_changes;
    uint32_t most_steps_s;
    uint64_t change_at[MAX_CHANGES]; // PCT: points at which the running one is
                                     // demoted
    uint64_t lowest;                 // PCT: the next demoted priority
    bool paused[MAX_SERVERS];
    int n_paused;
    bool stepped;
    struct fiber *settler; // in sim_settle()
    struct fiber *aside;   // in sim_aside()
    uint64_t stall_left;   // locks until a thread of stall_server stalls
    int stall_server;
    struct fiber *stalled[MAX_SERVERS];
    void (*aside_work)(void *);
    void *aside_argument;
    bool aside_over;
    struct {
        int rate;
        uint64_t since_ns, local_ns;
    } clock[MAX_SERVERS];
    int park_per_mille;
    uint64_t park_ms, park_random;
    int spurious_per_mille;
    uint64_t spurious_random;
    uint64_t clock_seed, origin_ns; // of clock.c, with hostile clocks
    void *wall_clock_pc;            // where a server first used it
    int wall_clock_server;
    void (*key_destructor[MAX_KEYS])(void *);
    int n_keys;
    uint64_t look_ns; // when to look next for threads that wait too long
    uint64_t watchdog_points;
    int watchdog_ticks;
};

extern struct sim_state sim;

// core.c
uint64_t sim_next(uint64_t *random); // splitmix64
void sim_make_ready(struct fiber *fiber);
void sim_wake(struct fiber *fiber); // out of its queue and its timer
void sim_enqueue(struct fiber **queue, struct fiber *fiber);
void sim_dequeue(struct fiber *fiber);
void sim_cancel_timer(struct fiber *fiber);
void sim_unready(struct fiber *fiber);
struct fiber *sim_random_waiter(struct fiber *queue);
void sim_set_timer(struct fiber *fiber, uint64_t deadline_ns);
// Blocks the running fiber until it is woken or its timer fires.
void sim_block(const char *what, void *pc);
void sim_yield(void);
bool sim_wants_switch(void); // where a policy or a pause needs a longer look
void sim_next_second(void);
_Noreturn void sim_spins(void); // the running fiber never rests
void sim_fire_timers(void);     // those that are due
void sim_fire_timer(struct fiber *fiber);
void sim_park_now(void *pc);
void sim_give_way(bool dying);     // by who has already put itself away
uint64_t sim_local_ns(int server); // a server's clock
uint64_t sim_from_local(int server, uint64_t local_ns);

// step.c: nobody is ready in a run that is stepped. Makes a thread ready.
enum { STEPPED_BIT = 62 };
void sim_step_on(void);
void sim_stall_now(void *pc);
void sim_work_aside(void); // while somebody asks for it

// fiber.c
struct fiber *sim_new_fiber(void *(*body)(void *), void *argument);
void sim_fiber_main(void); // where the first frame leads
_Noreturn void sim_end_fiber(void *result);
void sim_recycle(struct fiber *fiber);
void sim_drop_fibers(void); // those of the last run, where they stood

// mutex.c: facts for reports
struct fiber *sim_owner(const struct smutex *mutex);
struct fiber *sim_awaited(const struct fiber *fiber);
// Where it was locked last, or destroyed; NULL: nowhere.
const struct site *sim_locked_at(const struct smutex *mutex);
bool sim_is_destroyed(const struct smutex *mutex);
void sim_acquire(struct smutex *mutex, void *pc);
void sim_release(struct smutex *mutex, void *pc);
struct smutex *sim_mutex_of(pthread_mutex_t *mutex, void *pc);
// What the running fiber locked last, besides this one; or NULL.
struct smutex *sim_held_beside(const struct smutex *mutex);

// cond.c
void sim_cond_facts(const struct scond *cond, uint32_t *n_signals,
                    uint32_t *n_unheard, void **pc);

// clock.c
void sim_set_clocks(uint64_t seed); // of a run that begins
// The moment at which the calling thread's clock will show this.
uint64_t sim_deadline(clockid_t clock, const struct timespec *until, void *pc);
// Reports a thread that `what`s with a mutex held, where that is asked for.
void sim_lint_held(const char *what, struct smutex *mutex, void *pc);

// report.c
void sim_fail(enum sim_failure kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// The same with the stack that pc is in (NULL: none), and the place where
// `held` (NULL: none) was locked or destroyed.
void sim_fail_at(enum sim_failure kind, void *pc, const struct smutex *held,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
void sim_report_deadlock(struct fiber *first);
// Ends the run with a sanitizer's report: what the thread did, and places.
void sim_report_memory(enum sim_failure kind, const char *what,
                       const char *places);

// fault.c: what comes behind a thread's name; borrowed until the next call.
const char *sim_fault(int signal, const siginfo_t *info);

// memory.c
void sim_watch_memory(void);

// race.c
void sim_report_race(void); // the first one; ends the run
void sim_report_stuck(struct fiber *fiber, uint64_t waited_ns);
void sim_watch(bool on);
void sim_load_backtrace(void); // which a signal handler must not have to load
const char *sim_name(const struct fiber *fiber);

// stack.c: whose code a frame is: the runtime's or a library's, which nobody
// needs to see; the harness's; or that of the code under test.
enum frame_kind { FRAME_NONE, FRAME_HARNESS, FRAME_PROGRAM };
enum { MOST_HARNESS = 8 };
struct stack_text {
    char *out;
    size_t n, room;
    char last[200], before[200], harness[MOST_HARNESS][200];
    int n_again, n_lines, n_harness;
    bool program, ended;
};
void sim_stack_begin(struct stack_text *text, char *out, size_t room);
// The next frame, the innermost first; "function at file.c:12".
void sim_stack_add(struct stack_text *text, const char *place,
                   enum frame_kind kind);
size_t sim_stack_end(struct stack_text *text); // its length

// place.c
const char *sim_place(void *pc); // "function at file.c:12"
// As sim_stack() of any thread, found from one of its frames on.
int sim_stack_of(const struct fiber *fiber, void **frame, void *pc,
                 void **stack, int most);
// A line for each function of a stack, as far as the code under test is
// concerned; with `exact` the first is no return address. Returns the length.
size_t sim_put_stack(char *out, size_t room, void *const *pc, int n_pc,
                     bool exact);
bool sim_in_malloc(void *const *pc, int n_pc); // was it interrupted in there?

// space.c: is this a byte of what each life has a copy of?
bool sim_space_has(const void *at);
// Puts a copy in place; NULL leaves what is there.
void sim_space_load(struct sim_space *space);

// modules.c: for runs with an object. The place of an instruction: of the
// object "{+0xOFFSET}", of the program "{=0xOFFSET}", else a library's name.
void sim_learn_modules(const char *object); // NULL: there is none
bool sim_knows_modules(void);
void sim_place_outside(uintptr_t pc, char *out, size_t n);

// sanitizer.c: what a sanitizer must be told, if there is one.
bool sim_has_sanitizer(void);
void sim_leaves(struct fiber *from, struct fiber *to, bool dying);
void sim_is_back(struct fiber *fiber);
void sim_entered(struct fiber *fiber); // first thing on a new stack
bool sim_keeps_stacks(void); // must a fiber have the same stack for good?
void sim_fiber_made(struct fiber *fiber);
void sim_fiber_begins(struct fiber *fiber);
void sim_fiber_named(struct fiber *fiber);
void sim_tell_locked(void *mutex, void *pc);
void sim_tell_unlocking(void *mutex, void *pc);
void sim_mutex_made(void *mutex, void *pc);
void sim_mutex_gone(void *mutex, void *pc);
void sim_publish(void *address);
void sim_observe(void *address);

// What is done at each scheduling point, and cheap. It is inline as well
// because, behind a switch, the processor guesses each return wrong.

static inline void sim_switch_to(struct fiber *from, struct fiber *to,
                                 bool dying)
{
    int error = errno;
    if (sim.sanitized)
        sim_leaves(from, to, dying);
    sim_switch(&from->sp, to->sp);
    if (sim.sanitized)
        sim_is_back(from);
    errno = error;
}

// The running fiber has done something; too much within a second ends the run:
// whoever works for a message or a tick does a few hundred steps a second; a
// loop that asks again and again does millions, and the machine's time is gone.
static inline void sim_step(void)
{
    struct fiber *fiber = sim.now;
    if (sim.now_ns >= sim.second_ends_ns)
        sim_next_second();
    if (fiber->second != sim.second) {
        fiber->second = sim.second;
        fiber->n_steps = 0;
    }
    if (++fiber->n_steps >= sim.most_steps_s && fiber->server >= 0)
        sim_spins();
}

// By chance.
static inline bool sim_draws_switch(void)
{
    return random_next(&sim.schedule_random) >> 11 < sim.preempt;
}

// Somebody is ready, or paused.
static inline bool sim_is_preempted(void)
{
    if (sim.policy != SIM_RANDOM || sim.n_paused > 0)
        return sim_wants_switch();
    return sim.since_switch >= QUANTUM || sim_draws_switch();
}

// sim_point() inside of a run.
static inline __attribute__((always_inline)) void sim_pass(void)
{
    sim_step();
    sim.now_ns += POINT_NS;
    sim.points++;
    sim.since_switch++;
    if (sim.raced)
        sim_report_race();
    if (sim.n_heap > 0 && sim.heap[0].deadline_ns <= sim.now_ns)
        sim_fire_timers();
    if ((sim.n_ready > 0 || sim.n_paused > 0) && sim_is_preempted())
        sim_yield();
}

// Before a lock; see sim_stall().
static inline void sim_may_stall(void *pc)
{
    if (sim.stall_left != 0)
        sim_stall_now(pc);
}

// Behind an unlock; see sim_park().
static inline void sim_may_park(void *pc)
{
    if (sim.park_per_mille != 0)
        sim_park_now(pc);
}

#endif
