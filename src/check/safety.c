// safety.c -- the five properties of Figure 3, event by event.
//
// Each is checked where it can break first: leaders when they are elected,
// logs when they grow, commits when an index becomes committed. Log Matching
// makes one comparison enough for a whole prefix.
#include <inttypes.h>
#include <string.h>

#include "../trace/die.h"
#include "internal.h"

// [P.4] The last entry that was committed in an earlier term stands in the new
// leader's log, and by [P.3] all before it.
static bool leader_is_complete(struct check *check,
                               const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    size_t index = check->n_committed;
    while (index > 0 && check->committed[index].in_term >= event->term)
        index--;
    const struct committed *last = &check->committed[index];
    if (index == 0 || last->term == 0 || server->snapshot_index >= index ||
        model_term_at(server, index) == last->term)
        return true;
    return check_broken(
        check, event, "Leader Completeness", "P.4", last->server, last->event,
        "S%d became leader of term %" PRIu64
        " at %.3f s without entry %zu (term %" PRIu64
        "), which S%d committed at %.3f s.",
        event->node + 1, event->term, check_seconds(event->us), index,
        last->term, last->server + 1, check_seconds(last->us));
}

// [P.1] and [P.4]
static bool leader(struct check *check, const struct trace_event *event)
{
    bool fresh;
    struct table_cell *cell =
        table_at(&check->leaders, event->term + 1, 0, &fresh);
    if (!fresh && cell->server != event->node)
        return check_broken(check, event, "Election Safety", "P.1",
                            cell->server, cell->event,
                            "S%d became leader of term %" PRIu64
                            " at %.3f s, which S%d leads already.",
                            event->node + 1, event->term,
                            check_seconds(event->us), cell->server + 1);
    cell->server = event->node;
    cell->event = event->n;
    return leader_is_complete(check, event);
}

const struct table_cell *check_leader_of(const struct check *check,
                                         uint64_t term)
{
    return table_find(&check->leaders, term + 1, 0);
}

static uint64_t hash_of(const char *text)
{
    return text != NULL
               ? message_hash(14695981039346656037u, text, strlen(text))
               : 0;
}

// [P.3] Entries of one index and term have one command and one predecessor.
static bool entries_match(struct check *check, const struct trace_event *event,
                          uint64_t first, uint64_t before)
{
    for (size_t i = 0; i < event->n_entries; i++) {
        const struct trace_entry *entry = &event->entries[i];
        uint64_t command = hash_of(entry->command);
        bool fresh;
        struct table_cell *cell =
            table_at(&check->entries, first + i, entry->term, &fresh);
        if (fresh) {
            cell->first = command;
            cell->second = before;
            cell->server = event->node;
            cell->event = event->n;
        } else if (cell->first != command || cell->second != before)
            return check_broken(
                check, event, "Log Matching", "P.3", cell->server, cell->event,
                "S%d got entry %" PRIu64 " of term %" PRIu64
                " at %.3f s with another %s than S%d's entry of that index"
                " and term.",
                event->node + 1, first + i, entry->term,
                check_seconds(event->us),
                cell->first != command ? "command" : "predecessor",
                cell->server + 1);
        before = entry->term;
    }
    return true;
}

static void commit_one(struct check *check, const struct trace_event *event,
                       uint64_t index, uint64_t term)
{
    if (index >= check->committed_room) {
        size_t room = 2 * (size_t)index + 64;
        check->committed =
            must_realloc(check->committed, room * sizeof *check->committed);
        memset(check->committed + check->committed_room, 0,
               (room - check->committed_room) * sizeof *check->committed);
        check->committed_room = room;
    }
    struct committed *entry = &check->committed[index];
    if (index > check->n_committed)
        check->n_committed = index;
    if (entry->term == 0)
        *entry = (struct committed){term, event->n, event->us,
                                    check->model.server[event->node].term,
                                    event->node};
}

// No two servers commit different entries at an index [P.5].
static bool commits_agree(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    for (uint64_t index = event->from + 1; index <= event->to; index++) {
        uint64_t term = model_term_at(server, index);
        if (index <= server->snapshot_index || term == 0)
            continue;
        const struct committed *known =
            index <= check->n_committed ? &check->committed[index] : NULL;
        if (known != NULL && known->term != 0 && known->term != term)
            return check_broken(check, event, "State Machine Safety", "P.5",
                                known->server, known->event,
                                "S%d committed entry %" PRIu64
                                " of term %" PRIu64 " at %.3f s, where S%d"
                                " committed one of term %" PRIu64 ".",
                                event->node + 1, index, term,
                                check_seconds(event->us), known->server + 1,
                                known->term);
        commit_one(check, event, index, term);
    }
    return true;
}

// [P.5] One command at an index, whoever applies it.
static bool applies_agree(struct check *check, const struct trace_event *event)
{
    if (event->ok)
        return true; // a snapshot
    bool fresh;
    uint64_t command = hash_of(event->command);
    struct table_cell *cell =
        table_at(&check->applied, event->index + 1, 0, &fresh);
    if (fresh) {
        cell->first = command;
        cell->second = event->term;
        cell->server = event->node;
        cell->event = event->n;
    } else if (cell->first != command || cell->second != event->term)
        return check_broken(
            check, event, "State Machine Safety", "P.5", cell->server,
            cell->event,
            "S%d applied \"%s\" (term %" PRIu64 ") at index %" PRIu64
            ", where S%d applied another"
            " entry (term %" PRIu64 ").",
            event->node + 1, event->command != NULL ? event->command : "",
            event->term, event->index, cell->server + 1, cell->second);
    return true;
}

bool check_safety(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    switch (event->kind) {
    case TRACE_ROLE:
        return event->to_role != TRACE_LEADER || leader(check, event);
    case TRACE_TRUNCATE:
        if (server->role == TRACE_LEADER)
            return check_broken(check, event, "Leader Append-Only", "P.2",
                                TRACE_NONE,
                                check->server[event->node].role_event,
                                "S%d cut its log at index %" PRIu64
                                " at %.3f s while it led term %" PRIu64 ".",
                                event->node + 1, event->index,
                                check_seconds(event->us), server->term);
        return true;
    case TRACE_APPEND:
        return entries_match(check, event, event->index,
                             model_term_at(server, event->index - 1));
    case TRACE_BOOT:
        return entries_match(check, event, event->index + 1, event->entry_term);
    case TRACE_COMMIT:
        return commits_agree(check, event);
    case TRACE_APPLY:
        return applies_agree(check, event);
    default:
        return true;
    }
}
