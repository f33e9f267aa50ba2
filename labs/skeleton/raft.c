// raft.c of the student. Format: labs/make-skeleton.
// stays: lock unlock await still majority server_new raft_make
// stays: raft_kill raft_free raft_get_state raft_leader answer raft_handle

// Runs whenever the lock is taken, let go or waited with. rf->seen is room for
// what you saw last.
static void check_invariants(struct raft *rf) LOCKED
{
    // Your code here (lab 1): what must always hold, by assert(), and what may
    // never go back. Not asked for, and the best friend of your nights.
    (void)rf;
}

// [L.2] The service asks for agreement.
bool raft_start(struct raft *rf, const void *command, size_t n_bytes,
                raft_index *index, raft_term *term)
{
    // Your code here (lab 2): [L.2], §5.3. A leader appends and returns true
    // with the entry's index and term, at once; replicate() sends it.
    //     struct message_entry entry = {rf->current_term,
    //                                   {command, n_bytes}};
    //     append(rf, (struct message_entries){&entry, 1}, "L.2");
    // Lab 3: the leader counts itself only for what its own disk holds.
    // To trace the question, under the lock (entry: as above):
    //     EMIT_COMMAND(rf, &entry.command, TRACE_START, .index = *index,
    //                  .term = *term, .ok = leads);
    (void)rf, (void)command, (void)n_bytes;
    *index = 0;
    *term = 0;
    return false;
}
