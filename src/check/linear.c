// linear.c -- the search for an order of one key's operations.
//
// It follows the calls and returns of a history and keeps all configurations
// that are possible at that moment (linear_set.h). A return of an operation
// that has not happened yet makes it happen, after whatever else must happen
// first. What keeps the set small, and why nothing is lost by it:
//
// - An operation that only looks (a get, a refused compare-and-set) happens at
//   once when the value is right: it stands in nobody's way.
// - A put or append that is running while another put happens may have
//   happened right before it, unseen; so may one that leaves the value as it
//   is. It is free: it may count as having happened, or not, as is needed.
// - Open operations of one kind and value are alike; only their number counts.
// - A value that nobody asks for any more is like any other such value.
// - The next answer to be explained names a value. A configuration from which
//   that value cannot be reached by what was called before is dropped.
#include "linear.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "linear_set.h"
#include "linear_values.h"

enum { MOST_BYTES = 64 << 20, NOT_RUNNING = -1 };
#define NEVER UINT64_MAX

struct operation {
    enum linear_kind kind;
    enum linear_outcome outcome;
    linear_value value, expected;
    uint64_t called, returned; // NEVER when it is open
    int slot;                  // its bit while it runs
    size_t class;              // of an open one
    size_t source;             // its number in the history
};

struct moment {
    uint64_t time;
    bool is_return;
    size_t operation;
};

struct search {
    struct operation *op; // sorted by call
    size_t n_ops;
    struct moment *moment;
    size_t n_moments;
    size_t *asker; // operations whose answer is a value, sorted by return
    size_t n_askers;
    size_t next_asker; // the first that has not returned
    size_t first_live; // operations before it have returned
    struct linear_values values;
    struct linear_shape shape;
    size_t *running; // slot -> operation, or n_ops
    size_t n_slots;
    size_t *class; // class -> an operation of it
    size_t n_classes;
    uint16_t *called; // class -> how many of it were called so far
    struct linear_set now, making, after;
    uint64_t *scratch; // one configuration
    uint64_t time, budget, n_configurations;
};

static bool bit(const uint64_t *bits, int slot)
{
    return bits[slot / 64] >> slot % 64 & 1;
}

static void set_bit(uint64_t *bits, int slot)
{
    bits[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void clear_bit(uint64_t *bits, int slot)
{
    bits[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

static bool is_open(const struct operation *op)
{
    return op->outcome == LINEAR_OPEN;
}

// Does it leave the value as it is, whatever it was?
static bool only_looks(const struct operation *op)
{
    return op->kind == LINEAR_GET || op->outcome == LINEAR_REFUSED;
}

// The value that must be there for a get or compare-and-set to end as it did.
static linear_value asks_for(const struct operation *op)
{
    return op->kind == LINEAR_GET ? op->value : op->expected;
}

static bool can_happen(const struct operation *op, linear_value value)
{
    if (op->outcome == LINEAR_REFUSED)
        return value != op->expected;
    return (op->kind != LINEAR_GET && op->kind != LINEAR_CAS) ||
           value == asks_for(op);
}

static linear_value happens(struct search *search, const struct operation *op,
                            linear_value value)
{
    if (only_looks(op))
        return value;
    if (op->kind == LINEAR_APPEND)
        return values_append(&search->values, value, op->value, search->time);
    return values_seen(&search->values, op->value, search->time);
}

static bool has_happened(struct search *search, uint64_t *words,
                         const struct operation *op)
{
    return op->slot != NOT_RUNNING &&
           bit(shape_happened(&search->shape, words), op->slot);
}

// Lets those that only look happen, and finds the free ones.
static void settle(struct search *search, uint64_t *words)
{
    if (words[0] != VALUE_UNSEEN)
        words[0] =
            values_seen(&search->values, (linear_value)words[0], search->time);
    linear_value value = (linear_value)words[0];
    for (size_t slot = 0; slot < search->n_slots; slot++) {
        if (search->running[slot] == search->n_ops)
            continue;
        const struct operation *op = &search->op[search->running[slot]];
        uint64_t *happened = shape_happened(&search->shape, words);
        if (bit(happened, op->slot))
            continue;
        bool looks = only_looks(op) ||
                     (op->kind == LINEAR_CAS && op->value == op->expected);
        if (looks && can_happen(op, value))
            set_bit(happened, op->slot);
        else if (!looks && op->kind != LINEAR_CAS &&
                 happens(search, op, value) == value)
            set_bit(shape_free(&search->shape, words), op->slot);
    }
}

// A put hides what may have happened right before it. False: nothing was
// hidden that was not free before.
static bool hide(struct search *search, uint64_t *words)
{
    uint64_t *is_free = shape_free(&search->shape, words);
    bool any = false;
    for (size_t slot = 0; slot < search->n_slots; slot++) {
        if (search->running[slot] == search->n_ops)
            continue;
        const struct operation *op = &search->op[search->running[slot]];
        if ((op->kind == LINEAR_PUT || op->kind == LINEAR_APPEND) &&
            !has_happened(search, words, op) && !bit(is_free, op->slot)) {
            set_bit(is_free, op->slot);
            any = true;
        }
    }
    return any;
}

// Is this operation still to come, as far as the configuration knows?
static bool is_left(struct search *search, uint64_t *words,
                    const struct operation *op)
{
    if (op->returned < search->time)
        return false;
    if (!is_open(op))
        return !has_happened(search, words, op);
    // All that were called, and those still to be called, less the used ones.
    return op->called > search->time ||
           shape_counts(&search->shape, words)[op->class] <
               search->called[op->class];
}

// Can the next answer still be explained? A necessary condition, cheap.
static bool can_go_on(struct search *search, uint64_t *words)
{
    size_t next = search->next_asker;
    while (next < search->n_askers &&
           has_happened(search, words, &search->op[search->asker[next]]))
        next++;
    if (next == search->n_askers)
        return true;
    const struct operation *asker = &search->op[search->asker[next]];
    linear_value goal = asks_for(asker), value = (linear_value)words[0];
    if (value == goal)
        return true;
    const struct linear_values *values = &search->values;
    bool leads = values_leads_to(values, value, goal);
    for (size_t i = search->first_live; i < search->n_ops; i++) {
        const struct operation *op = &search->op[i];
        if (op->called > asker->returned)
            break;
        bool helps =
            op->kind == LINEAR_APPEND
                ? leads && values_continues(values, value, op->value, goal)
                : !only_looks(op) && values_leads_to(values, op->value, goal);
        if (helps && op != asker && is_left(search, words, op))
            return true;
    }
    return false;
}

// Files a configuration: `target` has happened, then it goes to the next
// moment; else it waits to be carried on.
static void file(struct search *search, uint64_t *words,
                 const struct operation *target)
{
    search->n_configurations++;
    settle(search, words);
    if (!can_go_on(search, words))
        return;
    bool happened = has_happened(search, words, target);
    bool is_free = bit(shape_free(&search->shape, words), target->slot);
    if (!happened)
        set_add(&search->making, words);
    if (happened || is_free) {
        clear_bit(shape_happened(&search->shape, words), target->slot);
        clear_bit(shape_free(&search->shape, words), target->slot);
        set_add(&search->after, words);
    }
}

// What becomes of a configuration when an operation happens in it. False: it
// cannot, or would change nothing.
static bool try_operation(struct search *search, const uint64_t *words,
                          const struct operation *op)
{
    linear_value value = (linear_value)words[0];
    if (only_looks(op) || !can_happen(op, value))
        return false;
    linear_value next = happens(search, op, value);
    memcpy(search->scratch, words,
           shape_size(&search->shape) * sizeof words[0]);
    uint64_t *made = search->scratch;
    if (is_open(op)) {
        shape_counts(&search->shape, made)[op->class]++;
    } else {
        set_bit(shape_happened(&search->shape, made), op->slot);
        clear_bit(shape_free(&search->shape, made), op->slot);
    }
    made[0] = next;
    bool hides = op->kind == LINEAR_PUT && hide(search, made);
    return hides || next != value;
}

static void carry_on(struct search *search, size_t row,
                     const struct operation *target)
{
    for (size_t slot = 0; slot < search->n_slots; slot++) {
        uint64_t *words = set_row(&search->making, row);
        if (words == NULL)
            return;
        if (search->running[slot] == search->n_ops)
            continue;
        const struct operation *op = &search->op[search->running[slot]];
        if (!has_happened(search, words, op) &&
            try_operation(search, words, op))
            file(search, search->scratch, target);
    }
    for (size_t class = 0; class < search->n_classes; class ++) {
        uint64_t *words = set_row(&search->making, row);
        if (words == NULL)
            return;
        const struct operation *op = &search->op[search->class[class]];
        if (shape_counts(&search->shape, words)[class] <
                search->called[class] &&
            try_operation(search, words, op))
            file(search, search->scratch, target);
    }
}

static void on_call(struct search *search, size_t number)
{
    struct operation *op = &search->op[number];
    if (is_open(op)) {
        search->called[op->class]++;
        return;
    }
    size_t slot = 0;
    while (search->running[slot] != search->n_ops)
        slot++;
    search->running[slot] = number;
    op->slot = (int)slot;
}

static bool spent(const struct search *search)
{
    size_t rows = search->now.n + search->making.n + search->after.n;
    size_t row_bytes = shape_size(&search->shape) * sizeof(uint64_t);
    return search->n_configurations > search->budget ||
           rows * row_bytes > MOST_BYTES;
}

// False: no configuration is left.
static bool on_return(struct search *search, size_t number)
{
    struct operation *target = &search->op[number];
    size_t size = shape_size(&search->shape);
    set_clear(&search->making);
    set_clear(&search->after);
    for (size_t row = 0; row < search->now.n; row++) {
        uint64_t *words = set_row(&search->now, row);
        if (words == NULL)
            continue;
        memcpy(search->scratch, words, size * sizeof words[0]);
        file(search, search->scratch, target);
    }
    for (size_t row = 0; row < search->making.n && !spent(search); row++)
        carry_on(search, row, target);
    if (spent(search))
        return true;
    struct linear_set old = search->now;
    search->now = search->after;
    search->after = old;
    search->running[target->slot] = search->n_ops;
    target->slot = NOT_RUNNING;
    while (search->next_asker < search->n_askers &&
           search->op[search->asker[search->next_asker]].returned <=
               search->time)
        search->next_asker++;
    while (search->first_live < search->n_ops &&
           search->op[search->first_live].returned <= search->time)
        search->first_live++;
    return search->now.n_alive > 0;
}

static enum linear_result follow(struct search *search, size_t *failed)
{
    memset(search->scratch, 0,
           shape_size(&search->shape) * sizeof search->scratch[0]);
    set_add(&search->now, search->scratch);
    for (size_t i = 0; i < search->n_moments; i++) {
        const struct moment *moment = &search->moment[i];
        search->time = moment->time;
        if (!moment->is_return) {
            on_call(search, moment->operation);
        } else if (!on_return(search, moment->operation)) {
            *failed = search->op[moment->operation].source;
            return LINEAR_ILLEGAL;
        }
        if (spent(search))
            return LINEAR_UNDECIDED;
    }
    return LINEAR_LEGAL;
}

// --------------------------------------------------------------- setting up

static int by_call(const void *a, const void *b)
{
    const struct operation *first = a, *second = b;
    if (first->called != second->called)
        return first->called < second->called ? -1 : 1;
    return first->source < second->source ? -1 : first->source > second->source;
}

// Calls stand before returns of the same time: that allows more.
static int by_time(const void *a, const void *b)
{
    const struct moment *first = a, *second = b;
    if (first->time != second->time)
        return first->time < second->time ? -1 : 1;
    if (first->is_return != second->is_return)
        return first->is_return ? 1 : -1;
    return first->operation < second->operation   ? -1
           : first->operation > second->operation ? 1
                                                  : 0;
}

// Takes what the search needs of an operation; what only looks, and was not
// answered or is not kept, says nothing.
static void take(struct search *search, const struct linear_operation *from,
                 size_t source, bool kept)
{
    bool open = !kept || from->outcome == LINEAR_OPEN;
    if (open && (from->kind == LINEAR_GET || from->outcome == LINEAR_REFUSED))
        return;
    struct linear_values *values = &search->values;
    values->appends |= from->kind == LINEAR_APPEND;
    search->op[search->n_ops++] =
        (struct operation){.kind = from->kind,
                           .outcome = open ? LINEAR_OPEN : from->outcome,
                           .value = values_add(values, from->value),
                           .expected = values_add(values, from->expected),
                           .called = from->called,
                           .returned = open ? NEVER : from->returned,
                           .slot = NOT_RUNNING,
                           .source = source};
}

static bool same_class(const struct operation *a, const struct operation *b)
{
    return a->kind == b->kind && a->value == b->value &&
           a->expected == b->expected;
}

static void classify(struct search *search, struct operation *op)
{
    while (op->class < search->n_classes &&
           !same_class(op, &search->op[search->class[op->class]]))
        op->class ++;
    if (op->class == search->n_classes)
        search->class[search->n_classes++] = (size_t)(op - search->op);
}

static void list_moments(struct search *search)
{
    const struct operation *op = search->op;
    for (size_t i = 0; i < search->n_ops; i++) {
        search->moment[search->n_moments++] =
            (struct moment){op[i].called, false, i};
        if (!is_open(&op[i]))
            search->moment[search->n_moments++] =
                (struct moment){op[i].returned, true, i};
    }
    qsort(search->moment, search->n_moments, sizeof search->moment[0], by_time);
    size_t n_running = 0;
    for (size_t i = 0; i < search->n_moments; i++) {
        const struct moment *moment = &search->moment[i];
        size_t number = moment->operation;
        if (moment->is_return) {
            n_running--;
            if (op[number].kind == LINEAR_GET ||
                (op[number].kind == LINEAR_CAS &&
                 op[number].outcome == LINEAR_DONE))
                search->asker[search->n_askers++] = number;
        } else if (!is_open(&op[number]) && ++n_running > search->n_slots) {
            search->n_slots = n_running;
        }
    }
}

static void set_up(struct search *search, size_t n)
{
    qsort(search->op, search->n_ops, sizeof search->op[0], by_call);
    for (size_t i = 0; i < search->n_ops; i++) {
        struct operation *op = &search->op[i];
        if (is_open(op))
            classify(search, op);
        // Both a refused and an open one must tell this value from others.
        if (op->kind == LINEAR_CAS || op->kind == LINEAR_GET)
            values_ask(&search->values, asks_for(op), op->returned);
    }
    values_asked(&search->values);
    list_moments(search);
    search->shape = (struct linear_shape){(search->n_slots + 63) / 64,
                                          (search->n_classes + 3) / 4};
    search->running = must_calloc(search->n_slots + 1, sizeof(size_t));
    for (size_t slot = 0; slot < search->n_slots; slot++)
        search->running[slot] = search->n_ops;
    search->called = must_calloc(n + 1, sizeof search->called[0]);
    search->scratch = must_calloc(shape_size(&search->shape), sizeof(uint64_t));
    set_make(&search->now, search->shape);
    set_make(&search->making, search->shape);
    set_make(&search->after, search->shape);
}

static void tear_down(struct search *search)
{
    values_free(&search->values);
    set_free(&search->now);
    set_free(&search->making);
    set_free(&search->after);
    free(search->op);
    free(search->moment);
    free(search->asker);
    free(search->class);
    free(search->running);
    free(search->called);
    free(search->scratch);
}

enum linear_result linear_search(const struct linear_operation *op, size_t n,
                                 const bool *keep, uint64_t budget,
                                 size_t *failed, uint64_t *n_configurations)
{
    struct search search = {.budget = budget > 0 ? budget : LINEAR_BUDGET};
    values_make(&search.values);
    search.op = must_calloc(n + 1, sizeof search.op[0]);
    search.moment = must_calloc(2 * n + 1, sizeof search.moment[0]);
    search.asker = must_calloc(n + 1, sizeof search.asker[0]);
    search.class = must_calloc(n + 1, sizeof search.class[0]);
    for (size_t i = 0; i < n; i++)
        take(&search, &op[i], i, keep == NULL || keep[i]);
    set_up(&search, n);
    *failed = n;
    enum linear_result result = follow(&search, failed);
    *n_configurations += search.n_configurations;
    tear_down(&search);
    return result;
}
