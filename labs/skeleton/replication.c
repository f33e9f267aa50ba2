// replication.c of the student. Format: labs/make-skeleton.
// stays: commit_advance append
// open: set_next

// [L.4] Which entries are committed now?
void commit_by_majority(struct raft *rf) LOCKED
{
    // Your code here (lab 2): [L.4], §5.3, §5.4.2 and Figure 8.
    // commit_advance() is ready below.
    (void)rf;
}

// [L.3] The peer (this server, too) holds our entries up to index.
void match_advance(struct raft *rf, int peer, raft_index index)
{
    // Your code here (lab 2): [L.3], §5.3. Replies may be late and out of
    // order: does match_index ever go back? To trace it:
    //     EMIT(rf, TRACE_MATCH, .peer = peer, .from = from, .to = index,
    //          .rule = "L.3");
    (void)rf, (void)peer, (void)index;
}

// What an AppendEntries to this peer says. Borrows from the log.
struct append_entries_args append_args(const struct raft *rf, int peer) LOCKED
{
    // Your code here (lab 1): §5.2, a heartbeat has no entries.
    // Lab 2: [L.3], §5.3, the entries from next_index on, at most
    // rf->config.max_entries of them; see log_slice().
    (void)rf, (void)peer;
    return (struct append_entries_args){0};
}

// One AppendEntries to one peer, errand.peer, as leader of errand.term, in a
// thread of its own, since the call blocks until the outcome.
void append_entries_thread(void *self, struct errand errand)
{
    // Your code here (lab 1): [L.1], §5.2, as request_vote_thread() does it.
    // Lab 2: [L.3], §5.3, more to send at once when the reply says so.
    (void)self, (void)errand;
}

// Sends: a heartbeat to every peer, or else entries to those that lack some.
void replicate(struct raft *rf, bool heartbeat)
{
    // Your code here (lab 1): [L.1], §5.2. A thread for each peer:
    //     struct errand errand = {.peer = peer, .term = rf->current_term};
    //     crew_send(&rf->crew, "append entries", append_entries_thread, rf,
    //               errand);
    // Lab 2: [L.3], §5.3. Not one thread for each of a hundred commands.
    // Lab 4: a peer that lacks what our log no longer has gets the snapshot,
    // by send_snapshot_thread(). What if one is on its way already?
    (void)rf, (void)heartbeat;
}

// For as long as the server lives.
void heartbeat_thread(void *self, struct errand unused)
{
    struct raft *rf = self;
    (void)unused;
    for (bool alive = true; alive;) {
        sleep_ms(HEARTBEAT_MS);
        because(rf, 0);
        lock(rf);
        // Your code here (lab 1): [L.1], §5.2. A leader sends heartbeats.
        alive = !rf->killed;
        unlock(rf);
    }
}

// Where the leader goes on looking after a refusal: the peer's next_index.
raft_index back_up(const struct raft *rf, int peer,
                   const struct append_entries_reply *reply) LOCKED
{
    // Your code here (lab 2): [L.3], end of §5.3. Back, but never to what the
    // peer is known to hold.
    (void)reply;
    return rf->peers[peer].next_index;
}

// A reply to that request. True when the peer is ready for more.
bool handle_append_reply(struct raft *rf, int peer,
                         const struct append_entries_args *args,
                         const struct append_entries_reply *reply)
{
    // Your code here (lab 1): [ALL.2], §5.1.
    // Lab 2: [L.3], §5.3: match_advance(), or back_up() and set_next(). Does
    // the reply count still, and which entries does it speak of?
    (void)rf, (void)peer, (void)args, (void)reply;
    return false;
}

// Takes over what is new in a message that fits.
void store(struct raft *rf, const struct append_entries_args *args) LOCKED
{
    // Your code here (lab 2): [AE.3] [AE.4], §5.3. The message may be an old
    // one: which entries go, and which must stay? log_truncate() and append()
    // are ready. To trace what goes:
    //     EMIT(rf, TRACE_TRUNCATE, .index = index, .rule = "AE.3");
    (void)rf, (void)args;
}

// A leader is there.
struct append_entries_reply
handle_append_entries(struct raft *rf, const struct append_entries_args *args)
{
    struct append_entries_reply reply = {0};
    // Your code here (lab 1): [ALL.2] [AE.1] [C.3] [F.2], §5.2: enough to hold
    // followers back. The reply as it is says no; it needs our term, and
    // reply.success = true for a yes.
    // To trace a no: refuse(rf, "AE.1", "old term"). For raft_leader(), which
    // no scenario asks: rf->leader = (int)args->leader_id.
    // Lab 2: [AE.2] with conflict_term and conflict_index (end of §5.3), then
    // store(), then [AE.5], with commit_advance().
    (void)rf, (void)args;
    return reply;
}
