// log.c -- see log.h.
#include "log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../trace/die.h"

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
    *log = (struct log){0};
}

raft_index log_last_index(const struct log *log)
{
    return log->last_included_index + log->n_entries;
}

raft_term log_last_term(const struct log *log)
{
    return log_term_at(log, log_last_index(log));
}

bool log_has(const struct log *log, raft_index index)
{
    return index >= log->last_included_index && index <= log_last_index(log);
}

raft_term log_term_at(const struct log *log, raft_index index)
{
    if (index == log->last_included_index)
        return log->last_included_term;
    return log->entry[slot(log, index)].term;
}

const struct message_entry *log_at(const struct log *log, raft_index index)
{
    return &log->entry[slot(log, index)];
}

// Terms never decrease along a log, so both searches may stop early.
raft_index log_first_of_term(const struct log *log, raft_term term)
{
    raft_index first = 0;
    for (size_t i = log->n_entries; i > 0; i--) {
        if (log->entry[i - 1].term < term)
            break;
        if (log->entry[i - 1].term == term)
            first = log->last_included_index + i;
    }
    return first;
}

raft_index log_last_of_term(const struct log *log, raft_term term)
{
    for (size_t i = log->n_entries; i > 0; i--) {
        if (log->entry[i - 1].term == term)
            return log->last_included_index + i;
        if (log->entry[i - 1].term < term)
            return 0;
    }
    return log->last_included_term == term ? log->last_included_index : 0;
}

raft_index log_append(struct log *log, struct message_entry entry)
{
    if (log->n_entries == log->room) {
        log->room = log->room > 0 ? 2 * log->room : 16;
        log->entry = must_realloc(log->entry, log->room * sizeof log->entry[0]);
    }
    entry.command.at = must_copy(entry.command.at, entry.command.n);
    log->entry[log->n_entries++] = entry;
    return log_last_index(log);
}

void log_truncate(struct log *log, raft_index index)
{
    size_t keep = slot(log, index);
    drop(log, keep, log->n_entries);
    log->n_entries = keep;
}

void log_compact(struct log *log, raft_index index, raft_term term)
{
    assert(index > log->last_included_index);
    bool matches = log_has(log, index) && log_term_at(log, index) == term;
    size_t gone = matches ? slot(log, index) + 1 : log->n_entries;
    drop(log, 0, gone);
    log->n_entries -= gone;
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
