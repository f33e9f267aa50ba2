// server.h -- another Raft behind raft.h: one thread, one queue, no trace.
//
// All that happens to a server is a task: a call of a peer, a reply to one of
// ours, a command. They queue up, and one thread takes them one by one, or the
// next deadline when none comes first. What that thread owns needs no lock;
// the mutex guards the queues and what is shown to callers.
#ifndef GLASSRAFT_OTHER_RAFT_SERVER_H
#define GLASSRAFT_OTHER_RAFT_SERVER_H

#include "wire/stub.h"
#include "base/thread.h"
#include "raft.h"
#include "base/die.h"
#include "wire/figure2.h"

enum { MAX_PEERS = 16 };
enum role { FOLLOWER, CANDIDATE, LEADER };

// A call of ours to a peer, and what came of it.
struct parcel {
    struct raft *rf;
    int peer;
    struct stub_request request;
    raft_term term;
    raft_index prev_log_index, n_entries;
    union {
        struct request_vote_reply vote;
        struct append_entries_reply append;
        struct install_snapshot_reply install;
    } reply;
};

// Lives on the stack of who waits for it.
struct task {
    struct task *next;
    enum { CALLED, ANSWERED, COMMAND, SNAPSHOT } kind;
    bool done, ok;
    const struct message_rpc *rpc; // CALLED
    const void *args;
    void *reply;
    struct parcel *parcel;         // ANSWERED
    struct message_entry *command; // COMMAND
    struct message_bytes snapshot; // SNAPSHOT, to index
    raft_index index;
    raft_term term;
};

// A message for the service.
struct due {
    struct due *next;
    struct raft_message message;
};

struct raft {
    struct raft_config config;
    pthread_t worker, applier;
    pthread_mutex_t mutex;
    pthread_cond_t wakes, answered, due_wakes, gone;

    // Under the mutex.
    struct task *tasks, **last_task;
    struct due *dues, **last_due;
    int n_inside; // calls and parcels under way
    bool killed;
    raft_term shown_term;
    bool shown_leads;

    // The worker's own.
    enum role role;
    raft_term current_term;
    int voted_for, n_votes;
    struct message_entry *log; // [0] stands for what is in the snapshot
    raft_index base, last;     // the index of log[0], and of the last entry
    raft_index commit_index;
    struct message_bytes snapshot; // of everything up to base; our own copy
    size_t room;
    raft_index next_index[MAX_PEERS], match_index[MAX_PEERS];
    bool busy[MAX_PEERS], send[MAX_PEERS], ask_for_votes;
    bool dirty; // what must be saved has changed
    uint64_t deadline_ms, random;
};

// raft.c
bool majority(const struct raft *rf, int n);
void give_command(struct raft *rf, raft_index index);
void give_snapshot(struct raft *rf);

// rules.c: the Raft, without a thread in sight.
struct message_entry *at(const struct raft *rf, raft_index index);
void reset_deadline(struct raft *rf);
void add_entry(struct raft *rf, struct message_entry entry);
bool take_call(struct raft *rf, const struct message_rpc *rpc, const void *args,
               void *reply);
void take_answer(struct raft *rf, const struct parcel *parcel);
bool take_command(struct raft *rf, struct task *task);
bool take_snapshot(struct raft *rf, const struct task *task);
void take_deadline(struct raft *rf);
struct stub_request make_vote_request(const struct raft *rf);
struct stub_request make_append(const struct raft *rf, struct parcel *parcel);
struct stub_request make_install(const struct raft *rf, struct parcel *parcel);

#endif
