// log.c of the student. Format: labs/make-skeleton.
// stays: slot drop log_free log_last_index log_last_term log_term_at
// stays: log_append log_truncate log_slice

bool log_matches(const struct log *log, raft_index index, raft_term term)
{
    // Your code here (lab 2): [AE.2] [AE.3], §5.3. Before the first entry all
    // logs agree. Ask log_term_at() for indexes that the log has, only.
    // Lab 4: before the boundary, they agree as well (§7).
    (void)log, (void)term;
    return index == 0;
}

raft_index log_start_of_run(const struct log *log, raft_index index)
{
    // Your code here (lab 2): end of §5.3, for a follower that refuses. As it
    // is, the leader goes back by one entry a message: right, and too slow.
    (void)log;
    return index;
}

raft_index log_last_of_term(const struct log *log, raft_term term)
{
    // Your code here (lab 2): end of §5.3, for a leader that was refused.
    (void)log, (void)term;
    return 0;
}

void log_compact(struct log *log, raft_index index, raft_term term)
{
    // Your code here (lab 4): [IS.6] [IS.7], §7. The commands that go are the
    // log's to free.
    (void)log, (void)index, (void)term;
}
