// raft.h -- the Raft consensus algorithm: one server, as a service sees it.
//
// raft_make() starts a server that reaches the world through functions that
// its owner gives: a transport for outgoing calls, a place to save state, a
// receiver of what is agreed on. Incoming calls enter by raft_handle().
// Nothing is global: any number of servers, living and killed, share a process.
//
//     struct raft *rf = raft_make(&config);
//     raft_start(rf, "x=1", 3, &index, &term); // config.apply gets it, maybe
//     raft_free(rf);
//
// Callbacks are made with no lock held, from the server's own threads (save
// also from the caller's), and may block for seconds. They may call what is
// below, but not raft_free().
#ifndef GLASSRAFT_RAFT_H
#define GLASSRAFT_RAFT_H

#include "trace/trace.h"

C_NAMES_BEGIN

typedef uint64_t raft_term;  // 1, 2 ...; 0 means "none"
typedef uint64_t raft_index; // the log starts at 1; 0 means "none"

// What the service gets, strictly in order: commands by index without a gap,
// or a snapshot that stands for everything up to and including its index.
struct raft_message {
    bool is_snapshot;
    raft_index index;
    raft_term term;    // the entry's; of a snapshot, its last entry's
    const void *bytes; // borrowed for the call
    size_t n_bytes;
};

// What must survive a crash, as raft_config.save() got it last.
struct raft_saved {
    const void *state; // NULL with 0 bytes at first boot
    size_t n_state;
    const void *snapshot; // the state tells a snapshot of 0 bytes from none
    size_t n_snapshot;
    size_t n_same; // bytes of state still as save() got them; 0 is always right
    bool same_snapshot; // the same of the snapshot; so is false
};

struct raft_config {
    int n_peers;   // servers of the cluster, this one included; 1 or more
    int me;        // 0 .. n_peers-1
    int inc;       // incarnation, for the trace: 0, then +1 each restart
    void *context; // first argument of the functions below

    // Calls a method of a peer and blocks until the outcome. Borrows args;
    // true gives *reply (malloc'd, this side frees it). False: no answer.
    bool (*call)(void *context, int peer, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply);
    // Makes state and snapshot durable, both or neither, before it returns
    // true. False: the disk has what it had. What follows from the new state
    // must then stay inside; the server saves again until it is true, or says
    // nothing more. Borrows. Never called twice at a time by one server.
    bool (*save)(void *context, const struct raft_saved *saved);
    // The service. Called by one thread, in order; may block.
    void (*apply)(void *context, const struct raft_message *message);

    struct raft_saved saved; // what was saved before; borrowed by raft_make()
    struct trace *trace;     // borrowed; NULL for none
    uint64_t seed;           // of the election timeouts
    size_t max_entries;      // of one AppendEntries; 0 = default
    size_t snapshot_chunk;   // bytes of one InstallSnapshot; 0 = default
    uint64_t heartbeat_ms;   // between a leader's heartbeats; 0 = 100
    uint64_t election_ms;    // shortest timeout, half of the longest; 0 = 300
};

// Starts a server and its threads, and returns at once. The service restores a
// saved snapshot itself. Die()s when the saved state cannot be decoded.
struct raft *raft_make(const struct raft_config *config);

// Asks for agreement on a command (copied). False: not the leader, or killed.
// True: it was appended at *index in *term and is durable here; it will be
// applied if it is ever committed. Does not wait for agreement.
bool raft_start(struct raft *rf, const void *command, size_t n_bytes,
                raft_index *index, raft_term *term);

// The server's current term, and whether it believes that it is the leader.
void raft_get_state(struct raft *rf, raft_term *term, bool *is_leader);

// A hint whom to ask: who leads this term, or -1: not heard yet. May be stale.
int raft_leader(struct raft *rf);

// The service's state through index is in this snapshot (copied): the log up
// to there may go. An index at or below an earlier snapshot's is ignored; one
// that was not applied yet is the caller's bug and die()s.
void raft_snapshot(struct raft *rf, raft_index index, const void *bytes,
                   size_t n_bytes);

// An incoming call, maybe many at once. Borrows args; true gives *reply
// (malloc'd). False when the method is unknown, the arguments do not decode or
// no server of this cluster can have sent them, or the server was killed.
bool raft_handle(struct raft *rf, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply);

// The methods and their messages, for the transport; ends with method NULL.
extern const struct message_rpc *const raft_rpcs;

// Stops the server; returns at once. From then on it takes no command and
// answers no call. Callbacks under way go on to their end, and a thread that
// was about to make one may still do so; nothing follows from any of them.
void raft_kill(struct raft *rf);

// Kills, waits until all callbacks have returned and all calls have left, and
// frees. No call into this server may begin any more. Not from a callback.
void raft_free(struct raft *rf);

C_NAMES_END
#endif
