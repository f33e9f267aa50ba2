// log.h -- the replicated log: entries behind a snapshot boundary.
//
// Indexes are Raft's: the first entry ever is 1. Entries up to and including
// last_included_index were compacted away (§7); of them only the last one's
// term is still known. The log owns its commands; nothing here locks.
#ifndef GLASSRAFT_LOG_H
#define GLASSRAFT_LOG_H

#include "raft.h"

struct log {
    raft_index last_included_index; // 0 before the first snapshot
    raft_term last_included_term;
    struct message_entry *entry; // entry[0] has last_included_index + 1
    size_t n_entries, room;
};

void log_free(struct log *log);
raft_index log_last_index(const struct log *log);
raft_term log_last_term(const struct log *log);
// Term at an index from the boundary on.
raft_term log_term_at(const struct log *log, raft_index index);
// Is there an entry of this index and term? What lies before the boundary is
// committed, and so the same everywhere.
bool log_matches(const struct log *log, raft_index index, raft_term term);
// First index of the run of entries of one term that index belongs to.
raft_index log_start_of_run(const struct log *log, raft_index index);
// Last index of a term's entries; 0 when the log knows none of it.
raft_index log_last_of_term(const struct log *log, raft_term term);
// Appends a copy of the entry.
void log_append(struct log *log, struct message_entry entry);
// Drops the entry at this index and all that follow it.
void log_truncate(struct log *log, raft_index index);
// Moves the boundary to index. What follows stays if the log has an entry of
// this index and term [IS.6]; otherwise the whole log goes [IS.7].
void log_compact(struct log *log, raft_index index, raft_term term);
// The entries first .. last for a message, borrowed until the log changes.
struct message_entries log_slice(const struct log *log, raft_index first,
                                 raft_index last);

#endif
