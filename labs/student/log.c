// log.c -- the replicated log: entries behind a snapshot boundary.
#include "server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Position of an index in entry[].
static size_t slot(const struct log *log, raft_index index)
{
    assert(index > log->last_included_index);
    assert(index <= log_last_index(log));
    return (size_t)(index - log->last_included_index - 1);
}

static void drop(struct log *log, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        free((void *)log->entry[i].command.at);
}

void log_free(struct log *log)
{
    drop(log, 0, log->n_entries);
    free(log->entry);
}

raft_index log_last_index(const struct log *log)
{
    return log->last_included_index + log->n_entries;
}

raft_term log_last_term(const struct log *log)
{
    return log_term_at(log, log_last_index(log));
}

raft_term log_term_at(const struct log *log, raft_index index)
{
    if (index == log->last_included_index)
        return log->last_included_term;
    return log->entry[slot(log, index)].term;
}

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

void log_append(struct log *log, struct message_entry entry)
{
    log->entry =
        must_grow(log->entry, log->n_entries, &log->room, sizeof log->entry[0]);
    entry.command.at = must_copy(entry.command.at, entry.command.n);
    log->entry[log->n_entries++] = entry;
}

void log_truncate(struct log *log, raft_index index)
{
    size_t keep = slot(log, index);
    drop(log, keep, log->n_entries);
    log->n_entries = keep;
    log->n_cuts++;
}

void log_compact(struct log *log, raft_index index, raft_term term)
{
    // Your code here (lab 4): [IS.6] [IS.7], §7. The commands that go are the
    // log's to free.
    (void)log, (void)index, (void)term;
}

struct message_entries log_slice(const struct log *log, raft_index first,
                                 raft_index last)
{
    if (last < first)
        return (struct message_entries){NULL, 0};
    return (struct message_entries){&log->entry[slot(log, first)],
                                    (size_t)(last - first + 1)};
}
