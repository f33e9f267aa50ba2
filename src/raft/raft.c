// raft.c -- birth and death of a server, its lock, its threads, its front door.
#include "server.h"

#include <assert.h>
#include <stdlib.h>

#include "../net/thread.h"
#include "../trace/die.h"

// Defaults, in the spirit of the paper's §5.6: broadcast time is well below
// the election timeout, and the timeout well below the time between failures.
// A few lost heartbeats in a row must not depose a leader.
enum {
    HEARTBEAT_MS = 100,
    ELECTION_MIN_MS = 300,
    ELECTION_MAX_MS = 600,
    MAX_ENTRIES = 128,
    SNAPSHOT_CHUNK = 32 * 1024,
};

// ------------------------------------------------------------------ the lock

// What must hold whenever nobody holds the lock, and what may never go back.
static void check_invariants(struct raft *rf) REQUIRES(server_lock)
{
    assert(rf->log.last_included_index <= rf->commit_index);
    assert(rf->last_applied <= rf->commit_index);
    assert(rf->commit_index <= log_last_index(&rf->log));
    assert(log_last_term(&rf->log) <= rf->current_term);
    assert(rf->role == TRACE_FOLLOWER || rf->voted_for == rf->config.me);

    assert(rf->current_term >= rf->seen_term);
    assert(rf->commit_index >= rf->seen_commit_index);
    if (rf->current_term == rf->seen_term) {
        assert(rf->seen_voted_for == NOBODY ||
               rf->voted_for == rf->seen_voted_for);
        assert(rf->seen_role != TRACE_LEADER || rf->role == TRACE_LEADER);
    }
    rf->seen_term = rf->current_term;
    rf->seen_commit_index = rf->commit_index;
    rf->seen_voted_for = rf->voted_for;
    rf->seen_role = rf->role;
}

void lock(struct raft *rf) UNCHECKED_LOCKING
{
    must(pthread_mutex_lock(&rf->mutex), "lock");
    check_invariants(rf);
}

void unlock(struct raft *rf) UNCHECKED_LOCKING
{
    check_invariants(rf);
    must(pthread_mutex_unlock(&rf->mutex), "unlock");
}

void wait(struct raft *rf, pthread_cond_t *cond)
{
    check_invariants(rf);
    must(pthread_cond_wait(cond, &rf->mutex), "wait");
    check_invariants(rf);
}

// ----------------------------------------------------------------- the tools

bool still(const struct raft *rf, enum trace_role role, raft_term term)
{
    return !rf->killed && rf->role == role && rf->current_term == term;
}

bool majority(const struct raft *rf, int n)
{
    return n > rf->config.n_peers / 2;
}

uint64_t emit(struct raft *rf, struct trace_event event)
{
    event.node = rf->config.me;
    event.inc = rf->config.inc;
    return trace_emit(rf->config.trace, &event);
}

uint64_t emit_entries(struct raft *rf, struct trace_event event,
                      const struct message_entry *entries, size_t n)
{
    struct trace_entry *shown = must_calloc(n, sizeof *shown);
    for (size_t i = 0; i < n; i++) {
        const struct message_bytes *command = &entries[i].command;
        shown[i] = (struct trace_entry){entries[i].term, command->n, ""};
        message_digest(command->at, command->n, shown[i].command);
    }
    event.entries = shown;
    event.n_entries = n;
    uint64_t number = emit(rf, event);
    free(shown);
    return number;
}

void refuse(struct raft *rf, const char *rule, const char *why)
{
    emit(rf,
         (struct trace_event){.kind = TRACE_REFUSE, .rule = rule, .why = why});
}

// --------------------------------------------------------------- the threads

struct start {
    struct raft *rf;
    void (*body)(struct raft *, void *);
    void *work;
    uint64_t cause;
};

static void *thread_main(void *argument)
{
    struct start start = *(struct start *)argument;
    struct raft *rf = start.rf;
    free(argument);
    trace_set_cause(rf->config.trace, start.cause);
    start.body(rf, start.work);
    // Signalled under the lock: raft_free() may not free it under our feet.
    lock(rf);
    rf->n_threads--;
    pthread_cond_signal(&rf->thread_gone);
    unlock(rf);
    return NULL;
}

void spawn(struct raft *rf, const char *name,
           void (*body)(struct raft *, void *), void *work)
{
    struct start *start = must_malloc(sizeof *start);
    *start = (struct start){rf, body, work, trace_cause(rf->config.trace)};
    rf->n_threads++;
    thread_start(name, thread_main, start);
}

struct request encode(enum rpc rpc, const void *args)
{
    struct request request = {.rpc = &raft_rpcs[rpc]};
    request.bytes = message_encode(request.rpc->args, args, &request.n);
    return request;
}

bool call(struct raft *rf, int peer, struct request request, void *reply)
{
    size_t n = 0;
    uint8_t *bytes = NULL;
    bool answered =
        rf->config.call(rf->config.context, peer, request.rpc->method,
                        request.bytes, request.n, &bytes, &n) &&
        message_decode(request.rpc->reply, bytes, n, reply);
    free(request.bytes);
    free(bytes);
    return answered;
}

// -------------------------------------------------------------- birth, death

static void take_defaults(struct raft_config *config)
{
    if (config->heartbeat_ms == 0)
        config->heartbeat_ms = HEARTBEAT_MS;
    if (config->election_min_ms == 0)
        config->election_min_ms = ELECTION_MIN_MS;
    if (config->election_max_ms == 0)
        config->election_max_ms = ELECTION_MAX_MS;
    if (config->max_entries == 0)
        config->max_entries = MAX_ENTRIES;
    if (config->snapshot_chunk == 0)
        config->snapshot_chunk = SNAPSHOT_CHUNK;
}

struct raft *server_new(const struct raft_config *config) UNCHECKED_LOCKING
{
    struct raft *rf = must_calloc(1, sizeof *rf);
    rf->config = *config;
    take_defaults(&rf->config);
    rf->peers = must_calloc((size_t)config->n_peers, sizeof rf->peers[0]);
    rf->voted_for = rf->seen_voted_for = NOBODY;
    rf->random = config->seed;
    must(pthread_mutex_init(&rf->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&rf->apply_wakes, NULL), "pthread_cond_init");
    must(pthread_cond_init(&rf->save_done, NULL), "pthread_cond_init");
    must(pthread_cond_init(&rf->thread_gone, NULL), "pthread_cond_init");
    must(pthread_mutex_lock(&rf->mutex), "lock");
    restore(rf);
    reset_timer(rf);
    unlock(rf);
    return rf;
}

struct raft *raft_make(const struct raft_config *config)
{
    struct raft *rf = server_new(config);
    lock(rf);
    spawn(rf, "election", election_thread, NULL);
    spawn(rf, "heartbeat", heartbeat_thread, NULL);
    spawn(rf, "apply", apply_thread, NULL);
    unlock(rf);
    return rf;
}

void raft_kill(struct raft *rf)
{
    lock(rf);
    if (!rf->killed)
        emit(rf, (struct trace_event){.kind = TRACE_KILL});
    rf->killed = true;
    pthread_cond_broadcast(&rf->apply_wakes);
    pthread_cond_broadcast(&rf->save_done);
    unlock(rf);
}

void raft_free(struct raft *rf) UNCHECKED_LOCKING
{
    raft_kill(rf);
    lock(rf);
    while (rf->n_threads > 0)
        wait(rf, &rf->thread_gone);
    unlock(rf);
    log_free(&rf->log);
    blob_drop(rf->snapshot);
    blob_drop(rf->incoming_data);
    pthread_cond_destroy(&rf->apply_wakes);
    pthread_cond_destroy(&rf->save_done);
    pthread_cond_destroy(&rf->thread_gone);
    pthread_mutex_destroy(&rf->mutex);
    free(rf->peers);
    free(rf);
}

// ------------------------------------------------------------ the front door

void raft_get_state(struct raft *rf, raft_term *term, bool *is_leader)
{
    lock(rf);
    *term = rf->current_term;
    *is_leader = !rf->killed && rf->role == TRACE_LEADER;
    unlock(rf);
}

static bool refuse_start(struct raft *rf, const char *text)
    REQUIRES(server_lock)
{
    emit(rf, (struct trace_event){.kind = TRACE_START,
                                  .term = rf->current_term,
                                  .command = text});
    return false;
}

// Appends a client's command under the lock: the role is asked and the log
// changed in one critical section.
static bool take_command(struct raft *rf, struct message_entry *entry,
                         raft_index *index) REQUIRES(server_lock)
{
    char text[MESSAGE_DIGEST];
    message_digest(entry->command.at, entry->command.n, text);
    if (rf->killed || rf->role != TRACE_LEADER)
        return refuse_start(rf, text);
    entry->term = rf->current_term;
    *index = log_last_index(&rf->log) + 1;
    uint64_t n = emit(rf, (struct trace_event){.kind = TRACE_START,
                                               .index = *index,
                                               .term = entry->term,
                                               .ok = true,
                                               .command = text});
    trace_set_cause(rf->config.trace, n);
    append(rf, entry, 1, "L.2"); // [L.2]
    return true;
}

bool raft_start(struct raft *rf, const void *command, size_t n_bytes,
                raft_index *index, raft_term *term)
{
    struct message_entry entry = {.command = {command, n_bytes}};
    uint64_t cause = trace_cause(rf->config.trace);
    lock(rf);
    bool taken = take_command(rf, &entry, index);
    unlock(rf);
    // The leader counts itself only for what its own disk holds.
    bool durable = taken && persist(rf);
    if (durable) {
        *term = entry.term;
        lock(rf);
        if (still(rf, TRACE_LEADER, entry.term)) {
            match_advance(rf, rf->config.me, *index);
            replicate(rf, false);
        }
        unlock(rf);
    }
    trace_set_cause(rf->config.trace, cause); // the thread is the caller's
    return durable;
}

// Decodes, handles under the lock, encodes.
static bool dispatch(struct raft *rf, const struct message_rpc *rpc,
                     const void *args, uint8_t **reply, size_t *n_reply)
    REQUIRES(server_lock)
{
    if (rf->killed)
        return false;
    union {
        struct request_vote_reply vote;
        struct append_entries_reply append;
        struct install_snapshot_reply install;
    } answer;
    switch (rpc - raft_rpcs) {
    case RPC_REQUEST_VOTE:
        answer.vote = handle_request_vote(rf, args);
        break;
    case RPC_APPEND_ENTRIES:
        answer.append = handle_append_entries(rf, args);
        break;
    default:
        answer.install = handle_install_snapshot(rf, args);
        break;
    }
    *reply = message_encode(rpc->reply, &answer, n_reply);
    return true;
}

// [F.1] Every server answers what candidates and leaders ask.
bool raft_handle(struct raft *rf, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    union {
        struct request_vote_args vote;
        struct append_entries_args append;
        struct install_snapshot_args install;
    } request;
    const struct message_rpc *rpc = message_find(raft_rpcs, method);
    if (rpc == NULL || !message_decode(rpc->args, args, n_args, &request))
        return false;
    lock(rf);
    bool handled = dispatch(rf, rpc, &request, reply, n_reply);
    unlock(rf);
    message_clear(rpc->args, &request);
    // A promise leaves only after it is durable.
    if (handled && !persist(rf)) {
        free(*reply);
        handled = false;
    }
    return handled;
}
