// linear_tell.c -- the verdict of a history: key by key, and why not.
//
// What cannot be explained is cut down to the operations that cannot be
// explained even if all others happened whenever they like. A sentence is
// chosen only where it is a proof by itself; else it counts what is shown.
#include "linear.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

// Each try of leaving something out may cost this much.
enum { CUT_BUDGET = 2000, VALUE_CHARS = 24 };

// The operations of one key.
struct part {
    struct linear_operation *op;
    size_t *source; // their numbers in the history
    bool *keep;
    size_t n;
};

static const char *or_empty(const char *value)
{
    return value != NULL ? value : "";
}

static bool writes(const struct linear_operation *op)
{
    return op->kind == LINEAR_PUT || op->kind == LINEAR_APPEND ||
           (op->kind == LINEAR_CAS && op->outcome != LINEAR_REFUSED);
}

// ------------------------------------------------------------------- words

// A value that may be long: its end tells more of appends than its beginning.
// Blanks at its end are left out.
static const char *show(const char *value, char *text, size_t room)
{
    value = or_empty(value);
    if (value[0] == '\0')
        return "nothing";
    size_t n = strlen(value);
    while (n > 1 && value[n - 1] == ' ')
        n--;
    size_t skip = n > VALUE_CHARS ? n - VALUE_CHARS + 3 : 0;
    snprintf(text, room, "%s%.*s", skip > 0 ? "..." : "", (int)(n - skip),
             value + skip);
    for (char *at = text; *at != '\0'; at++)
        if (!isprint((unsigned char)*at))
            *at = '?';
    return text;
}

const char *linear_words(const struct linear_operation *op, char *text,
                         size_t room)
{
    char key[40], value[40], expected[40];
    const char *k = show(op->key, key, sizeof key);
    const char *v = show(op->value, value, sizeof value);
    const char *open = op->outcome == LINEAR_OPEN ? " (no answer)" : "";
    switch (op->kind) {
    case LINEAR_GET:
        if (op->outcome == LINEAR_OPEN)
            snprintf(text, room, "get %s (no answer)", k);
        else
            snprintf(text, room, "get %s returned %s", k, v);
        break;
    case LINEAR_PUT:
        snprintf(text, room, "put %s=%s%s", k, v, open);
        break;
    case LINEAR_APPEND:
        snprintf(text, room, "append %s to %s%s", v, k, open);
        break;
    case LINEAR_CAS:
        snprintf(text, room, "compare-and-set %s from %s to %s%s%s", k,
                 show(op->expected, expected, sizeof expected), v, open,
                 op->outcome == LINEAR_REFUSED ? " was refused" : "");
        break;
    }
    return text;
}

// " 3.000 ms", "" when the times are not known.
static const char *how_long(uint64_t from, uint64_t to, char *text, size_t room)
{
    text[0] = '\0';
    if (from > 0 && to > from)
        snprintf(text, room, " %llu.%03llu ms",
                 (unsigned long long)((to - from) / 1000),
                 (unsigned long long)((to - from) % 1000));
    return text;
}

// --------------------------------------------------------------- sentences

// Does its answer say which value was there?
static bool asks(const struct linear_operation *op)
{
    return op->outcome == LINEAR_DONE &&
           (op->kind == LINEAR_GET || op->kind == LINEAR_CAS);
}

// Would the kept operations be illegal whatever the others did?
static bool still_illegal(const struct part *part, uint64_t *n_configurations)
{
    size_t failed;
    return linear_search(part->op, part->n, part->keep, CUT_BUDGET, &failed,
                         n_configurations) == LINEAR_ILLEGAL;
}

// Keeps these, and all that wrote the value before a was answered. True: they
// are illegal by themselves, and the sentence is a proof.
static bool proves(const struct part *part, const struct linear_operation *a,
                   const struct linear_operation *b, const char *value)
{
    for (size_t i = 0; i < part->n; i++) {
        const struct linear_operation *op = &part->op[i];
        part->keep[i] =
            op == a || op == b ||
            (value != NULL && writes(op) && op->called < a->returned &&
             strcmp(or_empty(op->value), value) == 0);
    }
    uint64_t cost = 0;
    return still_illegal(part, &cost);
}

// Those that wrote a value, other than the one who read it.
struct writers {
    bool any;
    bool appends;        // a value may come about in pieces: nothing is sure
    uint64_t first_call; // the earliest call of one; UINT64_MAX: none
    // All that were called before the read was answered are over from here on;
    // UINT64_MAX: one of them never.
    uint64_t over_from;
};

static struct writers writers_of(const struct part *part,
                                 const struct linear_operation *asker,
                                 const char *value)
{
    struct writers writers = {.first_call = UINT64_MAX};
    for (size_t i = 0; i < part->n; i++) {
        const struct linear_operation *op = &part->op[i];
        writers.appends |= op->kind == LINEAR_APPEND;
        if (op == asker || !writes(op) ||
            strcmp(or_empty(op->value), value) != 0)
            continue;
        writers.any = true;
        if (op->called < writers.first_call)
            writers.first_call = op->called;
        uint64_t from =
            op->outcome == LINEAR_DONE ? op->returned + 1 : UINT64_MAX;
        if (op->called < asker->returned && from > writers.over_from)
            writers.over_from = from;
    }
    return writers;
}

static bool tell_unwritten(const struct part *part,
                           const struct linear_operation *asker,
                           const char *asked, char *text, size_t room)
{
    struct writers writers = writers_of(part, asker, asked);
    if (asked[0] == '\0' || writers.appends ||
        writers.first_call < asker->returned)
        return false;
    char words[160], other[160];
    const struct linear_operation *refused = NULL;
    for (size_t i = 0; i < part->n && !writers.any; i++) {
        const struct linear_operation *op = &part->op[i];
        if (op->outcome == LINEAR_REFUSED && op->called < asker->returned &&
            strcmp(or_empty(op->value), asked) == 0)
            refused = op;
    }
    linear_words(asker, words, sizeof words);
    if (refused != NULL)
        snprintf(text, room,
                 "%s although %s, and nobody else wrote this value.", words,
                 linear_words(refused, other, sizeof other));
    else
        snprintf(text, room,
                 writers.any
                     ? "%s before anybody had asked to write this value."
                     : "%s, a value that nobody wrote.",
                 words);
    return proves(part, asker, refused, asked);
}

// Has `newer` surely come after all that wrote the value, and before the
// question?
static bool surely_over(const struct writers *writers,
                        const struct linear_operation *newer,
                        const struct linear_operation *asker, const char *asked)
{
    return newer->kind == LINEAR_PUT && newer->outcome == LINEAR_DONE &&
           newer->returned <= asker->called &&
           strcmp(or_empty(newer->value), asked) != 0 &&
           writers->over_from <= newer->called;
}

static bool tell_stale(const struct part *part,
                       const struct linear_operation *asker, const char *asked,
                       char *text, size_t room)
{
    struct writers writers = writers_of(part, asker, asked);
    for (size_t i = 0; i < part->n && !writers.appends; i++) {
        const struct linear_operation *op = &part->op[i];
        if (!surely_over(&writers, op, asker, asked))
            continue;
        char first[160], second[160], time[40];
        snprintf(
            text, room, "%s although %s had ended%s before it began.",
            linear_words(asker, first, sizeof first),
            linear_words(op, second, sizeof second),
            how_long(op->returned_us, asker->called_us, time, sizeof time));
        return proves(part, asker, op, asked);
    }
    return false;
}

static size_t count_in(const char *text, const char *piece)
{
    size_t n = 0;
    for (; (text = strstr(text, piece)) != NULL; text += strlen(piece))
        n++;
    return n;
}

// Was the append the last word but for other appends: is every put surely over
// before it was called, or called after the answer?
static bool nothing_resets(const struct part *part,
                           const struct linear_operation *append,
                           const struct linear_operation *asker)
{
    for (size_t i = 0; i < part->n; i++) {
        const struct linear_operation *op = &part->op[i];
        bool over = op->outcome != LINEAR_OPEN && op->returned < append->called;
        if (op->kind != LINEAR_APPEND && writes(op) && !over &&
            op->called < asker->returned)
            return false;
    }
    return true;
}

// How many operations may have brought this piece.
static size_t times_asked_for(const struct part *part, const char *piece)
{
    size_t n = 0;
    for (size_t i = 0; i < part->n; i++)
        n += writes(&part->op[i]) &&
             strstr(or_empty(part->op[i].value), piece) != NULL;
    return n;
}

// An append that is missing in the answer, or stands in it more often than it
// was asked for.
static bool tell_append(const struct part *part,
                        const struct linear_operation *asker, const char *asked,
                        char *text, size_t room)
{
    char first[160], second[160], value[40], time[40];
    linear_words(asker, first, sizeof first);
    for (size_t i = 0; i < part->n; i++) {
        const struct linear_operation *op = &part->op[i];
        if (op->kind != LINEAR_APPEND || or_empty(op->value)[0] == '\0')
            continue;
        const char *piece = show(op->value, value, sizeof value);
        size_t found = count_in(asked, op->value);
        if (found == 0 && op->outcome == LINEAR_DONE &&
            op->returned < asker->called && nothing_resets(part, op, asker)) {
            snprintf(
                text, room,
                "%s, without %s, although %s had ended%s before it began.",
                first, piece, linear_words(op, second, sizeof second),
                how_long(op->returned_us, asker->called_us, time, sizeof time));
        } else if (found > 1 && times_asked_for(part, op->value) == 1) {
            snprintf(text, room,
                     "%s: %s stands in it %zu times and was appended once.",
                     first, piece, found);
        } else {
            continue;
        }
        if (proves(part, asker, op, NULL))
            return true;
    }
    return false;
}

// One answer that cannot be right, the earliest: its operation; NULL: none is
// wrong alone.
static const struct linear_operation *tell_one(const struct part *part,
                                               char *text, size_t room)
{
    const struct linear_operation *first = NULL;
    for (size_t i = 0; i < part->n; i++) {
        const struct linear_operation *op = &part->op[i];
        if (!asks(op) || (first != NULL && op->returned > first->returned))
            continue;
        const char *asked =
            or_empty(op->kind == LINEAR_GET ? op->value : op->expected);
        if (tell_unwritten(part, op, asked, text, room) ||
            tell_stale(part, op, asked, text, room) ||
            tell_append(part, op, asked, text, room))
            first = op;
    }
    return first;
}

static void tell_many(const struct part *part, char *text, size_t room)
{
    char key[40], words[160];
    size_t n = 0;
    const struct linear_operation *last = &part->op[0];
    for (size_t i = 0; i < part->n; i++)
        if (part->keep[i]) {
            last = &part->op[i];
            n++;
        }
    if (n == 1)
        snprintf(text, room, "No order explains that %s.",
                 linear_words(last, words, sizeof words));
    else
        snprintf(text, room,
                 "No order of these %zu operations on key %s explains what they"
                 " returned.",
                 n, show(last->key, key, sizeof key));
}

// ------------------------------------------------------------- cutting down

// Leaves out a run of kept operations, unless the rest could be explained.
static bool cut(struct part *part, size_t from, size_t to, uint64_t *cost)
{
    bool any = false;
    bool *old = must_copy(part->keep, part->n * sizeof old[0]);
    for (size_t i = from; i < to; i++) {
        any |= part->keep[i];
        part->keep[i] = false;
    }
    bool good = !any || still_illegal(part, cost);
    if (!good)
        memcpy(part->keep, old, part->n * sizeof old[0]);
    free(old);
    return any && good;
}

static void cut_down(struct part *part, size_t failed, uint64_t *cost)
{
    // Nothing called after the answer that failed can explain it.
    uint64_t end = part->op[failed].returned;
    for (size_t i = 0; i < part->n; i++)
        part->keep[i] = part->op[i].called <= end;
    if (!still_illegal(part, cost))
        memset(part->keep, true, part->n * sizeof part->keep[0]);
    for (size_t size = part->n; size > 0; size /= 2)
        for (bool again = true; again;) {
            again = false;
            // The newest first: what stays is early and close together.
            for (size_t to = part->n; to > 0; to -= to < size ? to : size)
                again |= cut(part, to < size ? 0 : to - size, to, cost);
            again &= size == 1;
        }
}

static void explain(struct part *part, size_t failed,
                    struct linear_verdict *verdict)
{
    const struct linear_operation *wrong =
        tell_one(part, verdict->text, sizeof verdict->text);
    if (wrong == NULL) {
        cut_down(part, failed, &verdict->n_configurations);
        tell_many(part, verdict->text, sizeof verdict->text);
        for (size_t i = 0; i < part->n; i++)
            if (part->keep[i] && part->op[i].outcome != LINEAR_OPEN &&
                (wrong == NULL || part->op[i].returned > wrong->returned))
                wrong = &part->op[i];
    }
    if (wrong != NULL)
        verdict->failed = part->source[wrong - part->op];
    verdict->shown = must_calloc(part->n, sizeof verdict->shown[0]);
    for (size_t i = 0; i < part->n; i++)
        if (part->keep[i])
            verdict->shown[verdict->n_shown++] = part->source[i];
}

// ----------------------------------------------------------------- the keys

struct numbered {
    const struct linear_operation *op;
    size_t source;
};

// By key, in the order of the calls.
static int by_key(const void *a, const void *b)
{
    const struct numbered *first = a, *second = b;
    int order = strcmp(first->op->key, second->op->key);
    if (order != 0)
        return order;
    if (first->op->called != second->op->called)
        return first->op->called < second->op->called ? -1 : 1;
    return first->source < second->source ? -1 : first->source > second->source;
}

// The history sorted by key, and room for the operations of one.
struct keys {
    struct numbered *sorted;
    struct part part;
    size_t n, next;
};

static struct keys keys_open(const struct linear_operation *op, size_t n)
{
    struct keys keys = {must_calloc(n + 1, sizeof *keys.sorted),
                        {must_calloc(n + 1, sizeof *op),
                         must_calloc(n + 1, sizeof(size_t)),
                         must_calloc(n + 1, sizeof(bool)), 0},
                        n,
                        0};
    for (size_t i = 0; i < n; i++)
        keys.sorted[i] = (struct numbered){&op[i], i};
    qsort(keys.sorted, n, sizeof *keys.sorted, by_key);
    return keys;
}

// Takes the next key's operations. False: there are no more.
static bool keys_next(struct keys *keys)
{
    struct part *part = &keys->part;
    const char *key = NULL;
    part->n = 0;
    for (; keys->next < keys->n; keys->next++) {
        const struct numbered *at = &keys->sorted[keys->next];
        if (key != NULL && strcmp(at->op->key, key) != 0)
            break;
        key = at->op->key;
        part->op[part->n] = *at->op;
        part->source[part->n++] = at->source;
    }
    return key != NULL;
}

static void keys_close(struct keys *keys)
{
    free(keys->sorted);
    free(keys->part.op);
    free(keys->part.source);
    free(keys->part.keep);
}

enum linear_result linear_check(const struct linear_operation *op, size_t n,
                                uint64_t budget, struct linear_verdict *verdict)
{
    *verdict = (struct linear_verdict){.result = LINEAR_LEGAL, .failed = n};
    struct keys keys = keys_open(op, n);
    const struct part *part = &keys.part;
    while (verdict->result != LINEAR_ILLEGAL && keys_next(&keys)) {
        size_t failed;
        enum linear_result result =
            linear_search(part->op, part->n, NULL, budget, &failed,
                          &verdict->n_configurations);
        if (result == LINEAR_LEGAL)
            continue;
        verdict->result = result;
        verdict->failed = part->source[result == LINEAR_ILLEGAL ? failed : 0];
    }
    keys_close(&keys);
    return verdict->result;
}

void linear_explain(const struct linear_operation *op, size_t n,
                    struct linear_verdict *verdict)
{
    if (verdict->result == LINEAR_LEGAL)
        return;
    char key[40];
    snprintf(verdict->text, sizeof verdict->text,
             "The operations on key %s are too many at once: not decided within"
             " %llu configurations.",
             show(op[verdict->failed].key, key, sizeof key),
             (unsigned long long)verdict->n_configurations);
    struct keys keys = keys_open(op, n);
    size_t failed = verdict->failed;
    while (verdict->result == LINEAR_ILLEGAL && keys_next(&keys))
        for (size_t i = 0; i < keys.part.n; i++)
            if (keys.part.source[i] == failed)
                explain(&keys.part, i, verdict);
    keys_close(&keys);
}

void linear_clear(struct linear_verdict *verdict)
{
    free(verdict->shown);
    verdict->shown = NULL;
    verdict->n_shown = 0;
}
