// snapshot.c -- §7: compaction by the service, InstallSnapshot by the leader.
#include "server.h"

static void replace_snapshot(struct raft *rf, struct blob *blob,
                             raft_index index, raft_term term) LOCKED
{
    blob_drop(rf->snapshot);
    rf->snapshot = blob;
    log_compact(&rf->log, index, term);
    rf->changed++;
}

void raft_snapshot(struct raft *rf, raft_index index, const void *bytes,
                   size_t n_bytes)
{
    crew_enter(&rf->crew);
    lock(rf);
    if (index > rf->last_applied)
        die("raft_snapshot: index %llu is not applied yet",
            (unsigned long long)index);
    bool newer = !rf->killed && index > rf->log.last_included_index;
    if (newer) {
        raft_term term = log_term_at(&rf->log, index);
        EMIT(rf, TRACE_COMPACT, .index = index, .entry_term = term);
        replace_snapshot(rf, blob_new(bytes, n_bytes), index, term);
    }
    unlock(rf);
    if (newer)
        persist(rf);
    crew_leave(&rf->crew);
}

// One snapshot to one peer, chunk after chunk. A lost one ends the attempt; the
// next heartbeat begins another, behind what the peer has stored. The blob is
// held: whatever is compacted, its bytes stay those of index and term.
void send_snapshot_thread(void *self, struct errand errand)
{
    struct raft *rf = self;
    struct peer *peer = &rf->peers[errand.peer];
    struct install_snapshot_reply reply = {0};
    lock(rf);
    bool leads = still(rf, TRACE_LEADER, errand.term);
    struct blob *blob = blob_hold(rf->snapshot);
    struct install_snapshot_args args = {
        .term = rf->current_term,
        .leader_id = (uint64_t)rf->config.me,
        .last_included_index = rf->log.last_included_index,
        .last_included_term = rf->log.last_included_term};
    while (leads && !args.done) {
        size_t left = blob->n - args.offset;
        args.done = left <= rf->config.snapshot_chunk;
        args.data.n = args.done ? left : rf->config.snapshot_chunk;
        args.data.at = blob->bytes + args.offset;
        peer->chunk_ms = now_ms();
        unlock(rf);
        bool answered = stub_call(
            rf->config.call, rf->config.context, errand.peer,
            stub_request(&raft_rpcs[RPC_INSTALL_SNAPSHOT], &args), &reply);
        lock(rf);
        leads = answered && peer->transfer == errand.number &&
                handle_install_reply(rf, errand.peer, &args, &reply);
        args.offset =
            reply.bytes_stored < blob->n ? reply.bytes_stored : blob->n;
    }
    if (peer->transfer == errand.number)
        peer->transfer = 0;
    if (leads)
        replicate(rf, false);
    blob_drop(blob);
    unlock(rf);
}

// True while it makes sense to go on with this transfer.
bool handle_install_reply(struct raft *rf, int peer,
                          const struct install_snapshot_args *args,
                          const struct install_snapshot_reply *reply)
{
    uint64_t end = args->offset + args->data.n;
    follow_term(rf, reply->term);
    if (!still(rf, TRACE_LEADER, args->term) || reply->bytes_stored < end)
        return false;
    if (args->done)
        match_advance(rf, peer, args->last_included_index);
    return args->done ||
           rf->peers[peer].match_index < args->last_included_index;
}

// [IS.2] [IS.3] Writes a chunk at its offset. Chunks may come twice or late;
// one that would leave a hole is not stored. Returns how much is there.
static uint64_t store_chunk(struct raft *rf,
                            const struct install_snapshot_args *args) LOCKED
{
    bool same = rf->incoming.term == args->term &&
                rf->incoming.last_included_index == args->last_included_index;
    if (rf->incoming_data == NULL || !same) {
        blob_drop(rf->incoming_data);
        rf->incoming_data = blob_new(NULL, 0);
        rf->incoming = *args;
    }
    rf->incoming_data = blob_write(rf->incoming_data, args->offset,
                                   args->data.at, args->data.n);
    return rf->incoming_data->n;
}

// [IS.5] to [IS.8] The snapshot is whole: it replaces the log's beginning, or
// all of it, and the applier will reset the state machine with it.
static void install(struct raft *rf,
                    const struct install_snapshot_args *args) LOCKED
{
    bool holds = log_matches(&rf->log, args->last_included_index,
                             args->last_included_term);
    because(rf, EMIT(rf, TRACE_INSTALL, .index = args->last_included_index,
                     .entry_term = args->last_included_term,
                     .rule = holds ? "IS.6" : "IS.7"));
    replace_snapshot(rf, rf->incoming_data, args->last_included_index,
                     args->last_included_term);
    rf->incoming_data = NULL;
    commit_advance(rf, args->last_included_index, "IS.8");
}

struct install_snapshot_reply
handle_install_snapshot(struct raft *rf,
                        const struct install_snapshot_args *args)
{
    follow_term(rf, args->term);
    struct install_snapshot_reply reply = {.term = rf->current_term};
    // [IS.1] A leader of an old term gets our term, and nothing is stored.
    if (args->term < rf->current_term)
        return refuse(rf, "IS.1", "old term"), reply;
    rf->leader = (int)args->leader_id;
    become_follower(rf, args->term, "C.3", "leader of this term");
    reset_timer(rf);
    reply.bytes_stored = args->offset + args->data.n;
    // What we know to be committed up to there needs no snapshot; taking an
    // old one would throw the state machine back.
    if (args->last_included_index <= rf->commit_index)
        return reply;
    // [IS.5] A late chunk of an older snapshot of the same leader goes nowhere.
    if (rf->incoming_data != NULL && args->term == rf->incoming.term &&
        args->last_included_index < rf->incoming.last_included_index)
        return reply.bytes_stored = 0, reply;
    reply.bytes_stored = store_chunk(rf, args);
    // [IS.4] More chunks will come.
    if (args->done && reply.bytes_stored == args->offset + args->data.n)
        install(rf, args);
    return reply;
}
