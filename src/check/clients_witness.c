// clients_witness.c -- answers that are right, and what they prove.
//
// That a snapshot has lost an entry is shown only if the entry had an effect
// elsewhere; that it has lost a session, only if retries are known otherwise.
#include "clients_redo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

bool asker_of(const struct redo *redo, size_t at, struct asker *asker)
{
    const struct clients_verdict *verdict = redo->verdict;
    const struct linear_operation *op = &verdict->history[at];
    if (!(op->outcome == LINEAR_DONE && op->kind == LINEAR_GET) &&
        !(op->outcome != LINEAR_OPEN && op->kind == LINEAR_CAS))
        return false;
    *asker = (struct asker){.op = redo_operation(redo, verdict->source[at]),
                            .said = op->kind == LINEAR_GET ? op->value
                                                           : op->expected};
    if (asker->said == NULL)
        asker->said = "";
    asker->answer = clients_answer_of(redo->clients, asker->op);
    asker->entry = clients_entry_of(redo->clients, asker->op);
    return true;
}

bool began_with(const struct asker *asker, uint64_t index)
{
    return asker->answer != NULL && asker->answer->restored >= index;
}

const char *witness_name(const struct asker *seen, char *text, size_t room)
{
    char name[200];
    clients_name(seen->op, name, sizeof name);
    if (seen->answer != NULL)
        snprintf(text, room, "S%d's answer to %s", seen->answer->server + 1,
                 name);
    else
        snprintf(text, room, "the answer to %s", name);
    return text;
}

// An answer of the key that the log gives, each operation done once.
static bool is_right(struct redo *redo, size_t at, struct asker *seen)
{
    const char *key =
        redo->verdict->history[redo->verdict->linear.shown[0]].key;
    if (strcmp(redo->verdict->history[at].key, key) != 0 ||
        !asker_of(redo, at, seen) || seen->entry == NULL ||
        seen->entry->index > redo->known_to + 1 ||
        strcmp(seen->op->result, "refused") == 0)
        return false;
    seen->position = redo_below(redo, seen->entry->index);
    redo_run(redo, seen->position, false, CLIENTS_NONE);
    return redo_gives(redo, seen->said);
}

// Did it answer from the state that the other's server began with a snapshot
// of? A server's own snapshot was made of what it had itself.
static bool has_made(const struct redo *redo, const struct asker *seen,
                     const struct asker *asker)
{
    uint64_t snapshot = asker->answer->restored;
    if (seen->answer == NULL ||
        !clients_made(redo->clients, seen->answer->server, snapshot))
        return false;
    return seen->answer->server == asker->answer->server ||
           !clients_made(redo->clients, asker->answer->server, snapshot);
}

bool witness_of(struct redo *redo, const struct asker *asker, size_t from,
                size_t to, struct asker *seen, size_t *step)
{
    if (to - from > MOST_TRIES)
        from = to - MOST_TRIES;
    for (size_t at = 0; at < redo->verdict->n; at++) {
        if (!is_right(redo, at, seen) || !has_made(redo, seen, asker))
            continue;
        for (size_t i = from; i < to && i < seen->position; i++) {
            redo_run(redo, seen->position, false, i);
            *step = i;
            if (!redo->step[i].again && !redo_gives(redo, seen->said))
                return true;
        }
    }
    return false;
}

bool was_seen(struct redo *redo, const struct asker *asker, size_t step)
{
    struct asker seen;
    for (size_t at = 0; asker->answer != NULL && at < redo->verdict->n; at++) {
        if (!is_right(redo, at, &seen) || seen.answer == NULL ||
            seen.answer->server != asker->answer->server ||
            seen.answer->restored != asker->answer->restored ||
            step >= seen.position)
            continue;
        redo_run(redo, seen.position, false, step);
        if (!redo_gives(redo, seen.said))
            return true;
    }
    return false;
}

bool witness_of_retry(struct redo *redo, size_t others, struct asker *seen,
                      size_t *step)
{
    for (size_t at = 0; at < redo->verdict->n; at++) {
        if (!is_right(redo, at, seen))
            continue;
        size_t n = seen->position;
        for (size_t i = n > MOST_TRIES ? n - MOST_TRIES : 0; i < n; i++) {
            size_t between;
            if (!redo->step[i].again ||
                !others_between(redo, &redo->step[i], &between) ||
                between < others)
                continue;
            redo_run(redo, i, false, CLIENTS_NONE);
            redo_go_on(redo, i, i + 1, true, CLIENTS_NONE);
            redo_go_on(redo, i + 1, n, false, CLIENTS_NONE);
            *step = i;
            if (!redo_gives(redo, seen->said))
                return true;
        }
    }
    return false;
}

enum { FARTHEST = 4096 }; // entries between that are counted

bool others_between(const struct redo *redo, const struct step *step, size_t *n)
{
    const struct clients *clients = redo->clients;
    const struct clients_operation *op = redo_operation(redo, step->operation);
    const struct clients_entry *first = clients_entry_of(clients, op);
    if (step->index > first->index + FARTHEST)
        return false;
    uint64_t *seen = must_calloc(step->index + 1, sizeof *seen);
    bool alone = true;
    *n = 0;
    for (uint64_t i = first->index + 1; i < step->index; i++) {
        const struct clients_applied *at = redo_applied(redo, i);
        if (at == NULL || at->entry == CLIENTS_NONE) {
            seen[(*n)++] = 0; // a session is opened
            continue;
        }
        size_t number = clients->entry[at->entry].operation;
        const struct clients_operation *other = redo_operation(redo, number);
        alone &= other->client != op->client || other == op;
        size_t k = 0;
        while (k < *n && seen[k] != other->client + 1)
            k++;
        // Whoever asks without a session uses none.
        bool unnamed = op->session != 0 && other->session == 0;
        if (k == *n && other->client != op->client && !unnamed)
            seen[(*n)++] = other->client + 1;
    }
    free(seen);
    return alone;
}
