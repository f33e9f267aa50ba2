// sim.h -- the deterministic runtime under ordinary pthreads code.
//
// Objects whose symbols were renamed (sim.syms) call sim_pthread_* and
// friends instead of the system's. Outside of sim_run() those pass through to
// the system; inside, threads are fibers on one OS thread, the clock is
// virtual, and every choice comes from the seed. The code above does not know.
#ifndef GLASSRAFT_SIM_H
#define GLASSRAFT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_policy {
    SIM_ROTATE,     // by seed: 1/4 run to block, 1/2 random, 1/4 PCT
    SIM_RUN,        // run to block
    SIM_RANDOM,     // preempt with probability `preempt` at each point
    SIM_PCT,        // priorities with `depth` change points
    SIM_ROUNDROBIN, // preempt at every point, in turn
    SIM_QUEUE,      // run to block; who became ready first goes first
};

enum sim_failure {
    SIM_DEADLOCK,     // a cycle of threads, or all of them, wait for ever
    SIM_SPIN,         // a thread ran without blocking for too long
    SIM_UNLOCK,       // unlock by a stranger, or of what nobody holds
    SIM_RELOCK,       // a thread locks what it already holds
    SIM_SLEEP_LOCKED, // slept or waited for something else holding a mutex
    SIM_STACK,        // stack overflow
    SIM_CRASH,        // SIGSEGV, SIGABRT, ... in simulated code
    SIM_MEMORY,       // a sanitizer's report
    SIM_EXIT_LOCKED,  // a thread ended holding a mutex
    SIM_MISUSE,       // unsupported or invalid call, uninitialised mutex ...
    SIM_LIMIT,        // virtual time or steps ran out
    SIM_FORBIDDEN,    // sim_forbid()
    SIM_CALLBACK,     // sim_callback() with the server's lock held
    SIM_RACE,         // ThreadSanitizer's report of one
};

struct sim_config {
    uint64_t seed;
    uint64_t program_seed; // of the program's random numbers; 0 = the same
    // From this moment on (0 = none) all is drawn as it would be from the
    // beginning with this seed; how threads take turns stays as it was chosen.
    uint64_t later_us, later_seed;
    enum sim_policy policy;
    double preempt;  // SIM_RANDOM; 0 takes a default
    int depth;       // SIM_PCT: change points; 0 takes 3
    uint64_t max_us; // virtual time limit; 0 = none
    // Points of a server's thread in a virtual second; more are SIM_SPIN. 0
    // takes a default.
    uint32_t most_steps_s;
    // Of a thousand waits of servers for a condition so many end at once, as
    // POSIX allows, in half of the seeds.
    int spurious_per_mille;
    bool lint_sleep_locked; // report SIM_SLEEP_LOCKED
    // CLOCK_MONOTONIC begins, by seed, a second or two before its milliseconds
    // or microseconds no longer fit 31 or 32 bits; CLOCK_REALTIME is set hours
    // forward or back every few seconds, on each server at its own times.
    bool hostile_clocks;
    // Gets each failure: kind, and a text of several lines that names threads,
    // places, what they wait for, and who holds it. It may never return (the
    // harness writes its verdict and ends the process); if it returns, the
    // run ends and sim_run() returns false. NULL: print to stderr, same end.
    // A NULL report: the code crashed again while fail() was at work, which is
    // to end the process at once with what it has.
    void (*fail)(void *context, enum sim_failure kind, const char *report);
    void *context;
    const char *replay; // the command that repeats this run; behind what
                        // ThreadSanitizer reports, should races not end it
    bool races_go_on;   // a race does not end the run; see sim_n_races()
    bool stepped;       // time stands still, see sim_settle(); SIM_QUEUE then
    // No process can be started to look places up: of this object they stay
    // "{+0xOFFSET}" in reports, of the program "{=0xOFFSET}", of others a name.
    // NULL: no such object.
    const char *object;
};

// Runs fn(arg) as the first simulated thread; returns when fn has returned
// (threads still there are dropped) and says whether no failure was reported.
// One run at a time per process.
bool sim_run(const struct sim_config *config, void (*fn)(void *), void *arg);

bool sim_active(void); // inside sim_run()?

// Makes and loads what runs need, for those that begin in processes that are
// forked from now on.
void sim_reserve(void);
// The same, with so many stacks; only before all runs.
void sim_reserve_stacks(int n);

// Virtual nanoseconds since sim_run() began; outside, of the system's
// monotonic clock.
uint64_t sim_now_ns(void);

// The server that the calling thread belongs to (-1 = none); threads that it
// creates inherit it. Names in reports and gdb are "S1 election" for it.
void sim_set_server(int server);
int sim_server(void);

// Speed of a server's clock in thousandths (1000 = true); its sleeps and clock
// readings scale. For scenarios with drifting clocks.
void sim_set_clock_rate(int server, int per_mille);

// A sentence on the first place where a server's thread read CLOCK_REALTIME or
// waited until a moment of it, in this run with hostile clocks; NULL: none did.
const char *sim_wall_clock_use(void);

// A sentence on the running thread's last wait for a condition, when that ended
// without a signal within the last millisecond; else NULL.
const char *sim_woken_for_nothing(void);

// Suspends all threads of a server (they do not run, their timers expire
// silently) until resumed.
void sim_pause(int server, bool paused);

// Runs that are stepped: every server's clock stands still, and its threads
// that sleep or wait for a time go on only when sim_move_clock() brings that
// time. The thread that steps the others calls sim_settle(): it blocks until
// each of them is blocked. (While it waits for anything else, clocks go on by
// themselves where nobody could run otherwise.)
void sim_settle(void);
// A server's clock moves on to the next moment that one of its threads waits
// for, which becomes ready with all that wait for the same; false when there is
// none within most_ns from now.
bool sim_move_clock(int server, uint64_t most_ns);
uint64_t sim_clock_ns(int server); // what it shows; 0 when the run begins
// The run's own time, that of its trace, goes on; no thread waits for it.
void sim_pass_time(uint64_t ns);
// The thread of a server that is about to lock for the nth time from now on,
// counted over its threads that hold nothing, stalls there until sim_proceed().
// One thread of a server at a time; nth = 0: no thread is to.
void sim_stall(int server, uint64_t nth);
bool sim_is_stalled(int server);
bool sim_proceed(int server); // false: no thread of it is stalled
// From here on time goes on as in other runs.
void sim_let_flow(void);

// From a thread of a run: everything stands still, and work(argument) runs on
// the system's own stack, outside of all threads; it may put the memory of the
// run back to what it was earlier in the same work. When it calls sim_go_on(),
// sim_aside() returns true here, and the next sim_aside() takes it up again
// behind that. False: the work has returned.
bool sim_aside(void (*work)(void *), void *argument);
void sim_go_on(void);

// Is the program built with AddressSanitizer?
bool sim_has_asan(void);
// The caller is about to call a server, or is back. Which mutex is the server's
// lock follows from what is locked meanwhile. A question for its state needs
// that lock and no other, but for those of the harness's tools, which are never
// held in a callback; so does the first question to a new server, which takes
// no time and is no turn for other threads. Other calls begin with it: the
// first that a loaded object's own code locks. Nothing outside of a run.
// A service that is given something to apply locks what its applier needs.
// Returns which door it was before.
enum sim_door { SIM_OUTSIDE, SIM_ASKS, SIM_ASKS_FIRST, SIM_CALLS, SIM_APPLIES };
enum sim_door sim_door(enum sim_door door);

// A server has called `name` of its harness, in which it may not hold its lock:
// reports SIM_CALLBACK when it does. Nothing outside of a run.
void sim_callback(const char *name);
// A service calls its Raft, in which it may not hold a lock that its applier
// needs: reports SIM_CALLBACK when it does, but in the applier itself.
void sim_calls_below(const char *name);

// From now on a server's thread that has unlocked its last mutex stands still,
// with a chance of so many in a thousand, for up to `ms`; 0 ends that.
void sim_park(int per_mille, uint64_t ms);

// Threads of a server that have begun and not ended.
int sim_n_threads(int server);
// Of all servers' threads that wait: how many do so at the place where most do,
// and that place, as in a report.
int sim_most_threads(char *out, size_t room);

// The variables of a loaded object: n bytes from `at` on, as they are now (n =
// 0: none). Each life of a server can then have a copy of its own, which is in
// place while its threads run.
void sim_space_object(void *at, size_t n);
// A new life's copy, as loaded; never freed. NULL when the object has no
// variables.
struct sim_space *sim_space_new(int server);
// The calling thread, and those that it starts, belong to this life from now
// on. Returns to which it belonged before.
struct sim_space *sim_space_enter(struct sim_space *space);
// The first byte from *from on that a server has written in its copy, and who
// has (a bit each); false when there is none.
bool sim_space_written(size_t *from, uint64_t *servers);

// The return addresses of the running thread from pc on, at most so many; only
// pc when they are not known. Follows frame pointers.
int sim_stack(void *pc, void **stack, int most);
// The places of a backtrace of this moment or an earlier one, a line each, as
// in a report; returns its length.
size_t sim_describe(char *out, size_t room, void *const *pc, int n_pc);

// The functions of the code under test that the calling thread is in, in the
// same form, the innermost first; "" when there is none.
void sim_where(char *out, size_t room);

// Data races that ThreadSanitizer reported so far; 0 without it.
unsigned sim_n_races(void);

// The first of them in words, as a report has it; "" when there was none.
const char *sim_race(void);

// Does LeakSanitizer know of memory that nobody points to any more? Then it
// prints a report of it, and the text says how much, and where it was
// allocated. Only outside of a run; false without it.
bool sim_leaks(char *text, size_t n);

// The same text, made of what LeakSanitizer printed elsewhere; which is cut.
void sim_digest_leaks(char *report, char *text, size_t n);

// Is the program built with a sanitizer that prints reports?
bool sim_is_sanitized(void);

// Sends what sanitizers print to this file, which must be readable for
// sim_leaks() to tell more than that there are leaks. False without a
// sanitizer: nothing will ever be written to it.
bool sim_sanitizers_write_to(int fd);

// Gets a sanitizer's report of an error outside of a run, in threads of the
// system or while an object is loaded; does not return. `object` as in struct
// sim_config.
void sim_outside(void (*fail)(void *context, enum sim_failure kind,
                              const char *report),
                 void *context, const char *object);

// Ends the run from a signal handler: the thread did what it may not. `what`
// goes behind its name. Only inside a run.
void sim_forbid(const char *what);

// The caller ends the process from inside of the run, after work that may take
// long: no failure is reported any more. Nothing outside of a run.
void sim_let_be(void);

// A scheduling point of one's own; no-op outside a run.
void sim_point(void);

#endif
