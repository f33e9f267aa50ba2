// rules.c -- Figure 2 as one thread sees it: what comes in, what changes.
#include "server.h"

#include <stdlib.h>
#include <string.h>

enum { HEARTBEAT_MS = 100, ELECTION_MS = 300 };

struct message_entry *at(const struct raft *rf, raft_index index)
{
    return &rf->log[index - rf->base];
}

void reset_deadline(struct raft *rf)
{
    rf->random = rf->random * 6364136223846793005u + 1442695040888963407u;
    rf->deadline_ms = now_ms() + ELECTION_MS + (rf->random >> 33) % ELECTION_MS;
}

void add_entry(struct raft *rf, struct message_entry entry)
{
    if (rf->last + 1 - rf->base >= rf->room) {
        rf->room = 2 * rf->room + 16;
        rf->log = must_realloc(rf->log, rf->room * sizeof rf->log[0]);
    }
    entry.command.at = must_copy(entry.command.at, entry.command.n);
    *at(rf, ++rf->last) = entry;
    rf->dirty = true;
}

// Everything up to index is in the snapshot now (copied). Behind it the log
// stays, if it has that entry; else nothing of it is worth keeping.
static void compact(struct raft *rf, raft_index index, raft_term term,
                    struct message_bytes snapshot)
{
    bool holds = index <= rf->last && at(rf, index)->term == term;
    raft_index end = holds ? index : rf->last;
    for (raft_index gone = rf->base + 1; gone <= end; gone++)
        free((void *)at(rf, gone)->command.at);
    if (holds)
        memmove(rf->log + 1, at(rf, index) + 1,
                (rf->last - index) * sizeof rf->log[0]);
    else
        rf->last = index;
    rf->log[0] = (struct message_entry){.term = term};
    rf->base = index;
    free((void *)rf->snapshot.at);
    rf->snapshot.at = must_copy(snapshot.at, snapshot.n);
    rf->snapshot.n = snapshot.n;
    rf->dirty = true;
}

static void follow(struct raft *rf, raft_term term)
{
    if (term > rf->current_term) {
        rf->current_term = term;
        rf->voted_for = -1;
        rf->dirty = true;
        if (rf->role == LEADER)
            reset_deadline(rf);
        rf->role = FOLLOWER;
    }
}

static void send_to_all(struct raft *rf)
{
    for (int peer = 0; peer < rf->config.n_peers; peer++)
        rf->send[peer] = true;
    rf->deadline_ms = now_ms() + HEARTBEAT_MS;
}

static void commit(struct raft *rf, raft_index index)
{
    while (rf->commit_index < index)
        give_command(rf, ++rf->commit_index);
}

// [L.4]
static void commit_what_a_majority_holds(struct raft *rf)
{
    for (raft_index index = rf->last; index > rf->commit_index; index--) {
        int n_holders = 1;
        for (int peer = 0; peer < rf->config.n_peers; peer++)
            n_holders +=
                peer != rf->config.me && rf->match_index[peer] >= index;
        if (majority(rf, n_holders) &&
            at(rf, index)->term == rf->current_term) {
            commit(rf, index);
            return;
        }
    }
}

static void lead(struct raft *rf)
{
    rf->role = LEADER;
    for (int peer = 0; peer < rf->config.n_peers; peer++) {
        rf->next_index[peer] = rf->last + 1;
        rf->match_index[peer] = 0;
        rf->busy[peer] = false;
    }
    send_to_all(rf);
}

void take_deadline(struct raft *rf)
{
    if (rf->role == LEADER) {
        send_to_all(rf);
        return;
    }
    rf->role = CANDIDATE;
    rf->current_term++;
    rf->voted_for = rf->config.me;
    rf->n_votes = 1;
    rf->dirty = rf->ask_for_votes = true;
    reset_deadline(rf);
    if (majority(rf, rf->n_votes))
        lead(rf);
}

bool take_command(struct raft *rf, struct task *task)
{
    if (rf->role != LEADER)
        return false;
    task->command->term = rf->current_term;
    add_entry(rf, *task->command);
    task->index = rf->last;
    task->term = rf->current_term;
    for (int peer = 0; peer < rf->config.n_peers; peer++)
        rf->send[peer] |= !rf->busy[peer];
    commit_what_a_majority_holds(rf); // a cluster of one
    return true;
}

bool take_snapshot(struct raft *rf, const struct task *task)
{
    if (task->index > rf->commit_index)
        die("raft_snapshot: index %llu is not applied yet",
            (unsigned long long)task->index);
    if (task->index > rf->base)
        compact(rf, task->index, at(rf, task->index)->term, task->snapshot);
    return true;
}

static void vote(struct raft *rf, const struct request_vote_args *args,
                 struct request_vote_reply *reply)
{
    raft_term last_term = at(rf, rf->last)->term;
    bool up_to_date =
        args->last_log_term > last_term ||
        (args->last_log_term == last_term && args->last_log_index >= rf->last);
    int candidate = (int)args->candidate_id;
    follow(rf, args->term);
    reply->term = rf->current_term;
    if (args->term < rf->current_term || !up_to_date ||
        (rf->voted_for >= 0 && rf->voted_for != candidate))
        return;
    rf->dirty |= rf->voted_for != candidate;
    rf->voted_for = candidate;
    reset_deadline(rf);
    reply->vote_granted = true;
}

// [AE.2] Where the leader goes on looking.
static void refuse(const struct raft *rf, raft_index index,
                   struct append_entries_reply *reply)
{
    reply->conflict_index = rf->last + 1;
    if (index > rf->last)
        return;
    reply->conflict_term = at(rf, index)->term;
    while (index > rf->base + 1 &&
           at(rf, index - 1)->term == reply->conflict_term)
        index--;
    reply->conflict_index = index;
}

static void append(struct raft *rf, const struct append_entries_args *args,
                   struct append_entries_reply *reply)
{
    follow(rf, args->term);
    reply->term = rf->current_term;
    if (args->term < rf->current_term)
        return;
    rf->role = FOLLOWER;
    reset_deadline(rf);
    raft_index index = args->prev_log_index;
    if (index > rf->last ||
        (index > rf->base && at(rf, index)->term != args->prev_log_term)) {
        refuse(rf, index, reply);
        return;
    }
    for (size_t i = 0; i < args->entries.n; i++) {
        if (++index <= rf->base)
            continue; // as committed as all that is in the snapshot
        if (index <= rf->last &&
            at(rf, index)->term != args->entries.entry[i].term)
            for (; rf->last >= index; rf->last--)
                free((void *)at(rf, rf->last)->command.at);
        if (index > rf->last)
            add_entry(rf, args->entries.entry[i]);
    }
    commit(rf, args->leader_commit < index ? args->leader_commit : index);
    reply->success = true;
}

// A snapshot travels in one piece.
static void install(struct raft *rf, const struct install_snapshot_args *args,
                    struct install_snapshot_reply *reply)
{
    follow(rf, args->term);
    reply->term = rf->current_term;
    if (args->term < rf->current_term || args->offset != 0 || !args->done)
        return;
    rf->role = FOLLOWER;
    reset_deadline(rf);
    reply->bytes_stored = args->data.n;
    if (args->last_included_index <= rf->commit_index)
        return;
    compact(rf, args->last_included_index, args->last_included_term,
            args->data);
    rf->commit_index = rf->base;
    give_snapshot(rf);
}

bool take_call(struct raft *rf, const struct message_rpc *rpc, const void *args,
               void *reply)
{
    if (rpc == &raft_rpcs[RPC_REQUEST_VOTE])
        vote(rf, args, reply);
    else if (rpc == &raft_rpcs[RPC_APPEND_ENTRIES])
        append(rf, args, reply);
    else if (rpc == &raft_rpcs[RPC_INSTALL_SNAPSHOT])
        install(rf, args, reply);
    else
        return false;
    return true;
}

// The peer's log is ours up to the index held.
static void match(struct raft *rf, int peer, raft_index held)
{
    raft_index *next = &rf->next_index[peer], *match = &rf->match_index[peer];
    *match = held > *match ? held : *match;
    *next = *next > *match ? *next : *match + 1;
    commit_what_a_majority_holds(rf);
}

// Behind our last entry of the term that the peer has there, if any.
static void step_back(struct raft *rf, int peer,
                      const struct append_entries_reply *reply)
{
    raft_index *next = &rf->next_index[peer];
    raft_index index = *next - 1;
    while (index > rf->base && at(rf, index)->term > reply->conflict_term)
        index--;
    bool has = index > 0 && at(rf, index)->term == reply->conflict_term;
    *next = has ? index + 1 : reply->conflict_index;
    if (*next <= rf->match_index[peer])
        *next = rf->match_index[peer] + 1;
}

static void take_append_reply(struct raft *rf, const struct parcel *parcel)
{
    int peer = parcel->peer;
    bool installs = parcel->request.rpc == &raft_rpcs[RPC_INSTALL_SNAPSHOT];
    rf->busy[peer] = false;
    if (installs || parcel->reply.append.success)
        match(rf, peer, parcel->prev_log_index + parcel->n_entries);
    else if (parcel->prev_log_index + 1 == rf->next_index[peer] &&
             parcel->prev_log_index >= rf->base)
        step_back(rf, peer, &parcel->reply.append);
    rf->send[peer] |= rf->next_index[peer] <= rf->last;
}

static raft_term term_in(const struct parcel *parcel)
{
    switch (parcel->request.rpc - raft_rpcs) {
    case RPC_REQUEST_VOTE:
        return parcel->reply.vote.term;
    case RPC_APPEND_ENTRIES:
        return parcel->reply.append.term;
    default:
        return parcel->reply.install.term;
    }
}

void take_answer(struct raft *rf, const struct parcel *parcel)
{
    bool votes = parcel->request.rpc == &raft_rpcs[RPC_REQUEST_VOTE];
    follow(rf, term_in(parcel));
    if (parcel->term != rf->current_term)
        return;
    if (!votes && rf->role == LEADER)
        take_append_reply(rf, parcel);
    if (!votes || rf->role != CANDIDATE || !parcel->reply.vote.vote_granted)
        return;
    if (majority(rf, ++rf->n_votes))
        lead(rf);
}

struct stub_request make_vote_request(const struct raft *rf)
{
    struct request_vote_args args = {.term = rf->current_term,
                                     .candidate_id = (uint64_t)rf->config.me,
                                     .last_log_index = rf->last,
                                     .last_log_term = at(rf, rf->last)->term};
    return stub_request(&raft_rpcs[RPC_REQUEST_VOTE], &args);
}

struct stub_request make_append(const struct raft *rf, struct parcel *parcel)
{
    raft_index next = rf->next_index[parcel->peer];
    parcel->prev_log_index = next - 1;
    parcel->n_entries = rf->last - parcel->prev_log_index;
    if (parcel->n_entries > rf->config.max_entries)
        parcel->n_entries = rf->config.max_entries;
    struct append_entries_args args = {
        .term = rf->current_term,
        .leader_id = (uint64_t)rf->config.me,
        .prev_log_index = parcel->prev_log_index,
        .prev_log_term = at(rf, parcel->prev_log_index)->term,
        .entries = {at(rf, next), parcel->n_entries},
        .leader_commit = rf->commit_index};
    return stub_request(&raft_rpcs[RPC_APPEND_ENTRIES], &args);
}

struct stub_request make_install(const struct raft *rf, struct parcel *parcel)
{
    parcel->prev_log_index = rf->base;
    struct install_snapshot_args args = {.term = rf->current_term,
                                         .leader_id = (uint64_t)rf->config.me,
                                         .last_included_index = rf->base,
                                         .last_included_term = rf->log[0].term,
                                         .data = rf->snapshot,
                                         .done = true};
    return stub_request(&raft_rpcs[RPC_INSTALL_SNAPSHOT], &args);
}
