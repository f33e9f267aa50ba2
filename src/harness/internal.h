// internal.h -- what the files of src/harness share: the cluster and its runs.
#ifndef GLASSRAFT_HARNESS_INTERNAL_H
#define GLASSRAFT_HARNESS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "lab.h"
#include "kv_api.h"
#include "raft_api.h"
#include "runner.h"
#include "started.h"

#include "check/check.h"
#include "base/thread.h"
#include "check/findings.h"

enum { LAB_MAX_SERVERS = 16 };

// One life of a server, from a start to its crash; there until the lab ends,
// because calls that were under way may still ask for it.
struct instance {
    struct lab *lab;
    struct instance *older; // of the same lab
    int server, inc;
    struct raft *rf;
    struct kv *kv;           // its service; NULL where the scenario has none
    atomic_uint n_given;     // entries and snapshots, to that service
    struct sim_space *space; // its variables
    struct net_end *end[LAB_MAX_SERVERS];
    struct blob *state, *snapshot; // its persister
    atomic_bool dead; // written with the mutex, read without it, too
    bool has_saved;
    bool aged;                // see lab_age()
    bool has_given;           // an entry to its service
    atomic_bool old_snapshot; // is being handed in by its service
    atomic_bool in_snapshot;  // its service hands one in, in the callback
    int n_calls;              // of ours into rf, under way
    atomic_int n_out[LAB_MAX_SERVERS]; // its calls to each peer, under way
    atomic_bool killed;                // raft_kill() has returned
    atomic_int n_late_applied, n_late_saved; // begun since then
    raft_index last_applied;
    raft_index given_snapshot;         // to its service
    atomic_uint_least64_t snapshot_ms; // the Raft took for its service's latest
    uint64_t snapshot_us;              // a request with one came to it
    atomic_uint n_asked;     // requests of clients inside of its service
    atomic_bool kv_killed;   // kv_kill() has returned
    atomic_size_t most_size; // told to its service since its last snapshot
};

// What the services agreed on at an index; the same for all servers.
struct agreed {
    raft_term term;
    size_t n_bytes;
    uint8_t *bytes;
    int server; // that applied it first
};

// lab_prices, while they are counted.
struct prices {
    atomic_uint_least64_t snapshot_sent, snapshot_needed;
    atomic_int most_calls, late_applied, late_saved, late_called, late_answered;
};

struct lab {
    const struct lab_scenario *scenario;
    const struct lab_run *run;
    const struct raft_api *api; // the Raft under test
    const struct kv_api *kv;    // the service under test; NULL: none
    int n_servers;
    struct net *net;
    struct trace *trace;
    struct check *check;
    uint64_t begin_us;
    void (*watch)(void *context, const struct trace_event *event);
    void *watch_context;
    raft_index past; // the index of a snapshot that all were born with; or 0
    struct blob *born_state[LAB_MAX_SERVERS], *born_snapshot[LAB_MAX_SERVERS];
    struct crew reapers;
    struct started *started;     // all commands, and services' snapshots
    struct lab_clients *clients; // NULL where the scenario has no service

    pthread_mutex_t mutex; // guards everything below
    pthread_cond_t idle;   // signalled when an instance's n_calls becomes 0
    uint64_t random;
    bool random_is_later;                  // lab_is_later() has been heeded
    struct instance *now[LAB_MAX_SERVERS]; // the latest; dead when it is down
    struct instance *newest;
    bool connected[LAB_MAX_SERVERS], paused[LAB_MAX_SERVERS];
    int crash_at_save[LAB_MAX_SERVERS];
    bool before_save[LAB_MAX_SERVERS], fails_saves[LAB_MAX_SERVERS];
    uint64_t slow_ms[LAB_MAX_SERVERS], slow_save_ms[LAB_MAX_SERVERS];
    struct agreed *agreed; // [index]
    raft_index n_agreed;   // highest index in it
    size_t agreed_room;
    int asked; // the server that lab_one() asked last

    atomic_uint_least64_t n_points;           // crash points passed
    atomic_bool commands;                     // some server has taken one
    atomic_bool refused[LAB_MAX_SERVERS];     // it has not taken one
    atomic_bool save_failed[LAB_MAX_SERVERS]; // the last one
    struct prices prices;
    // Calls of raft_start() under way, and the longest that returned.
    struct starts {
        atomic_int n;
        atomic_uint_least64_t since_us, longest_us, longest_from_us;
    } starts[LAB_MAX_SERVERS];
    atomic_bool speaks; // some server's Raft has trace calls
    atomic_bool late_state[LAB_MAX_SERVERS]; // see lab_late_state()
    atomic_int n_late[LAB_MAX_SERVERS];      // see lab_check_late_answers()
    // Some service answered too early: how is being written, and can be read.
    atomic_bool early_begun, early_told;
    char early[200];

    // Written by the observer alone: where logs end, as events tell it.
    raft_index last_index[LAB_MAX_SERVERS];
    bool tells_saves[LAB_MAX_SERVERS];
};

// cluster.c
struct lab *lab_make(const struct lab_run *run, const struct raft_api *api,
                     const struct kv_api *kv, struct trace *trace,
                     struct check *check);
// Stops everything, waits, frees. *prices (may be NULL) gets what it cost.
void lab_end(struct lab *lab, struct lab_prices *prices);

// life.c: a request comes to an instance: net_handler.
bool lab_handle(void *context, const char *method, const uint8_t *args,
                size_t n_args, uint8_t **reply, size_t *n_reply);
// Ends its life: cut off, its disk frozen, killed.
void lab_lose(struct lab *lab, struct instance *instance);
void lab_end_life(struct lab *lab, struct instance *instance); // kills it
// A crash point: a moment before or after something of this server becomes
// known to its disk or to the others. Kills the server when the run says so;
// true when it is dead.
bool lab_crash_point(struct instance *instance);
// Needs the mutex. Ends of connections follow the marks of both servers.
void lab_set_links(struct lab *lab, int server);

// inside.c: the living instance with a call counted, NULL when the server is
// down or paused; lab_leave() ends the call.
struct instance *lab_enter(struct lab *lab, int server);
void lab_leave(struct instance *instance);
void lab_emit(struct lab *lab, enum trace_kind kind, int server);
// Tells the trace what changed around the servers, in words; election timers
// are not judged from here on when `untimed`.
void lab_changed(struct lab *lab, bool untimed, const char *text);
void lab_name_of(int server, char name[16]); // "S1"
// Which lock is a new server's is known from now on: what it calls with
// it, before anybody has called the server, is found as well.
void lab_learn_lock(const struct lab *lab, struct raft *rf);
// raft_start() and raft_get_state() of a life whose call is counted.
bool lab_start_at(struct instance *instance, const void *bytes, size_t n_bytes,
                  raft_index *index, raft_term *term);
void lab_state_at(struct instance *instance, raft_term *term, bool *is_leader);
// cut_off.c: the servers, as bits, that no majority of the cluster can talk
// with, both ways.
uint64_t lab_cut_off(struct lab *lab);

// ask.c: an event of a server, for lab_last_index().
void lab_observe(struct lab *lab, const struct trace_event *event);

// service.c
void lab_service_apply(void *context, const struct raft_message *message);
// A state that is on the disk now: do its parts fit together?
void lab_service_check_saved(struct instance *instance,
                             const struct raft_saved *saved);
// The service's state as of its persisted snapshot.
void lab_service_restore(struct instance *instance);
// That some service hands in a snapshot just now, in a line; or "".
const char *lab_say_snapshot(const struct lab *lab);

// disk.c: raft_config.save of an instance. A save that failed is no save: an
// event that tells of one ends the run.
void lab_judge_persist(struct lab *lab, const struct trace_event *event);
bool lab_save(void *context, const struct raft_saved *saved);

// past.c: gives the servers, before they start, a past of 2^32 terms and
// entries, where the seed says so and their Raft can be brought there.
void lab_give_past(struct lab *lab);
// The same in labs 1 and 2, where nothing is saved: the servers, before they
// are connected, are asked for votes of a term of 32 bits.
void lab_age(struct lab *lab);
// In those labs the first election is that of the term after this one.
#define LAB_AGED_TERM ((UINT64_C(1) << 32) - 1)
void lab_drop_past(struct lab *lab);

// limits.c: a call of this server's Raft obeys raft_config, or ends the run.
void lab_check_call(struct instance *instance, int peer, const char *method,
                    const uint8_t *args, size_t n_args);

// starts.c: a call of raft_start() begins, and gives its beginning; it ends.
// Whether one lasts, or lasted, for long without a slow disk; then in words.
uint64_t lab_now_us(const struct lab *lab); // of the trace; no scheduling point
uint64_t lab_start_begins(struct lab *lab, int server);
void lab_start_ends(struct lab *lab, int server, uint64_t from_us);
bool lab_start_lasts(const struct lab *lab, char *text, size_t n);
// disk.c: whether a disk needs as long for a save as an election timeout lasts;
// then in words.
bool lab_saves_last(struct lab *lab, char *text, size_t n);

// told.c: what becomes an event where the Rafts are silent. A save that began
// behind event `after`; needs the mutex, as it is told when the disk has it.
void lab_tell_taken(const struct instance *instance, raft_index index,
                    raft_term term, struct message_bytes command);
void lab_tell_saved(const struct instance *instance,
                    const struct raft_saved *saved, uint64_t after);
void lab_tell_given(const struct instance *instance,
                    const struct raft_message *message);
// A save's TRACE_SAVED event, but for its server; ok when the state decodes.
struct trace_event lab_saved_event(const struct lab *lab,
                                   const struct raft_saved *saved);
// False when the state is in an encoding that we do not know; true gives
// *state, for message_clear().
struct saved_state;
bool lab_decode_saved(const struct lab *lab, const struct raft_saved *saved,
                      struct saved_state *state);

// hands.c: the same for the checker, whether or not the Rafts are silent: a
// server's disk, before it starts; what it took; what its service got.
void lab_hand_disk(const struct instance *instance);
void lab_hand_taken(const struct instance *instance, raft_index index,
                    raft_term term, struct message_bytes command);
void lab_hand_given(const struct instance *instance,
                    const struct raft_message *message);

// prices.c: a call of the server's to a peer; raft_kill() has returned; an
// apply or a save begins; what it came to; a call into a server that was
// killed, and must not be answered.
void lab_call_begins(struct instance *instance, int peer, const char *method,
                     const uint8_t *args, size_t n_args);
void lab_call_ends(struct instance *instance, int peer);
void lab_was_killed(struct instance *instance);
void lab_late_apply(struct instance *instance);
void lab_late_save(struct instance *instance);
void lab_price_of(struct lab *lab, struct lab_prices *out);
void lab_ask_the_dead(struct instance *instance);

// asked.c: at the end of a scenario's body; does not return when what clients
// saw is wrong, or could not be decided.
void lab_clients_judge(struct lab *lab);

// ending.c: the three never return.
_Noreturn void lab_run_fails(struct lab *lab, enum finding finding,
                             const char *tag, const char *text);
// The checker has found something.
_Noreturn void lab_run_breaks(struct lab *lab);
_Noreturn void lab_run_not_set_up(struct lab *lab, const char *text);

// child.c: has some server told something, also while the lab was made?
bool lab_has_spoken(void);

// output.c: true when sanitizers are to speak for themselves.
bool lab_send_output_away(const struct lab_run *run);

// own_entries.c: looks at an event for an entry without a command; a sentence
// on the first, for the end of a report, or false.
void lab_look_for_own_entries(const struct trace_event *event);
void lab_gives_empty_command(void);
bool lab_own_entries(char *text, size_t n);

// seed.c: the seed of a stream of this run; one for its user of this number.
uint64_t lab_run_seed(const struct lab_run *run, enum lab_stream stream);
uint64_t lab_stream_seed(const struct lab_run *run, enum lab_stream stream,
                         uint64_t number);
// As the user wrote it, or that part of it.
uint64_t lab_part(const struct lab_run *run, enum lab_stream stream);
// The moment from which another seed's streams are drawn from, 0 = none; then
// the same of these.
uint64_t lab_turn_us(const struct lab_run *run);
uint64_t lab_later_seed(const struct lab_run *run);
uint64_t lab_later_stream(const struct lab_run *run, uint64_t number);
// What a run's simulation draws from, and how its threads take turns.
struct sim_config lab_simulation(const struct lab_run *run);
// Has the moment come?
bool lab_is_later(const struct lab *lab);

#endif
