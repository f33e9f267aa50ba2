// clients_why.c -- how a wrong answer came about, where the trace proves it.
//
// The log says what each answer had to be: the key's operations are done over
// again, in the order of the entries that were applied, each operation once.
// An answer that differs is held against what mistakes would give: a retry
// that is done again, an entry that is left out, a snapshot of another moment.
// A sentence says which of them gives this very answer. Nothing is said when
// part of the log is not known.
#include "clients_redo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static bool gives(const struct redo *redo, const struct asker *asker)
{
    return redo_gives(redo, asker->said);
}

// The entry that the answering server had taken for the operation itself.
static const struct clients_entry *
own_entry(const struct redo *redo, const struct clients_answer *answer)
{
    return answer != NULL ? clients_own_entry(redo->clients, answer) : NULL;
}

// --------------------------------------------------- answers before their time

// What stands where the operation's entry was, as far as it is known.
static void say_instead(struct redo *redo, const char *tag, uint64_t index)
{
    const struct clients_applied *at = redo_applied(redo, index);
    char name[200];
    if (at->entry == CLIENTS_NONE)
        redo_say(redo, tag, "an entry of term %" PRIu64 ".", at->term);
    else
        redo_say(
            redo, tag, "%s, of term %" PRIu64 ".",
            clients_name(
                redo_operation(redo, redo->clients->entry[at->entry].operation),
                name, sizeof name),
            at->term);
    redo_show(redo, at->n);
}

// It was answered with what another request was answered, before its own entry
// was applied there: the reply tells whose index it is of.
static bool tell_anothers(struct redo *redo, const struct clients_operation *op)
{
    const struct clients_answer *answer = clients_answer_of(redo->clients, op);
    const struct clients_entry *own = own_entry(redo, answer);
    if (own == NULL || answer->undone || own->index <= answer->handed ||
        answer->told == 0 || answer->told > answer->handed)
        return false;
    const struct clients_applied *at = redo_applied(redo, answer->told);
    char name[200], its[200] = "another request's";
    if (at == NULL || (at->entry == CLIENTS_NONE && !at->harmless))
        return false;
    if (at->entry != CLIENTS_NONE) {
        const struct clients_operation *other =
            redo_operation(redo, redo->clients->entry[at->entry].operation);
        if (other == op)
            return false;
        clients_name(other, its, sizeof its);
    }
    redo_say(redo, "KV.2",
             "S%d answered %s when it had applied up to index %" PRIu64
             ", and had taken that request at index %" PRIu64
             ". The reply is of index %" PRIu64 ", which is %s.",
             answer->server + 1, clients_name(op, name, sizeof name),
             answer->handed, own->index, answer->told, its);
    redo_show(redo, answer->n);
    redo_show(redo, own->n);
    redo_show(redo, at->n);
    return true;
}

// It was answered before that server had applied it, here or as a retry.
static bool tell_unapplied(struct redo *redo,
                           const struct clients_operation *op)
{
    const struct clients_answer *answer = clients_answer_of(redo->clients, op);
    const struct clients_entry *own = own_entry(redo, answer);
    const struct clients_entry *first = clients_entry_of(redo->clients, op);
    char name[200];
    if (own == NULL || answer->undone || own->index <= answer->handed ||
        (first != NULL && first->index <= answer->handed))
        return false;
    redo_say(redo, "KV.1",
             "S%d answered %s when it had applied up to index %" PRIu64
             " only, and had taken that request at index %" PRIu64 ".",
             answer->server + 1, clients_name(op, name, sizeof name),
             answer->handed, own->index);
    redo_show(redo, answer->n);
    redo_show(redo, own->n);
    return true;
}

// It was answered, and its entry was lost.
static bool tell_lost(struct redo *redo, const struct clients_operation *op)
{
    const struct clients_answer *answer = clients_answer_of(redo->clients, op);
    const struct clients_entry *entry = own_entry(redo, answer);
    if (entry == NULL || clients_entry_of(redo->clients, op) != NULL)
        return false;
    const struct clients_applied *other = redo_applied(redo, entry->index);
    char name[200];
    clients_name(op, name, sizeof name);
    redo_show(redo, answer->n);
    redo_show(redo, entry->n);
    uint64_t handed_n =
        clients_handed_at(redo->clients, answer->server, entry->index);
    if (other != NULL && handed_n != 0 && handed_n < answer->n) {
        redo_say(redo, "KV.2",
                 "S%d took %s at index %" PRIu64 " in term %" PRIu64
                 ", and answered it after it had applied another entry there: ",
                 entry->server + 1, name, entry->index, entry->term);
        say_instead(redo, "KV.2", entry->index);
        return true;
    }
    if (other != NULL && other->n < answer->n) {
        redo_say(redo, "KV.1",
                 "S%d took %s at index %" PRIu64 " in term %" PRIu64
                 ", and answered it before it had applied anything there."
                 " What others had applied there is ",
                 entry->server + 1, name, entry->index, entry->term);
        say_instead(redo, "KV.1", entry->index);
        return true;
    }
    if (answer->committed >= entry->index)
        return false;
    redo_say(redo, "KV.1",
             "S%d answered %s before its entry %" PRIu64 " of term %" PRIu64
             " was committed, and the entry was never applied.",
             answer->server + 1, name, entry->index, entry->term);
    if (other != NULL) {
        redo_say(redo, "KV.1", " What was applied at index %" PRIu64 " is ",
                 entry->index);
        say_instead(redo, "KV.1", entry->index);
    }
    return true;
}

// It was answered before anybody had committed it.
static bool tell_early(struct redo *redo, const struct clients_operation *op)
{
    const struct clients_answer *answer = clients_answer_of(redo->clients, op);
    const struct clients_entry *entry = clients_entry_of(redo->clients, op);
    char name[200];
    if (answer == NULL)
        return false;
    clients_name(op, name, sizeof name);
    if (entry != NULL && answer->committed < entry->index)
        redo_say(redo, "KV.1",
                 "S%d answered %s before its entry %" PRIu64 " was committed.",
                 answer->server + 1, name, entry->index);
    else if (op->first_entry == CLIENTS_NONE && redo->clients->n_entries > 0 &&
             strcmp(op->call, "get") != 0)
        redo_say(redo, "KV.1",
                 "S%d answered %s, which no server had handed to its Raft.",
                 answer->server + 1, name);
    else
        return false;
    redo_show(redo, answer->n);
    if (entry != NULL)
        redo_show(redo, entry->n);
    return true;
}

// ---------------------------------------------------------- answers by the log

// The retry is not answered with what the first was.
static bool tell_forgotten(struct redo *redo, const struct asker *asker)
{
    const struct clients_entry *own = own_entry(redo, asker->answer);
    char name[200];
    if (asker->said[0] != '\0' || own == NULL ||
        own->index == asker->entry->index)
        return false;
    redo_say(redo, "KV.5",
             "%s is in the log more than once, first at index %" PRIu64
             ". S%d answered its retry, at index %" PRIu64
             ", with nothing, which is not what the log gives at either.",
             clients_name(asker->op, name, sizeof name), asker->entry->index,
             own->server + 1, own->index);
    redo_show(redo, asker->entry->applied_n);
    redo_show(redo, own->n);
    return true;
}

// The first retry before the asker that makes its answer, alone or with all
// others; CLIENTS_NONE.
static size_t guilty_retry(struct redo *redo, const struct asker *asker)
{
    size_t first = CLIENTS_NONE;
    for (size_t i = 0; i < asker->position; i++) {
        if (!redo->step[i].again)
            continue;
        if (first == CLIENTS_NONE)
            first = i;
        redo_run(redo, i, false, CLIENTS_NONE);
        redo_go_on(redo, i, i + 1, true, CLIENTS_NONE);
        redo_go_on(redo, i + 1, asker->position, false, CLIENTS_NONE);
        if (gives(redo, asker))
            return i;
    }
    redo_run(redo, asker->position, true, CLIENTS_NONE);
    return gives(redo, asker) ? first : CLIENTS_NONE;
}

// The snapshot between the two: what it lost is known only if retries are known
// for what they are elsewhere.
static void say_session(struct redo *redo, const struct asker *asker,
                        const struct step *retry, uint64_t first)
{
    struct asker seen;
    char name[240];
    size_t others, step;
    if (!began_with(asker, first) || asker->answer->restored >= retry->index)
        return;
    bool latest = others_between(redo, retry, &others);
    bool known = latest && witness_of_retry(redo, others, &seen, &step);
    redo_say(redo, known ? "KV.6" : "KV.4",
             " S%d knew the first only from the snapshot up to index %" PRIu64,
             asker->answer->server + 1, asker->answer->restored);
    if (!known) {
        redo_say(redo, "KV.4", ".");
        return;
    }
    redo_say(redo, "KV.6",
             ": it has the value, and lost the session. (The retry at index"
             " %" PRIu64 " was known for one: %s shows it.)",
             redo->step[step].index, witness_name(&seen, name, sizeof name));
    redo_show(redo, seen.op->return_n);
}

static bool tell_twice(struct redo *redo, const struct asker *asker)
{
    size_t retry = guilty_retry(redo, asker);
    if (retry == CLIENTS_NONE)
        return false;
    const struct step *step = &redo->step[retry];
    const struct clients_operation *op = redo_operation(redo, step->operation);
    const struct clients_entry *first = clients_entry_of(redo->clients, op);
    char name[200];
    clients_name(op, name, sizeof name);
    if (op->renumbered_n != 0)
        redo_say(redo, "KV.4",
                 "%s was sent as request %" PRIu64
                 " of its session and again as"
                 " request %" PRIu64 ": no server can tell that it is one. It",
                 name, op->sequence, op->resequence);
    redo_say(redo, "KV.4",
             "%s is in the log twice, at index %" PRIu64
             " and, as a retry, at %" PRIu64
             ". The answer is what comes out when both are done.",
             op->renumbered_n != 0 ? "" : name, first->index, step->index);
    redo_show(redo, first->applied_n);
    redo_show(redo, redo->clients->entry[step->entry].applied_n);
    redo_show(redo, op->renumbered_n);
    if (op->renumbered_n == 0)
        say_session(redo, asker, step, first->index);
    return true;
}

// An entry that was never applied, or later, has an effect.
static bool tell_uncommitted(struct redo *redo, const struct asker *asker)
{
    const struct clients *clients = redo->clients;
    char name[200];
    for (size_t i = 0; asker->answer != NULL && i < clients->n_entries; i++) {
        const struct clients_entry *entry = &clients->entry[i];
        const struct clients_operation *op =
            redo_operation(redo, entry->operation);
        if (entry->n > asker->answer->n ||
            strcmp(op->key, asker->op->key) != 0 ||
            (entry->applied_n != 0 && entry->applied_n < asker->answer->n))
            continue;
        redo_run(redo, asker->position, false, CLIENTS_NONE);
        redo_do(redo, op);
        if (op == asker->op || !gives(redo, asker))
            continue;
        redo_say(redo, "KV.1",
                 "The answer has %s in it, whose entry %" PRIu64
                 " of term %" PRIu64 " S%d had taken and nobody had committed.",
                 clients_name(op, name, sizeof name), entry->index, entry->term,
                 entry->server + 1);
        redo_show(redo, entry->n);
        return true;
    }
    return false;
}

// Answered from a server's own state: what the server was at that time. Not
// when it has answered that it did nothing, and the client took that for more.
static bool tell_unlogged(struct redo *redo, const struct asker *asker)
{
    const struct clients_answer *answer = asker->answer;
    char name[200];
    if (answer == NULL || answer->undone ||
        asker->op->first_entry != CLIENTS_NONE || redo->clients->n_entries == 0)
        return false;
    redo_say(
        redo, "KV.3",
        "S%d answered %s from its own state, without an entry in the log; it"
        " had applied up to index %" PRIu64 ".",
        answer->server + 1, clients_name(asker->op, name, sizeof name),
        answer->handed);
    redo_show(redo, answer->n);
    if (answer->committed > answer->handed)
        redo_say(redo, "KV.3", " Index %" PRIu64 " was committed by then.",
                 answer->committed);
    if (answer->leader == TRACE_NONE || answer->leader == answer->server)
        return true;
    if (answer->leads > 0 && answer->leader_term > answer->leads)
        redo_say(redo, "KV.3",
                 " It took itself for the leader of term %" PRIu64
                 ", but S%d had become the leader of term %" PRIu64 ".",
                 answer->leads, answer->leader + 1, answer->leader_term);
    else if (answer->leads == 0)
        redo_say(redo, "KV.3", " It was no leader.");
    redo_show(redo, answer->leader_n);
    return true;
}

// A compare-and-set was refused that met what it expected.
static bool tell_refused(struct redo *redo, const struct asker *asker)
{
    const struct clients_entry *own = own_entry(redo, asker->answer);
    char name[200];
    if (own == NULL || !gives(redo, asker))
        return false;
    clients_name(asker->op, name, sizeof name);
    redo_run(redo, redo_below(redo, own->index), false, CLIENTS_NONE);
    if (own->index != asker->entry->index && !gives(redo, asker))
        redo_say(redo, "KV.4",
                 "%s is in the log more than once. At index %" PRIu64
                 " it meets what it expects; S%d answered its retry, at index"
                 " %" PRIu64 ", as one that comes for the first time.",
                 name, asker->entry->index, own->server + 1, own->index);
    else
        redo_say(redo, "KV.8", "At index %" PRIu64 " %s meets what it expects.",
                 asker->entry->index, name);
    redo_show(redo, asker->entry->applied_n);
    redo_show(redo, own->n);
    return true;
}

// The log up to there, as the answer should have it. True: it does.
static bool is_right_at(struct redo *redo, struct asker *asker, uint64_t index)
{
    asker->position = redo_below(redo, index);
    redo_run(redo, asker->position, false, CLIENTS_NONE);
    return gives(redo, asker);
}

static bool tell_at(struct redo *redo, const struct asker *asker)
{
    return tell_forgotten(redo, asker) || tell_twice(redo, asker) ||
           tell_snapshot(redo, asker) || tell_uncommitted(redo, asker) ||
           tell_unmet(redo, asker) || tell_left_out(redo, asker) ||
           tell_written_over(redo, asker);
}

// An answer that the log does not give. That of a retry may be as of the
// retry: a read that is done again is a read.
static bool tell_asker(struct redo *redo, struct asker *asker)
{
    const struct clients_entry *own = own_entry(redo, asker->answer);
    if (asker->entry == NULL)
        return tell_unlogged(redo, asker);
    if (tell_anothers(redo, asker->op) || tell_early(redo, asker->op) ||
        tell_unapplied(redo, asker->op))
        return true;
    uint64_t first = asker->entry->index;
    uint64_t again = own != NULL && own->index > first ? own->index : first;
    if (again > redo->known_to + 1)
        return false;
    bool refused = strcmp(asker->op->result, "refused") == 0;
    bool right = is_right_at(redo, asker, first);
    if (refused)
        return right && tell_refused(redo, asker);
    if (right || is_right_at(redo, asker, again))
        return false;
    asker->position = redo_below(redo, first);
    if (tell_at(redo, asker))
        return true;
    asker->position = redo_below(redo, again);
    return again > first && tell_at(redo, asker);
}

static bool try_asker(struct redo *redo, size_t at)
{
    struct asker asker;
    return asker_of(redo, at, &asker) && tell_asker(redo, &asker);
}

// Tries each shown operation.
static void try_all(struct redo *redo)
{
    const struct clients_verdict *verdict = redo->verdict;
    const struct linear_verdict *linear = &verdict->linear;
    bool told = false;
    for (size_t i = 0; i < linear->n_shown && !told; i++) {
        size_t at = linear->shown[i];
        const struct clients_operation *op =
            redo_operation(redo, verdict->source[at]);
        told = verdict->history[at].outcome != LINEAR_OPEN &&
               (tell_anothers(redo, op) || tell_lost(redo, op));
    }
    // The one that is called wrong before all others.
    told = told || try_asker(redo, linear->failed);
    for (size_t i = 0; i < linear->n_shown && !told; i++)
        told = try_asker(redo, linear->shown[i]);
    for (size_t i = 0; i < linear->n_shown && !told; i++) {
        size_t at = linear->shown[i];
        told = verdict->history[at].outcome != LINEAR_OPEN &&
               tell_early(redo, redo_operation(redo, verdict->source[at]));
    }
}

void clients_explain(const struct clients *clients,
                     struct clients_verdict *verdict)
{
    const struct linear_verdict *linear = &verdict->linear;
    struct redo redo = {.clients = clients, .verdict = verdict};
    if (linear->n_shown == 0)
        return;
    redo_begin(&redo, verdict->history[linear->shown[0]].key);
    try_all(&redo);
    redo_end(&redo);
}
