// safety.c -- the five properties of Figure 3, event by event.
//
// Each is checked where it can break first: leaders when they are elected,
// logs when they grow, commits when an index becomes committed. Log Matching
// makes one comparison enough for a whole prefix.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "internal.h"

// [P.4] The last entry that was committed in an earlier term stands in the new
// leader's log, and by [P.3] all before it.
static bool leader_is_complete(struct check *check,
                               const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    size_t n = check->n_terms;
    while (n > 0 && check->last_of_term[n - 1].in_term >= event->term)
        n--;
    if (n == 0)
        return true;
    const struct committed *last = &check->last_of_term[n - 1];
    if (server->snapshot_index >= last->index ||
        model_term_at(server, last->index) == last->term)
        return true;
    return check_broken(
        check, event, FINDING_LEADER_COMPLETENESS, "P.4", last->server,
        last->event,
        "S%d became leader of term %" PRIu64 " at %.3f s without entry %" PRIu64
        " (term %" PRIu64 "), which S%d committed at %.3f s.",
        event->node + 1, event->term, check_seconds(event->us), last->index,
        last->term, last->server + 1, check_seconds(last->us));
}

// [P.1] and [P.4]
static bool leader(struct check *check, const struct trace_event *event)
{
    bool fresh;
    struct table_cell *cell =
        table_at(&check->leaders, event->term + 1, 0, &fresh);
    if (!fresh && cell->server != event->node)
        return check_broken(check, event, FINDING_ELECTION_SAFETY, "P.1",
                            cell->server, cell->event,
                            "S%d became leader of term %" PRIu64
                            " at %.3f s, but S%d already led that term.",
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
        } else if (cell->first != command ||
                   (cell->second != before && check_knows_logs(check)))
            return check_broken(
                check, event, FINDING_LOG_MATCHING, "P.3", cell->server,
                cell->event,
                "S%d's entry %" PRIu64 " of term %" PRIu64
                " (at %.3f s) has a different %s from S%d's entry of that"
                " index and term.",
                event->node + 1, first + i, entry->term,
                check_seconds(event->us),
                cell->first != command ? "command" : "predecessor",
                cell->server + 1);
        before = entry->term;
    }
    return true;
}

// [IS.5] A snapshot goes with the term of the last entry that it covers.
static bool snapshots_match(struct check *check,
                            const struct trace_event *event,
                            const struct flight *flight)
{
    const struct facts *args = &flight->args;
    const struct table_cell *known =
        table_find(&check->committed, args->index, 0);
    bool wrong = known != NULL && known->first != args->index_term &&
                 check_knows_logs(check);
    if (args->index == 0 || (args->index_term > 0 && !wrong))
        return true;
    char entry[60] = "no entry has that";
    if (known != NULL)
        snprintf(entry, sizeof entry, "that entry is of term %" PRIu64,
                 known->first);
    return check_broken(check, event, FINDING_SNAPSHOT_WITH_WRONG_TERM, "IS.5",
                        flight->to, known != NULL ? known->event : 0,
                        "S%d sent S%d a snapshot up to index %" PRIu64
                        " with last_included_term %" PRIu64 ": %s.",
                        event->node + 1, flight->to + 1, args->index,
                        args->index_term, entry);
}

// [IS.5] What a server restarts with says of a committed entry what it is.
static bool restores_term(struct check *check, const struct trace_event *event)
{
    const struct table_cell *known =
        table_find(&check->committed, event->index, 0);
    if (event->index == 0 && event->entry_term > 0)
        return check_broken(
            check, event, FINDING_SNAPSHOT_WITH_WRONG_TERM, "IS.5", TRACE_NONE,
            0,
            "S%d restarted with no snapshot, but with term %" PRIu64
            " for the entry before its log: index 0 has no term.",
            event->node + 1, event->entry_term);
    if (event->index == 0 || known == NULL ||
        known->first == event->entry_term || !check_knows_logs(check))
        return true;
    return check_broken(check, event, FINDING_SNAPSHOT_WITH_WRONG_TERM, "IS.5",
                        TRACE_NONE, known->event,
                        "S%d restarted with a snapshot up to index %" PRIu64
                        " and last_included_term %" PRIu64
                        ", but that entry is of term %" PRIu64 ".",
                        event->node + 1, event->index, event->entry_term,
                        known->first);
}

// [P.3] The same of entries in messages: who leads a term makes one entry of it
// at an index, and every message shows that one.
static bool messages_match(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_flight(check, event->msg);
    if (flight != NULL && flight->args.whole &&
        flight->args.rpc == FACTS_INSTALL)
        return snapshots_match(check, event, flight);
    if (flight == NULL || flight->args.rpc != FACTS_APPEND ||
        !flight->args.whole)
        return true;
    const struct facts *args = &flight->args;
    if (args->index > 0 && args->index_term == 0) {
        char text[120];
        snprintf(text, sizeof text,
                 "S%d told S%d that its entry %" PRIu64
                 " is of term 0: no entry has that.",
                 event->node + 1, flight->to + 1, args->index);
        return check_found(check, event, FINDING_WRONG_PREV_LOG_TERM, "L.3",
                           flight->to, 0, text);
    }
    for (uint64_t i = 0; i < args->n_entries; i++) {
        uint64_t index = args->index + 1 + i, term, command;
        term = facts_term(&check->terms, args, i);
        command = facts_command(&check->terms, args, i);
        bool fresh;
        if (term == 0 || command == 0)
            continue;
        struct table_cell *cell = table_at(&check->sent, index, term, &fresh);
        if (fresh) {
            cell->first = command;
            cell->server = event->node;
            cell->event = event->n;
        } else if (cell->first != command)
            return check_broken(
                check, event, FINDING_LOG_MATCHING, "P.3", cell->server,
                cell->event,
                "S%d sent S%d entry %" PRIu64 " of term %" PRIu64
                " with a different command from that in S%d's earlier"
                " message%s.",
                event->node + 1, flight->to + 1, index, term, cell->server + 1,
                term == args->term && cell->server == event->node
                    ? ", both as leader of that term"
                    : "");
    }
    return true;
}

// Puts a commit among those of other terms; it may make others needless.
static void note_commit(struct check *check, struct committed commit)
{
    struct committed *list = check->last_of_term;
    size_t begin = check->n_terms;
    while (begin > 0 && list[begin - 1].in_term > commit.in_term)
        begin--;
    if (begin > 0 && list[begin - 1].index >= commit.index)
        return;
    size_t end = begin;
    begin -= begin > 0 && list[begin - 1].in_term == commit.in_term;
    while (end < check->n_terms && list[end].index <= commit.index)
        end++;
    if (check->n_terms == check->terms_room) {
        check->terms_room = 2 * check->terms_room + 16;
        list = must_realloc(list, check->terms_room * sizeof *list);
        check->last_of_term = list;
    }
    memmove(list + begin + 1, list + end,
            (check->n_terms - end) * sizeof *list);
    list[begin] = commit;
    check->n_terms += 1 - (end - begin);
}

static void commit_one(struct check *check, const struct trace_event *event,
                       uint64_t index, uint64_t term)
{
    bool fresh;
    struct table_cell *entry = table_at(&check->committed, index, 0, &fresh);
    if (!fresh)
        return;
    entry->first = term;
    entry->event = event->n;
    entry->server = event->node;
    uint64_t in_term = check->model.server[event->node].term;
    note_commit(check, (struct committed){in_term, index, term, event->n,
                                          event->us, event->node});
}

// No two servers commit different entries at an index [P.5].
static bool commits_agree(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    uint64_t last = model_last_index(server);
    uint64_t index = event->from > server->snapshot_index
                         ? event->from
                         : server->snapshot_index;
    for (index++; index <= event->to && index <= last; index++) {
        uint64_t term = model_term_at(server, index);
        if (term == 0)
            continue;
        const struct table_cell *known =
            table_find(&check->committed, index, 0);
        if (known != NULL && known->first != term && check_knows_logs(check))
            return check_broken(
                check, event, FINDING_STATE_MACHINE_SAFETY, "P.5",
                known->server, known->event,
                "S%d committed entry %" PRIu64 " of term %" PRIu64
                " at %.3f s, but S%d"
                " committed an entry of term %" PRIu64 " there.",
                event->node + 1, index, term, check_seconds(event->us),
                known->server + 1, known->first);
        commit_one(check, event, index, term);
    }
    return true;
}

// [P.5] One command at an index, whoever applies it.
static bool applies_agree(struct check *check, const struct trace_event *event)
{
    if (event->ok)
        return true; // a snapshot
    const struct model_server *server = &check->model.server[event->node];
    uint64_t own =
        event->index > server->snapshot_index && check_knows_logs(check)
            ? model_term_at(server, event->index)
            : 0;
    if (own != 0 && event->term != 0 && event->term != own)
        return check_broken(
            check, event, FINDING_APPLIED_OTHER_ENTRY, "ALL.1", TRACE_NONE, 0,
            "S%d applied index %" PRIu64 " as an entry of term %" PRIu64
            ", but the entry in its log there is of term %" PRIu64 ".",
            event->node + 1, event->index, event->term, own);
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
            check, event, FINDING_STATE_MACHINE_SAFETY, "P.5", cell->server,
            cell->event,
            "S%d applied \"%s\" (term %" PRIu64 ") at index %" PRIu64
            ", but S%d applied a different entry (term %" PRIu64 ") there.",
            event->node + 1, event->command != NULL ? event->command : "",
            event->term, event->index, cell->server + 1, cell->second);
    return true;
}

// What a server restarts with, behind the question whether it had saved that.
bool check_restored(struct check *check, const struct trace_event *event)
{
    return event->kind != TRACE_BOOT ||
           entries_match(check, event, event->index + 1, event->entry_term);
}

bool check_safety(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    switch (event->kind) {
    case TRACE_ROLE:
        return event->to_role != TRACE_LEADER || leader(check, event);
    case TRACE_TRUNCATE:
        if (server->role == TRACE_LEADER)
            return check_broken(check, event, FINDING_LEADER_APPEND_ONLY, "P.2",
                                TRACE_NONE,
                                check->server[event->node].role_event,
                                "S%d truncated its log from index %" PRIu64
                                " at %.3f s while it led term %" PRIu64 ".",
                                event->node + 1, event->index,
                                check_seconds(event->us), server->term);
        return true;
    case TRACE_APPEND:
        return entries_match(check, event, event->index,
                             model_term_at(server, event->index - 1));
    case TRACE_BOOT:
        return restores_term(check, event);
    case TRACE_SEND:
        return messages_match(check, event);
    case TRACE_COMMIT:
        return commits_agree(check, event);
    case TRACE_APPLY:
        return applies_agree(check, event);
    default:
        return true;
    }
}
