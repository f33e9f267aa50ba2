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
    if (index < log->last_included_index)
        return true;
    return index <= log_last_index(log) && log_term_at(log, index) == term;
}

raft_index log_start_of_run(const struct log *log, raft_index index)
{
    raft_term term = log_term_at(log, index);
    while (index > log->last_included_index + 1 &&
           log_term_at(log, index - 1) == term)
        index--;
    return index;
}

raft_index log_last_of_term(const struct log *log, raft_term term)
{
    raft_index index = log_last_index(log);
    while (index > log->last_included_index && log_term_at(log, index) > term)
        index--;
    return log_term_at(log, index) == term ? index : 0;
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
    assert(index > log->last_included_index);
    size_t gone =
        log_matches(log, index, term) ? slot(log, index) + 1 : log->n_entries;
    drop(log, 0, gone);
    log->n_entries -= gone;
    log->n_cuts++;
    if (log->n_entries > 0)
        memmove(log->entry, log->entry + gone,
                log->n_entries * sizeof log->entry[0]);
    log->last_included_index = index;
    log->last_included_term = term;
}

struct message_entries log_slice(const struct log *log, raft_index first,
                                 raft_index last)
{
    if (last < first)
        return (struct message_entries){NULL, 0};
    return (struct message_entries){&log->entry[slot(log, first)],
                                    (size_t)(last - first + 1)};
}
