// server.h -- one Raft server from the inside: its state, its lock, its parts.
//
// Shared data and one lock: all threads of a server work on this struct under
// `mutex`; no thread sends messages to another. Functions are LOCKED when
// their caller holds the lock, UNLOCKED when they take it themselves. State
// moves only through the few functions that also emit the event.
#ifndef GLASSRAFT_SERVER_H
#define GLASSRAFT_SERVER_H

#include "wire/stub.h"
#include "base/thread.h"
#include "base/die.h"
#include "trace/emit.h"
#include "wire/figure2.h"
#include "base/guard.h"
#include "wire/saved.h"
#include "raft.h"

// The class of all servers' locks; never two of them at once.
struct LOCK_CLASS("server lock") server_lock;
extern struct server_lock server_lock;
#define GUARDED  GUARDED_BY(server_lock)
#define LOCKED   REQUIRES(server_lock)
#define UNLOCKED EXCLUDES(server_lock)

enum { NOBODY = TRACE_NONE };

// log.c: entries behind a snapshot boundary. Of what was compacted away (§7)
// only the last entry's term is still known. The log owns its commands.
struct log {
    raft_index last_included_index; // 0 before the first snapshot
    raft_term last_included_term;
    struct message_entry *entry; // entry[0] has last_included_index + 1
    size_t n_entries, room;
    uint64_t n_cuts; // while it stays the same, the log only grows
};

void log_free(struct log *log);
raft_index log_last_index(const struct log *log);
raft_term log_last_term(const struct log *log);
// Term at an index from the boundary on.
raft_term log_term_at(const struct log *log, raft_index index);
// Is there an entry of this index and term? What lies before the boundary is
// committed, and so the same everywhere.
bool log_matches(const struct log *log, raft_index index, raft_term term);
// First index of the run of entries of one term that index belongs to.
raft_index log_start_of_run(const struct log *log, raft_index index);
// Last index of a term's entries; 0 when the log knows none of it.
raft_index log_last_of_term(const struct log *log, raft_term term);
// Appends a copy of the entry.
void log_append(struct log *log, struct message_entry entry);
// Drops the entry at this index and all that follow it.
void log_truncate(struct log *log, raft_index index);
// Moves the boundary to index. What follows stays if the log has an entry of
// this index and term [IS.6]; otherwise the whole log goes [IS.7].
void log_compact(struct log *log, raft_index index, raft_term term);
// The entries first .. last for a message, borrowed until the log changes.
struct message_entries log_slice(const struct log *log, raft_index first,
                                 raft_index last);

// What a leader knows of a peer, and what is on its way to it. Calls of all
// terms count, since each holds a thread.
enum { MAX_CALLS = 40, PATIENCE_MS = 500 };
struct peer {
    raft_index next_index, match_index;
    uint64_t sending;     // number of the newest errand to it; 0 = it is back
    uint64_t transfer;    // number of the errand with a snapshot; 0 = none
    uint64_t chunk_ms;    // when its last chunk left
    uint64_t patience_ms; // with a chunk that is not answered
    int n_calls;          // under way: votes asked for, entries, heartbeats
};

// What lock and unlock saw last: none of it may go back.
struct seen {
    raft_term term;
    raft_index commit_index;
    int voted_for;
    enum trace_role role;
};

struct raft {
    // Fixed after birth.
    struct raft_config config;
    struct crew crew;                                     // its threads
    struct peer *peers GUARD(pt_guarded_by(server_lock)); // [me] too
    pthread_mutex_t mutex;
    pthread_cond_t apply_wakes; // signalled by commit_advance, raft_kill
    pthread_cond_t save_done;   // signalled by save, raft_kill

    // Persistent state of Figure 2, and the snapshot of §7 (NULL: none).
    raft_term current_term GUARDED;
    int voted_for GUARDED;
    struct log log GUARDED;
    struct blob *snapshot GUARDED;

    // Volatile state of Figure 2.
    raft_index commit_index GUARDED, last_applied GUARDED;

    // Elections.
    enum trace_role role GUARDED;
    int n_votes GUARDED;
    uint64_t last_heard_ms GUARDED, election_timeout_ms GUARDED;
    uint64_t random GUARDED;

    // Changes of persistent state made so far, and those that are durable.
    uint64_t changed GUARDED, saved GUARDED;
    bool saving GUARDED;
    struct saved_image image; // of the thread that is saving

    // A snapshot that arrives in chunks.
    struct install_snapshot_args incoming GUARDED;
    struct blob *incoming_data GUARDED;

    bool killed GUARDED;
    int leader GUARDED; // of this term, as far as we have heard
    uint64_t n_errands GUARDED, n_heartbeats GUARDED;
    uint64_t commit_event GUARDED; // the cause of what is applied next
    struct seen seen GUARDED;
};

// raft.c: the lock, which also checks the invariants, and common tools.
void lock(struct raft *rf) ACQUIRE(server_lock) UNLOCKED;
void unlock(struct raft *rf) RELEASE(server_lock);
void await(struct raft *rf, pthread_cond_t *cond) LOCKED;
// A server without threads: raft_make() for tests of the handlers.
struct raft *server_new(const struct raft_config *config);
// The question behind every lock that follows a call: are we alive, and still
// in this role of this term?
bool still(const struct raft *rf, enum trace_role role, raft_term term) LOCKED;
bool majority(const struct raft *rf, int n);

// election.c
void become_follower(struct raft *rf, raft_term term, const char *rule,
                     const char *why) LOCKED;
void follow_term(struct raft *rf, raft_term term) LOCKED;
void reset_timer(struct raft *rf) LOCKED;
void election_thread(void *self, struct errand unused) UNLOCKED;
raft_term start_election(struct raft *rf) LOCKED;
struct request_vote_reply
handle_request_vote(struct raft *rf,
                    const struct request_vote_args *args) LOCKED;
void handle_vote_reply(struct raft *rf, raft_term term,
                       const struct request_vote_reply *reply) LOCKED;

// replication.c
void heartbeat_thread(void *self, struct errand unused) UNLOCKED;
void replicate(struct raft *rf, bool heartbeat) LOCKED;
struct append_entries_reply
handle_append_entries(struct raft *rf,
                      const struct append_entries_args *args) LOCKED;
bool handle_append_reply(struct raft *rf, int peer,
                         const struct append_entries_args *args,
                         const struct append_entries_reply *reply) LOCKED;
void append(struct raft *rf, struct message_entries entries,
            const char *rule) LOCKED;
void set_next(struct raft *rf, int peer, raft_index index) LOCKED;
void match_advance(struct raft *rf, int peer, raft_index index) LOCKED;
void commit_advance(struct raft *rf, raft_index index, const char *rule) LOCKED;

// snapshot.c
void send_snapshot_thread(void *self, struct errand errand) UNLOCKED;
struct install_snapshot_reply
handle_install_snapshot(struct raft *rf,
                        const struct install_snapshot_args *args) LOCKED;
bool handle_install_reply(struct raft *rf, int peer,
                          const struct install_snapshot_args *args,
                          const struct install_snapshot_reply *reply) LOCKED;

// persist.c: after changed++, nothing that follows from the change may leave
// the server before persist() has returned true (false: killed).
bool persist(struct raft *rf) UNLOCKED;
void restore(struct raft *rf) LOCKED;

// apply.c
void apply_thread(void *self, struct errand unused) UNLOCKED;

#endif
