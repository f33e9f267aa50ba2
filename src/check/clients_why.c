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

// More operations of a key than that are not done over and over again.
enum { MOST_TRIES = 300 };

// An operation whose answer says which value was there.
struct asker {
    const struct clients_operation *op;
    const struct clients_answer *answer; // NULL: not known
    const struct clients_entry *entry;   // its first that was applied; NULL
    const char *said;
    size_t position; // steps before it
};

static bool gives(const struct redo *redo, const struct asker *asker)
{
    return redo_gives(redo, asker->said);
}

// Whether the server that answered is known and began with a snapshot that
// covers an index.
static bool began_with(const struct asker *asker, uint64_t index)
{
    return asker->answer != NULL && asker->answer->restored >= index;
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
    if (other != NULL && other->n < answer->n) {
        redo_say(redo, "KV.2",
                 "S%d took %s at index %" PRIu64 " in term %" PRIu64
                 ", and answered it when another entry was applied there: ",
                 entry->server + 1, name, entry->index, entry->term);
        say_instead(redo, "KV.2", entry->index);
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
             ", with nothing: the answer of the first was not kept.",
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

static bool tell_twice(struct redo *redo, const struct asker *asker)
{
    size_t retry = guilty_retry(redo, asker);
    if (retry == CLIENTS_NONE)
        return false;
    const struct step *step = &redo->step[retry];
    const struct clients_operation *op = redo_operation(redo, step->operation);
    const struct clients_entry *first = clients_entry_of(redo->clients, op);
    char name[200];
    redo_say(redo, "KV.4",
             "%s is in the log twice, at index %" PRIu64
             " and, as a retry, at %" PRIu64
             ". The answer is what comes out when both are done.",
             clients_name(op, name, sizeof name), first->index, step->index);
    redo_show(redo, first->applied_n);
    redo_show(redo, redo->clients->entry[step->entry].applied_n);
    if (!began_with(asker, first->index) ||
        asker->answer->restored >= step->index)
        return true;
    redo_say(redo, "KV.6",
             " S%d knew the first only from the snapshot up to index %" PRIu64
             ": the snapshot has its value, and lost its session.",
             asker->answer->server + 1, asker->answer->restored);
    return true;
}

// The snapshot was added to what the server had: a value of before, and behind
// it that of the snapshot.
static bool tell_added(struct redo *redo, const struct asker *asker)
{
    uint64_t snapshot = asker->answer->restored;
    size_t from = redo_below(redo, snapshot + 1);
    size_t least = from > MOST_TRIES ? from - MOST_TRIES : 0;
    for (size_t to = from; to > least && from <= asker->position; to--) {
        redo_run(redo, from, false, CLIENTS_NONE);
        char *held = must_copy(redo->value.bytes, redo->value.n + 1);
        redo_run(redo, to, false, CLIENTS_NONE);
        redo_add(redo, held);
        free(held);
        redo_go_on(redo, from, asker->position, false, CLIENTS_NONE);
        if (!gives(redo, asker))
            continue;
        redo_say(redo, "KV.7",
                 "S%d took over the snapshot up to index %" PRIu64
                 ". The answer is what comes out when its value is put behind"
                 " the one of entry %" PRIu64 ", which was there.",
                 asker->answer->server + 1, snapshot, redo->step[to - 1].index);
        return true;
    }
    return false;
}

// The snapshot that the answering server began with: newer than it says, or
// not there at all.
static bool tell_snapshot(struct redo *redo, const struct asker *asker)
{
    if (!began_with(asker, 1))
        return false;
    uint64_t snapshot = asker->answer->restored;
    size_t from = redo_below(redo, snapshot + 1);
    for (size_t to = from + 1; to <= asker->position; to++) {
        redo_run(redo, to, false, CLIENTS_NONE);
        redo_go_on(redo, from, asker->position, true, CLIENTS_NONE);
        if (!gives(redo, asker))
            continue;
        redo_say(redo, "KV.7",
                 "S%d began with the snapshot up to index %" PRIu64
                 " and applied what follows. The answer is what comes out when"
                 " that snapshot has entry %" PRIu64 " in it already.",
                 asker->answer->server + 1, snapshot, redo->step[to - 1].index);
        return true;
    }
    size_t least = from > MOST_TRIES ? from - MOST_TRIES : 0;
    for (size_t to = from; to-- > least && from <= asker->position;) {
        redo_run(redo, to, false, CLIENTS_NONE);
        redo_go_on(redo, from, asker->position, false, CLIENTS_NONE);
        if (!gives(redo, asker))
            continue;
        redo_say(redo, "KV.7",
                 "S%d began with the snapshot up to index %" PRIu64
                 ". The answer is what comes out when that snapshot ",
                 asker->answer->server + 1, snapshot);
        if (to == 0)
            redo_say(redo, "KV.7", "is empty.");
        else
            redo_say(redo, "KV.7", "has nothing since entry %" PRIu64 ".",
                     redo->step[to - 1].index);
        return true;
    }
    return tell_added(redo, asker);
}

// One entry without effect, or all since some entry.
static bool tell_left_out(struct redo *redo, const struct asker *asker)
{
    char name[200];
    size_t last = asker->position;
    size_t first = last > MOST_TRIES ? last - MOST_TRIES : 0;
    for (size_t i = last; i > first; i--) {
        const struct step *step = &redo->step[i - 1];
        redo_run(redo, last, false, i - 1);
        if (step->again || !gives(redo, asker))
            continue;
        redo_say(redo, "KV.8",
                 "The answer is what the log gives without entry %" PRIu64
                 ", %s, which was applied before.",
                 step->index,
                 clients_name(redo_operation(redo, step->operation), name,
                              sizeof name));
        redo_show(redo, redo->clients->entry[step->entry].applied_n);
        return true;
    }
    for (size_t i = last; i > first; i--) {
        redo_run(redo, i - 1, false, CLIENTS_NONE);
        if (!gives(redo, asker))
            continue;
        redo_say(redo, "KV.8",
                 "The answer is what the log gave before entry %" PRIu64
                 ", %s: all since then is missing in it.",
                 redo->step[i - 1].index,
                 clients_name(redo_operation(redo, redo->step[i - 1].operation),
                              name, sizeof name));
        return true;
    }
    return false;
}

// The last append wrote over what was there.
static bool tell_written_over(struct redo *redo, const struct asker *asker)
{
    const struct clients_operation *op = NULL;
    const struct step *step = NULL;
    char name[200];
    size_t i = asker->position;
    while (i > 0 && (op == NULL || step->again || strcmp(op->call, "append"))) {
        step = &redo->step[--i];
        op = redo_operation(redo, step->operation);
    }
    if (i == 0)
        return false;
    redo_empty(redo);
    redo_add(redo, op->value);
    redo_go_on(redo, i + 1, asker->position, false, CLIENTS_NONE);
    if (!gives(redo, asker))
        return false;
    redo_say(redo, "KV.8",
             "The answer is what comes out when entry %" PRIu64
             ", %s, is written over what was there.",
             step->index, clients_name(op, name, sizeof name));
    redo_show(redo, redo->clients->entry[step->entry].applied_n);
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
    if (own->index != asker->entry->index)
        redo_say(redo, "KV.4",
                 "%s is in the log more than once. At index %" PRIu64
                 " it met what it expects, and is done; S%d answered its retry,"
                 " at index %" PRIu64 ", as if it had come for the first time.",
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
           tell_left_out(redo, asker) || tell_written_over(redo, asker);
}

// An answer that the log does not give. That of a retry may be as of the
// retry: a read that is done again is a read.
static bool tell_asker(struct redo *redo, struct asker *asker)
{
    const struct clients_entry *own = own_entry(redo, asker->answer);
    if (asker->entry == NULL)
        return tell_unlogged(redo, asker);
    if (tell_early(redo, asker->op))
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

static bool is_asker(const struct linear_operation *op)
{
    return (op->outcome == LINEAR_DONE && op->kind == LINEAR_GET) ||
           (op->outcome != LINEAR_OPEN && op->kind == LINEAR_CAS);
}

static bool try_asker(struct redo *redo, size_t at)
{
    const struct clients_verdict *verdict = redo->verdict;
    const struct linear_operation *op = &verdict->history[at];
    struct asker asker = {.op = redo_operation(redo, verdict->source[at])};
    if (!is_asker(op))
        return false;
    asker.said = op->kind == LINEAR_GET ? op->value : op->expected;
    if (asker.said == NULL)
        asker.said = "";
    asker.answer = clients_answer_of(redo->clients, asker.op);
    asker.entry = clients_entry_of(redo->clients, asker.op);
    return tell_asker(redo, &asker);
}

// Tries each shown operation.
static void try_all(struct redo *redo)
{
    const struct clients_verdict *verdict = redo->verdict;
    const struct linear_verdict *linear = &verdict->linear;
    bool told = false;
    for (size_t i = 0; i < linear->n_shown && !told; i++) {
        size_t at = linear->shown[i];
        told = verdict->history[at].outcome != LINEAR_OPEN &&
               tell_lost(redo, redo_operation(redo, verdict->source[at]));
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
