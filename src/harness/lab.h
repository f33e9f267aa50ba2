// lab.h -- a cluster in a box, as a scenario sees it.
//
// A scenario is a function that tells a story: it cuts and restores links,
// crashes and restarts servers, starts commands, and checks what became of
// them.
//
//     static void leader_crash(struct lab *lab)
//     {
//         int leader = lab_check_one_leader(lab);
//         lab_crash(lab, leader);
//         lab_one(lab, "x", 1, 2, true);
//     }
//
// Servers are numbered 0 .. n-1 here and S1 .. Sn in every text. All servers
// run and are connected when the story begins. Functions may be called from
// any thread of the story. A failure ends the run at once: lab_fail() and the
// checks then do not return. A story is ordinary pthreads code and runs
// simulated or real.
#ifndef GLASSRAFT_LAB_H
#define GLASSRAFT_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"
#include "raft/raft.h"

struct lab;

struct lab_scenario {
    const char *name;  // "figure-8-unreliable"; NULL ends a table
    const char *title; // "Test (3C): Figure 8 (unreliable) ..."
    void (*run)(struct lab *lab);
    // For seeds that draw more than the story: changes the copy for its run.
    void (*draw)(uint64_t seed, struct lab_scenario *own);
    int n_servers;
    bool unreliable;       // the network delays and loses calls
    bool snapshots;        // the service takes one after every tenth command
    bool old_snapshots;    // and hands in older ones again
    bool empty_snapshots;  // these have no bytes: the service has no state
    bool simulated_only;   // needs pauses, clocks or scripts in virtual time
    bool no_long_delays;   // calls that cannot be delivered fail soon
    bool young;            // must not be born old
    bool crash_points;     // a server that dies anywhere is brought back
    bool service;          // a key/value service on each server (clients.h)
    size_t max_state;      // kv_config's; 0 = never
    size_t max_sessions;   // kv_config's; 0 = default
    size_t max_entries;    // raft_config's; 0 = default
    size_t snapshot_chunk; // raft_config's; 0 = default
    uint64_t limit_s;      // virtual seconds; 0 = 120
    // Time stands still: src/stepper, which runs what lab_script() says.
    // Nothing is drawn, no clock is hostile, no timer is judged. Simulated
    // only.
    bool stepped;
    int most_calls_s; // more within a virtual second fail; 0 = 20,000
    // The messages of a story with servers of its own (lab_net()): no Raft is
    // started and no rule of Raft is judged. NULL: the servers are Rafts.
    // load() then loads the code under test (NULL: what is linked in); false
    // with one line in error.
    const struct message_rpc *rpcs;
    bool (*load)(const char *path, char error[300]);
};

// ---------------------------------------------------------------- the story

int lab_n_servers(struct lab *lab);
// The n-th index after what was there when the story began: n, but for a
// cluster that was born old (past.c).
raft_index lab_nth(struct lab *lab, raft_index n);
// A number below n from the run's seed.
uint64_t lab_random(struct lab *lab, uint64_t n);
void lab_sleep_ms(struct lab *lab, uint64_t ms);
// A named part of the story begins: a headline in the pictures.
void lab_act(struct lab *lab, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void lab_note(struct lab *lab, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Ends the run as failed, for this reason; does not return.
_Noreturn void lab_fail(struct lab *lab, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// The same, where the rule is known ("L.3"): something was not done in time.
_Noreturn void lab_fail_by(struct lab *lab, const char *tag, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));
// The same for a rule of services ("KV.9") that the story has seen broken.
_Noreturn void lab_fail_service(struct lab *lab, const char *tag,
                                const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The situation that the story tests did not come about, for this reason, and
// the Raft is not to blame: a correct Raft may be designed differently, or
// another server was faster. The runner draws the run again from the same seed
// a few times; a run that is never set up counts as passed, and is counted.
// Does not return.
_Noreturn void lab_not_set_up(struct lab *lab, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ---------------------------------------------------------------- faults

void lab_crash(struct lab *lab, int server);   // ignored when it is down
void lab_restart(struct lab *lab, int server); // and connects; ignored when up
void lab_connect(struct lab *lab, int server);
void lab_disconnect(struct lab *lab, int server);
bool lab_is_up(struct lab *lab, int server);
bool lab_is_connected(struct lab *lab, int server);
// Crashes the server when it saves for the n-th time from now; before: that
// save is lost. n = 0 cancels it.
void lab_crash_at_save(struct lab *lab, int server, int n, bool before);
// Cuts or restores the directed link from -> to.
void lab_cut(struct lab *lab, int from, int to, bool cut);
// Splits the servers in two: those whose bit is set in one_side, and the rest;
// servers hear only their own side, until lab_heal().
void lab_partition(struct lab *lab, unsigned one_side);
void lab_heal(struct lab *lab);
void lab_reliable(struct lab *lab, bool reliable);
void lab_long_reordering(struct lab *lab, bool yes);
// Suspends all threads of a server, or resumes them. Simulated only.
void lab_pause(struct lab *lab, int server, bool paused);
// A disk will hang: election timers and heartbeats are not judged from now on.
void lab_untimed(struct lab *lab);
// From now on servers' threads stop now and then just after unlocking a mutex,
// with a chance of per_mille in 1000, for up to `ms`; 0 ends this. Election
// timers are then not judged. Simulated only.
void lab_park(struct lab *lab, int per_mille, uint64_t ms);
// Speed of a server's clock in thousandths. Simulated only.
void lab_clock_rate(struct lab *lab, int server, int per_mille);
// From now on the service takes `ms` for each command.
void lab_slow_apply(struct lab *lab, int server, uint64_t ms);
// From now on, while it is late, what the service asks about its server's state
// (kv_config.get_state) is told when that is over: as of when it asked.
void lab_late_state(struct lab *lab, int server, bool late);
// A server was crashed when no request in its service could have an answer: has
// it given one since? Then does not return.
void lab_check_late_answers(struct lab *lab, int server);
// From now on the server's disk takes `ms` for each save; a crash loses what
// is being saved.
void lab_slow_save(struct lab *lab, int server, uint64_t ms);
// From now on the server's disk fails all saves, or accepts them again.
void lab_fail_saves(struct lab *lab, int server, bool fail);

// ------------------------------------------------- for src/stepper

// The script of this run; "" when it has none. Borrowed.
const char *lab_script(struct lab *lab);
const char *lab_script_path(struct lab *lab); // the file, for messages
// From now on watch() sees each event before it is judged, as
// trace_config.observe does; NULL ends this.
void lab_watch(struct lab *lab,
               void (*watch)(void *context, const struct trace_event *event),
               void *context);
const struct message_rpc *lab_rpcs(const struct lab *lab); // the Raft's
bool lab_speaks(const struct lab *lab); // some server's Raft has trace calls
bool lab_is_paused(struct lab *lab, int server);
// Tells the trace so; no timer is judged from here on.
void lab_stands_still(struct lab *lab);
// What is on a server's disk; borrowed until it saves again.
struct message_bytes lab_saved_state(struct lab *lab, int server);
struct message_bytes lab_saved_snapshot(struct lab *lab, int server);
// Its service takes a snapshot up to this index and hands it in. False: the
// server is down or paused, or has not applied so far.
bool lab_compact(struct lab *lab, int server, raft_index index);

// ------------------------------------------------- servers of a story's own

struct net *lab_net(struct lab *lab);
struct trace *lab_trace(struct lab *lab);
// From now on the calling thread, and those that it starts, work for this
// server (TRACE_NONE: for none). Returns the server it worked for before.
int lab_work_for(int server);

// ---------------------------------------------------------------- asking

// The leader of the latest term among the connected servers, within five
// seconds; fails when there is none, or two in a term.
int lab_check_one_leader(struct lab *lab);
// The term that all connected servers agree on.
raft_term lab_check_terms(struct lab *lab);
void lab_check_no_leader(struct lab *lab);
// Starts a command at a server; false when it is not the leader, down or
// paused.
bool lab_start(struct lab *lab, int server, const void *bytes, size_t n_bytes,
               raft_index *index, raft_term *term);
bool lab_get_state(struct lab *lab, int server, raft_term *term,
                   bool *is_leader); // false: it is down or paused
// How many services have applied this index; *command (may be NULL) borrows
// the command, for the life of the lab.
int lab_n_committed(struct lab *lab, raft_index index,
                    struct message_bytes *command);
// Waits until n_servers or more have applied a command, for up to ten seconds.
// Each attempt lasts two seconds; there is only one without retry. Returns the
// command's index.
raft_index lab_one(struct lab *lab, const void *bytes, size_t n_bytes,
                   int n_servers, bool retry);
// The same, with retries for this many seconds.
raft_index lab_one_within(struct lab *lab, const void *bytes, size_t n_bytes,
                          int n_servers, unsigned seconds);
raft_index lab_last_applied(struct lab *lab, int server);
// Last index of the log that the server saved last or, if its Raft emits no
// saves, of its log now; LAB_UNKNOWN if it emits nothing about that either.
#define LAB_UNKNOWN UINT64_MAX
raft_index lab_last_index(struct lab *lab, int server);
// The largest saved state of a server, without its snapshot, in bytes.
size_t lab_state_size(struct lab *lab);
// The largest snapshot that a server has now, in bytes; 0: none has one.
size_t lab_snapshot_size(struct lab *lab);
// Has any server saved a snapshot?
bool lab_has_snapshot(struct lab *lab);
// Threads of a server that have begun and not ended; 0 when it runs real.
int lab_n_threads(struct lab *lab, int server);
// How many threads of all servers wait at the place where most do, and that
// place, as in a report.
int lab_most_threads(struct lab *lab, char *text, size_t n);
// Blocks of memory that the servers' threads have allocated since
// lab_watch_heap() and not freed. lab_watch_heap() is false where that cannot
// be counted.
bool lab_watch_heap(struct lab *lab);
int lab_n_blocks(struct lab *lab);
// How many of these were allocated at one place, and where.
int lab_most_blocks(struct lab *lab, char *text, size_t n);
uint64_t lab_server_calls(struct lab *lab, int server); // since its restart
uint64_t lab_bytes(struct lab *lab);
// Bytes of snapshots that servers have sent each other so far, and of those
// that services were given; 0 where the Raft has messages of its own.
uint64_t lab_snapshot_sent(struct lab *lab);
uint64_t lab_snapshot_needed(struct lab *lab);

#endif
