// rules.c -- Figure 2 as one thread sees it: what comes in, what changes.
#include "server.h"

#include <stdlib.h>

enum { HEARTBEAT_MS = 100, ELECTION_MS = 300 };

void reset_deadline(struct raft *rf)
{
    rf->random = rf->random * 6364136223846793005u + 1442695040888963407u;
    rf->deadline_ms = now_ms() + ELECTION_MS + (rf->random >> 33) % ELECTION_MS;
}

void add_entry(struct raft *rf, struct message_entry entry)
{
    if (rf->last + 1 >= rf->room) {
        rf->room = 2 * rf->room + 16;
        rf->log = must_realloc(rf->log, rf->room * sizeof rf->log[0]);
    }
    entry.command.at = must_copy(entry.command.at, entry.command.n);
    rf->log[++rf->last] = entry;
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
        give_to_service(rf, ++rf->commit_index);
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
            rf->log[index].term == rf->current_term) {
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

static void vote(struct raft *rf, const struct request_vote_args *args,
                 struct request_vote_reply *reply)
{
    raft_term last_term = rf->log[rf->last].term;
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
    reply->conflict_term = rf->log[index].term;
    while (index > 1 && rf->log[index - 1].term == reply->conflict_term)
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
    if (index > rf->last || rf->log[index].term != args->prev_log_term) {
        refuse(rf, index, reply);
        return;
    }
    for (size_t i = 0; i < args->entries.n; i++) {
        index++;
        if (index <= rf->last &&
            rf->log[index].term != args->entries.entry[i].term)
            for (; rf->last >= index; rf->last--)
                free((void *)rf->log[rf->last].command.at);
        if (index > rf->last)
            add_entry(rf, args->entries.entry[i]);
    }
    commit(rf, args->leader_commit < index ? args->leader_commit : index);
    reply->success = true;
}

bool take_call(struct raft *rf, const struct message_rpc *rpc, const void *args,
               void *reply)
{
    if (rpc == &raft_rpcs[RPC_REQUEST_VOTE])
        vote(rf, args, reply);
    else if (rpc == &raft_rpcs[RPC_APPEND_ENTRIES])
        append(rf, args, reply);
    else
        return false;
    return true;
}

static void take_append_reply(struct raft *rf, const struct parcel *parcel)
{
    const struct append_entries_reply *reply = &parcel->reply.append;
    raft_index *next = &rf->next_index[parcel->peer];
    raft_index *match = &rf->match_index[parcel->peer];
    raft_index held = parcel->prev_log_index + parcel->n_entries;
    rf->busy[parcel->peer] = false;
    if (reply->success) {
        *match = held > *match ? held : *match;
        *next = *next > *match ? *next : *match + 1;
        commit_what_a_majority_holds(rf);
    } else if (parcel->prev_log_index + 1 == *next) {
        // Behind our last entry of the term that the peer has there, if any.
        raft_index index = *next - 1;
        while (index > 0 && rf->log[index].term > reply->conflict_term)
            index--;
        bool has = index > 0 && rf->log[index].term == reply->conflict_term;
        *next = has ? index + 1 : reply->conflict_index;
        *next = *next > *match ? *next : *match + 1;
    }
    rf->send[parcel->peer] |= *next <= rf->last;
}

void take_answer(struct raft *rf, const struct parcel *parcel)
{
    bool votes = parcel->request.rpc == &raft_rpcs[RPC_REQUEST_VOTE];
    follow(rf, votes ? parcel->reply.vote.term : parcel->reply.append.term);
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
                                     .last_log_term = rf->log[rf->last].term};
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
        .prev_log_term = rf->log[parcel->prev_log_index].term,
        .entries = {rf->log + next, parcel->n_entries},
        .leader_commit = rf->commit_index};
    return stub_request(&raft_rpcs[RPC_APPEND_ENTRIES], &args);
}
