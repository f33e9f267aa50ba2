// raft.c -- birth and death of a server, its lock, and its front door.
#include "server.h"

#include <assert.h>
#include <stdlib.h>

#include "../trace/die.h"

// Defaults in the spirit of §5.6: a message takes much less than a heartbeat,
// and a few lost heartbeats in a row do not depose a leader.
enum {
    HEARTBEAT_MS = 100,
    ELECTION_MIN_MS = 300,
    ELECTION_MAX_MS = 600,
    MAX_ENTRIES = 128,
    SNAPSHOT_CHUNK = 32 * 1024,
};

// What must hold whenever nobody holds the lock, and what may never go back.
static void check_invariants(struct raft *rf) LOCKED
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

bool still(const struct raft *rf, enum trace_role role, raft_term term)
{
    return !rf->killed && rf->role == role && rf->current_term == term;
}

bool majority(const struct raft *rf, int n)
{
    return n > rf->config.n_peers / 2;
}

struct request encode(enum rpc rpc, const void *args)
{
    struct request request = {.rpc = rpc};
    request.bytes = message_encode(raft_rpcs[rpc].args, args, &request.n);
    return request;
}

bool call(struct raft *rf, int peer, struct request request, void *reply)
{
    const struct message_rpc *rpc = &raft_rpcs[request.rpc];
    size_t n;
    uint8_t *bytes;
    bool answered = rf->config.call(rf->config.context, peer, rpc->method,
                                    request.bytes, request.n, &bytes, &n);
    free(request.bytes);
    if (!answered)
        return false;
    answered = message_decode(rpc->reply, bytes, n, reply);
    free(bytes);
    return answered;
}

uint64_t emit(struct raft *rf, struct trace_event event)
{
    event.node = rf->config.me;
    event.inc = rf->config.inc;
    return trace_emit(rf->config.trace, &event);
}

void refuse(struct raft *rf, const char *rule, const char *why)
{
    EMIT(rf, TRACE_REFUSE, .rule = rule, .why = why);
}

void because(struct raft *rf, uint64_t event)
{
    trace_set_cause(rf->config.trace, event);
}

uint64_t emit_entries(struct raft *rf, struct trace_event event,
                      struct message_entries entries)
{
    struct trace_entry *shown = must_calloc(entries.n, sizeof *shown);
    for (size_t i = 0; i < entries.n; i++) {
        struct message_bytes command = entries.entry[i].command;
        shown[i].term = entries.entry[i].term;
        shown[i].bytes = command.n;
        message_digest(command.at, command.n, shown[i].command);
    }
    event.entries = shown;
    event.n_entries = entries.n;
    uint64_t number = emit(rf, event);
    free(shown);
    return number;
}

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

struct raft *server_new(const struct raft_config *config) UNCHECKED_LOCKING
{
    struct raft *rf = must_calloc(1, sizeof *rf);
    struct raft_config *own = &rf->config;
    *own = *config;
    own->heartbeat_ms = or_default(own->heartbeat_ms, HEARTBEAT_MS);
    own->election_min_ms = or_default(own->election_min_ms, ELECTION_MIN_MS);
    own->election_max_ms = or_default(own->election_max_ms, ELECTION_MAX_MS);
    own->max_entries = or_default(own->max_entries, MAX_ENTRIES);
    own->snapshot_chunk = or_default(own->snapshot_chunk, SNAPSHOT_CHUNK);
    rf->peers = must_calloc((size_t)config->n_peers, sizeof rf->peers[0]);
    rf->random = config->seed;
    rf->voted_for = rf->seen_voted_for = NOBODY;
    crew_init(&rf->crew, config->trace);
    must(pthread_mutex_init(&rf->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&rf->apply_wakes, NULL), "pthread_cond_init");
    must(pthread_cond_init(&rf->save_done, NULL), "pthread_cond_init");
    lock(rf);
    restore(rf);
    reset_timer(rf);
    unlock(rf);
    return rf;
}

struct raft *raft_make(const struct raft_config *config)
{
    struct raft *rf = server_new(config);
    struct errand none = {0};
    crew_send(&rf->crew, "election", election_thread, rf, none);
    crew_send(&rf->crew, "heartbeat", heartbeat_thread, rf, none);
    crew_send(&rf->crew, "apply", apply_thread, rf, none);
    return rf;
}

void raft_kill(struct raft *rf)
{
    lock(rf);
    if (!rf->killed)
        EMIT(rf, TRACE_KILL);
    rf->killed = true;
    pthread_cond_broadcast(&rf->apply_wakes);
    pthread_cond_broadcast(&rf->save_done);
    unlock(rf);
}

void raft_free(struct raft *rf) UNCHECKED_LOCKING
{
    raft_kill(rf);
    crew_end(&rf->crew);
    log_free(&rf->log);
    blob_drop(rf->snapshot);
    blob_drop(rf->incoming_data);
    pthread_cond_destroy(&rf->apply_wakes);
    pthread_cond_destroy(&rf->save_done);
    pthread_mutex_destroy(&rf->mutex);
    free(rf->peers);
    free(rf);
}

void raft_get_state(struct raft *rf, raft_term *term, bool *is_leader)
{
    lock(rf);
    *term = rf->current_term;
    *is_leader = !rf->killed && rf->role == TRACE_LEADER;
    unlock(rf);
}

// [L.2] Asks for the role and appends in one critical section.
static bool take_command(struct raft *rf, struct message_entry *entry,
                         raft_index *index) LOCKED
{
    bool leads = !rf->killed && rf->role == TRACE_LEADER;
    char text[MESSAGE_DIGEST];
    message_digest(entry->command.at, entry->command.n, text);
    *index = leads ? log_last_index(&rf->log) + 1 : 0;
    entry->term = rf->current_term;
    because(rf, EMIT(rf, TRACE_START, .index = *index, .term = entry->term,
                     .ok = leads, .command = text));
    if (leads)
        append(rf, (struct message_entries){entry, 1}, "L.2");
    return leads;
}

bool raft_start(struct raft *rf, const void *command, size_t n_bytes,
                raft_index *index, raft_term *term)
{
    struct message_entry entry = {.command = {command, n_bytes}};
    uint64_t cause = trace_cause(rf->config.trace);
    lock(rf);
    bool taken = take_command(rf, &entry, index);
    *term = entry.term;
    unlock(rf);
    // The leader counts itself only for what its own disk holds.
    bool durable = taken && persist(rf);
    lock(rf);
    if (durable && still(rf, TRACE_LEADER, entry.term)) {
        match_advance(rf, rf->config.me, *index);
        replicate(rf, false);
    }
    unlock(rf);
    because(rf, cause); // the thread is the caller's
    return durable;
}

// [F.1] Answers what candidates and leaders ask: decodes, handles under the
// lock, encodes, and lets no promise leave before it is durable.
bool raft_handle(struct raft *rf, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    union {
        struct request_vote_args vote;
        struct append_entries_args append;
        struct install_snapshot_args install;
    } request;
    union {
        struct request_vote_reply vote;
        struct append_entries_reply append;
        struct install_snapshot_reply install;
    } answer;
    const struct message_rpc *rpc = message_find(raft_rpcs, method);
    if (rpc == NULL || !message_decode(rpc->args, args, n_args, &request))
        return false;
    lock(rf);
    bool alive = !rf->killed;
    if (alive && rpc == &raft_rpcs[RPC_REQUEST_VOTE])
        answer.vote = handle_request_vote(rf, &request.vote);
    else if (alive && rpc == &raft_rpcs[RPC_APPEND_ENTRIES])
        answer.append = handle_append_entries(rf, &request.append);
    else if (alive)
        answer.install = handle_install_snapshot(rf, &request.install);
    unlock(rf);
    message_clear(rpc->args, &request);
    if (!alive || !persist(rf))
        return false;
    *reply = message_encode(rpc->reply, &answer, n_reply);
    return true;
}
