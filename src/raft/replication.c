// replication.c -- §5.3: AppendEntries, both sides; §5.4: what is committed.
#include "server.h"

// A call to a peer that is not there may hang for seconds. Heartbeats go on
// beside it, but every other one only when MANY_CALLS hang.
enum { HEARTBEAT_MS = 100, MANY_CALLS = 8 };

void set_next(struct raft *rf, int peer, raft_index index)
{
    raft_index from = rf->peers[peer].next_index;
    if (index == from)
        return;
    rf->peers[peer].next_index = index;
    EMIT(rf, TRACE_NEXT, .peer = peer, .from = from, .to = index,
         .rule = "L.3");
}

// [L.4] Commits the highest index that a majority holds, if its entry is of
// the leader's own term: an older entry on a majority may still be
// overwritten (Figure 8), and commits only along with a newer one behind it.
static void commit_by_majority(struct raft *rf) LOCKED
{
    raft_index index = log_last_index(&rf->log);
    for (; index > rf->commit_index; index--) {
        if (log_term_at(&rf->log, index) != rf->current_term)
            return; // terms only fall from here on
        int n_holders = 0;
        for (int peer = 0; peer < rf->config.n_peers; peer++)
            n_holders += rf->peers[peer].match_index >= index;
        if (majority(rf, n_holders)) {
            commit_advance(rf, index, "L.4");
            return;
        }
    }
}

// Replies may be late and out of order; a match once known stays known.
void match_advance(struct raft *rf, int peer, raft_index index)
{
    raft_index from = rf->peers[peer].match_index;
    if (rf->peers[peer].next_index <= index)
        set_next(rf, peer, index + 1);
    if (index <= from)
        return;
    rf->peers[peer].match_index = index;
    EMIT(rf, TRACE_MATCH, .peer = peer, .from = from, .to = index,
         .rule = "L.3");
    commit_by_majority(rf);
}

void commit_advance(struct raft *rf, raft_index index, const char *rule)
{
    if (index <= rf->commit_index)
        return;
    rf->commit_event = EMIT(rf, TRACE_COMMIT, .from = rf->commit_index,
                            .to = index, .rule = rule);
    rf->commit_index = index;
    pthread_cond_signal(&rf->apply_wakes);
}

void append(struct raft *rf, struct message_entries entries, const char *rule)
{
    raft_index first = log_last_index(&rf->log) + 1;
    for (size_t i = 0; i < entries.n; i++)
        log_append(&rf->log, entries.entry[i]);
    rf->changed++;
    because(rf, EMIT_ENTRIES(rf, entries, TRACE_APPEND, .index = first,
                             .rule = rule));
}

// What the peer lacks from next_index on, at most max_entries of it, borrowed
// from the log; a heartbeat is the same with nothing lacking. Beside a snapshot
// it asks whether the peer has that by now.
static struct append_entries_args append_args(const struct raft *rf,
                                              int peer) LOCKED
{
    raft_index next = rf->peers[peer].next_index;
    raft_index last = log_last_index(&rf->log);
    if (next <= rf->log.last_included_index)
        last = rf->log.last_included_index, next = last + 1;
    if (last - next + 1 > rf->config.max_entries)
        last = next + rf->config.max_entries - 1;
    return (struct append_entries_args){
        .term = rf->current_term,
        .leader_id = (uint64_t)rf->config.me,
        .prev_log_index = next - 1,
        .prev_log_term = log_term_at(&rf->log, next - 1),
        .entries = log_slice(&rf->log, next, last),
        .leader_commit = rf->commit_index};
}

// [L.3] Sends what the peer lacks, handles the reply, and sends on if there is
// more. Role and term are asked again, since the thread may run late.
static void append_entries_thread(void *self, struct errand errand)
{
    struct raft *rf = self;
    struct peer *peer = &rf->peers[errand.peer];
    struct append_entries_args args;
    struct append_entries_reply reply;
    struct stub_request request;
    lock(rf);
    uint64_t sent_ms = now_ms();
    bool leads = still(rf, TRACE_LEADER, errand.term);
    if (leads) {
        args = append_args(rf, errand.peer);
        request = stub_request(&raft_rpcs[RPC_APPEND_ENTRIES], &args);
    }
    unlock(rf);
    bool answered = leads && stub_call(rf->config.call, rf->config.context,
                                       errand.peer, request, &reply);
    lock(rf);
    peer->n_calls--;
    bool progress =
        answered && handle_append_reply(rf, errand.peer, &args, &reply);
    if (still(rf, TRACE_LEADER, errand.term)) {
        if (peer->sending == errand.number)
            peer->sending = 0;
        // The peer answers this, but not a chunk of long before it: another
        // transfer may begin, which will be waited for longer.
        if (answered && peer->transfer != 0 &&
            sent_ms > peer->chunk_ms + peer->patience_ms) {
            peer->transfer = 0;
            peer->patience_ms *= 2;
        }
        if (progress)
            replicate(rf, false);
    }
    unlock(rf);
}

// To every peer, as a heartbeat; otherwise only to those that lack entries and
// to whom no errand is under way, so that a burst of commands travels together.
// Beside it, one snapshot at a time to who lacks what the log has no more.
void replicate(struct raft *rf, bool heartbeat)
{
    for (int i = 0; i < rf->config.n_peers; i++) {
        struct peer *peer = &rf->peers[i];
        struct errand errand = {.peer = i, .term = rf->current_term};
        bool behind = peer->next_index <= rf->log.last_included_index;
        bool due = peer->next_index <= log_last_index(&rf->log) && !behind &&
                   peer->sending == 0;
        if (heartbeat)
            due = peer->n_calls < MANY_CALLS || rf->n_heartbeats % 2 == 0;
        if (i != rf->config.me && due && peer->n_calls < MAX_CALLS) {
            peer->n_calls++;
            peer->sending = errand.number = ++rf->n_errands;
            crew_send(&rf->crew, "append entries", append_entries_thread, rf,
                      errand);
        }
        if (i != rf->config.me && behind && peer->transfer == 0) {
            peer->transfer = errand.number = ++rf->n_errands;
            crew_send(&rf->crew, "send snapshot", send_snapshot_thread, rf,
                      errand);
        }
    }
}

// [L.1] Heartbeats, so that nobody times out; they also carry again what a
// lost message did not bring.
void heartbeat_thread(void *self, struct errand unused)
{
    struct raft *rf = self;
    (void)unused;
    for (bool alive = true; alive;) {
        sleep_ms(rf->config.heartbeat_ms > 0 ? rf->config.heartbeat_ms
                                             : HEARTBEAT_MS);
        because(rf, 0);
        lock(rf);
        alive = !rf->killed;
        rf->n_heartbeats++;
        if (alive && rf->role == TRACE_LEADER)
            replicate(rf, true);
        unlock(rf);
    }
}

// The follower's log parts from ours at conflict_index or before: skip its
// whole term at once, to just behind our own last entry of that term, if we
// have one (end of §5.3). match_index is never undercut.
static raft_index back_up(const struct raft *rf, int peer,
                          const struct append_entries_reply *reply) LOCKED
{
    raft_index next = reply->conflict_index;
    raft_index ours = log_last_of_term(&rf->log, reply->conflict_term);
    if (ours > 0 && ours < rf->peers[peer].next_index)
        next = ours + 1;
    if (next >= rf->peers[peer].next_index)
        next = rf->peers[peer].next_index - 1;
    if (next <= rf->peers[peer].match_index)
        next = rf->peers[peer].match_index + 1;
    return next;
}

// A reply counts only in the term of its request, and speaks of the request's
// indexes, whatever has happened here since. True: the peer is ready for more.
bool handle_append_reply(struct raft *rf, int peer,
                         const struct append_entries_args *args,
                         const struct append_entries_reply *reply)
{
    follow_term(rf, reply->term);
    if (!still(rf, TRACE_LEADER, args->term))
        return false;
    raft_index next = rf->peers[peer].next_index;
    if (reply->success)
        match_advance(rf, peer, args->prev_log_index + args->entries.n);
    else if (args->prev_log_index + 1 == next) // not a late one
        set_next(rf, peer, back_up(rf, peer, reply));
    return reply->success || rf->peers[peer].next_index != next;
}

// [AE.3] [AE.4] Takes over what is new. Entries that we hold already stay, and
// so does what follows them: the message may be an old one, and cutting the
// log at its end would take back what we have acknowledged since.
static void store(struct raft *rf,
                  const struct append_entries_args *args) LOCKED
{
    raft_index index = args->prev_log_index + 1;
    const struct message_entries *entries = &args->entries;
    size_t i = 0;
    while (i < entries->n && index + i <= log_last_index(&rf->log) &&
           log_matches(&rf->log, index + i, entries->entry[i].term))
        i++;
    if (i == entries->n)
        return;
    if (index + i <= log_last_index(&rf->log)) {
        EMIT(rf, TRACE_TRUNCATE, .index = index + i, .rule = "AE.3");
        log_truncate(&rf->log, index + i);
    }
    struct message_entries news = {entries->entry + i, entries->n - i};
    append(rf, news, "AE.4");
}

struct append_entries_reply
handle_append_entries(struct raft *rf, const struct append_entries_args *args)
{
    follow_term(rf, args->term);
    struct append_entries_reply reply = {.term = rf->current_term};
    // [AE.1] A leader of an old term gets a no, and our term.
    if (args->term < rf->current_term)
        return refuse(rf, "AE.1", "old term"), reply;
    // [C.3] The election of this term is over: somebody leads.
    rf->leader = (int)args->leader_id;
    become_follower(rf, args->term, "C.3", "leader of this term");
    reset_timer(rf);
    // [AE.2] Without the entry before them, the new ones prove nothing.
    if (!log_matches(&rf->log, args->prev_log_index, args->prev_log_term)) {
        // Where the leader may go on looking: behind our log, or before all
        // of the term that we have there instead.
        reply.conflict_index = log_last_index(&rf->log) + 1;
        if (args->prev_log_index < reply.conflict_index) {
            reply.conflict_term = log_term_at(&rf->log, args->prev_log_index);
            reply.conflict_index =
                log_start_of_run(&rf->log, args->prev_log_index);
        }
        return refuse(rf, "AE.2", "no matching entry"), reply;
    }
    store(rf, args);
    // [AE.5] Only up to the last entry of this message is our log known to be
    // the leader's; what we hold behind it may be stale.
    raft_index last_new = args->prev_log_index + args->entries.n;
    if (last_new > args->leader_commit)
        last_new = args->leader_commit;
    commit_advance(rf, last_new, "AE.5");
    reply.success = true;
    return reply;
}
