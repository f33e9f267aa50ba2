// server.h -- one Raft server from the inside: its state, its lock, its parts.
//
// Shared data and one lock: every thread of a server works on this struct
// under `mutex`, and no thread sends messages to another. The parts:
//
//   raft.c         birth, death, the lock, threads, who may call what
//   election.c     §5.2  the election timer, RequestVote, the three roles
//   replication.c  §5.3  heartbeats, AppendEntries, §5.4 the commit rule
//   snapshot.c     §7    compaction, InstallSnapshot
//   persist.c            what is durable before a word leaves the server
//   apply.c              the one thread that feeds the service, in order
//   log.c, rpc.c         the log; the messages
//
// A function says REQUIRES(server_lock) when its caller holds the lock and
// EXCLUDES when it takes it; `make lint` checks both. State moves only through
// the few functions here that also emit the event, so that no transition
// goes untraced.
#ifndef GLASSRAFT_SERVER_H
#define GLASSRAFT_SERVER_H

#include <pthread.h>

#include "../trace/guard.h"
#include "log.h"
#include "rpc.h"

// The class of all servers' locks; never two of them at once.
struct LOCK_CLASS("server lock") server_lock;
extern struct server_lock server_lock;

enum { NOBODY = TRACE_NONE };

// Snapshot bytes, shared by the server, a save and a delivery under way.
struct blob {
    size_t n_users; // guarded by the server's lock
    size_t n;
    uint8_t bytes[];
};

// What a leader knows of a peer.
struct peer {
    raft_index next_index;
    raft_index match_index;
    uint64_t sending; // the newest AppendEntries on its way, 0 = none
};

struct raft {
    // Fixed after birth.
    struct raft_config config;
    pthread_mutex_t mutex;
    pthread_cond_t apply_wakes; // signalled by: commit_advance,
                                // snapshot_install, raft_kill
    pthread_cond_t save_done;   // signalled by: persist, raft_kill
    pthread_cond_t thread_gone; // signalled by: thread_main

    // Persistent state of Figure 2.
    raft_term current_term GUARDED_BY(server_lock);
    int voted_for GUARDED_BY(server_lock); // NOBODY or a server
    struct log log GUARDED_BY(server_lock);
    struct blob *snapshot GUARDED_BY(server_lock); // NULL before the first

    // Volatile state of Figure 2.
    raft_index commit_index GUARDED_BY(server_lock);
    raft_index last_applied GUARDED_BY(server_lock);
    struct peer *peers GUARDED_BY(server_lock); // a leader's; [me] too

    // Elections.
    enum trace_role role GUARDED_BY(server_lock);
    int n_votes GUARDED_BY(server_lock);
    uint64_t last_heard_ms GUARDED_BY(server_lock);
    uint64_t election_timeout_ms GUARDED_BY(server_lock);
    uint64_t random GUARDED_BY(server_lock);

    // Saving: changed counts changes of persistent state, saved those that
    // are durable.
    uint64_t changed GUARDED_BY(server_lock);
    uint64_t saved GUARDED_BY(server_lock);
    bool saving GUARDED_BY(server_lock);

    // A snapshot that arrives in chunks.
    struct install_snapshot_args incoming GUARDED_BY(server_lock);
    struct blob *incoming_data GUARDED_BY(server_lock);

    // Life and threads.
    bool killed GUARDED_BY(server_lock);
    int n_threads GUARDED_BY(server_lock);
    uint64_t n_sends GUARDED_BY(server_lock);
    uint64_t commit_event GUARDED_BY(server_lock); // cause of what is applied

    // What lock and unlock saw last: none of these may go back.
    raft_term seen_term GUARDED_BY(server_lock);
    raft_index seen_commit_index GUARDED_BY(server_lock);
    int seen_voted_for GUARDED_BY(server_lock);
    enum trace_role seen_role GUARDED_BY(server_lock);
};

// ---------------------------------------------------------------- raft.c

void lock(struct raft *rf) ACQUIRE(server_lock) EXCLUDES(server_lock);
void unlock(struct raft *rf) RELEASE(server_lock);
// Waits on one of the server's condition variables; others run meanwhile.
void wait(struct raft *rf, pthread_cond_t *cond) REQUIRES(server_lock);

// A server without threads: raft_make() for tests of the handlers.
struct raft *server_new(const struct raft_config *config);

// Does the server still live, and are we in this role of this term? The
// question behind every lock that follows a call.
bool still(const struct raft *rf, enum trace_role role, raft_term term)
    REQUIRES(server_lock);
bool majority(const struct raft *rf, int n);

// Starts body(rf, work) in a thread of its own named `name`, which counts
// against raft_free(). work (a malloc'd struct or NULL) belongs to body.
void spawn(struct raft *rf, const char *name,
           void (*body)(struct raft *, void *), void *work)
    REQUIRES(server_lock);

// A call to a peer: encoded (under the lock, where args may borrow the log),
// then sent without it. call() takes the request; false: no valid answer.
enum rpc { RPC_REQUEST_VOTE, RPC_APPEND_ENTRIES, RPC_INSTALL_SNAPSHOT };
struct request {
    const struct message_rpc *rpc;
    uint8_t *bytes;
    size_t n;
};
struct request encode(enum rpc rpc, const void *args);
bool call(struct raft *rf, int peer, struct request request, void *reply)
    EXCLUDES(server_lock);

// Emits an event of this server; gives its number.
uint64_t emit(struct raft *rf, struct trace_event event);
uint64_t emit_entries(struct raft *rf, struct trace_event event,
                      const struct message_entry *entries, size_t n);
// Emits a handler's "no", by that rule.
void refuse(struct raft *rf, const char *rule, const char *why);

// ---------------------------------------------------------------- election.c

// With become_candidate and become_leader the only ones to assign role.
void become_follower(struct raft *rf, raft_term term, const char *rule,
                     const char *why) REQUIRES(server_lock);
void follow_term(struct raft *rf, raft_term term) REQUIRES(server_lock);
void reset_timer(struct raft *rf) REQUIRES(server_lock);
void election_thread(struct raft *rf, void *unused) EXCLUDES(server_lock);
raft_term start_election(struct raft *rf) REQUIRES(server_lock);
struct request_vote_reply
handle_request_vote(struct raft *rf, const struct request_vote_args *args)
    REQUIRES(server_lock);
void handle_vote_reply(struct raft *rf, raft_term term,
                       const struct request_vote_reply *reply)
    REQUIRES(server_lock);

// ------------------------------------------------------------- replication.c

void heartbeat_thread(struct raft *rf, void *unused) EXCLUDES(server_lock);
// Sends to every peer: heartbeat true, always; false, only to those that lack
// entries and are not being sent to already.
void replicate(struct raft *rf, bool heartbeat) REQUIRES(server_lock);
struct append_entries_reply
handle_append_entries(struct raft *rf, const struct append_entries_args *args)
    REQUIRES(server_lock);
bool handle_append_reply(struct raft *rf, int peer,
                         const struct append_entries_args *args,
                         const struct append_entries_reply *reply)
    REQUIRES(server_lock);
void append(struct raft *rf, const struct message_entry *entries, size_t n,
            const char *rule) REQUIRES(server_lock);
void set_next(struct raft *rf, int peer, raft_index index)
    REQUIRES(server_lock);
void match_advance(struct raft *rf, int peer, raft_index index)
    REQUIRES(server_lock);
void commit_advance(struct raft *rf, raft_index index, const char *rule)
    REQUIRES(server_lock);

// ---------------------------------------------------------------- snapshot.c

bool send_snapshot(struct raft *rf, int peer, raft_term term)
    EXCLUDES(server_lock);
bool handle_install_reply(struct raft *rf, int peer,
                          const struct install_snapshot_args *args,
                          const struct install_snapshot_reply *reply)
    REQUIRES(server_lock);
struct install_snapshot_reply
handle_install_snapshot(struct raft *rf,
                        const struct install_snapshot_args *args)
    REQUIRES(server_lock);
struct blob *blob_new(const void *bytes, size_t n);
void blob_drop(struct blob *blob); // one user less; the last one frees

// ----------------------------------------------------------------- persist.c

// The persistent state has changed. Nothing that follows from it may leave
// this server before persist() has returned true.
void mark_changed(struct raft *rf) REQUIRES(server_lock);
// Blocks until all changes so far are durable. False when killed meanwhile.
bool persist(struct raft *rf) EXCLUDES(server_lock);
void restore(struct raft *rf) REQUIRES(server_lock);

// ------------------------------------------------------------------- apply.c

void apply_thread(struct raft *rf, void *unused) EXCLUDES(server_lock);

#endif
