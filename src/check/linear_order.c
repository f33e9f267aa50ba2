// linear_order.c -- one order that explains a history, for people to read.
//
// Depth first over the calls and returns of a key: an operation may come next
// if it was called before the first return of those that are left. What was
// tried in vain, a set of operations and a value, is remembered by its hash
// alone: at worst an order is not found that there is, never a wrong one.
#include "linear.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/random.h"

enum { STEPS = 200000 };

// A call or a return, in a list of those that are left.
struct moment {
    uint64_t time;
    bool is_return;
    size_t operation; // in the key's
    size_t previous, next, twin;
};

struct ordered {
    const struct linear_operation *op;
    size_t source;
    size_t call; // its moment
};

struct order {
    struct ordered *of;
    size_t n, n_to_return; // operations; that must have a place
    struct moment *moment; // [0] and [n_moments-1] are the ends of the list
    size_t n_moments;
    size_t *stack; // operations in their order
    char **before; // the value before each of them
    size_t depth;
    char *value;
    uint64_t set; // hash of the operations that have a place
    uint64_t *tried;
    size_t n_tried, room;
};

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static uint64_t hash_of(const struct order *order)
{
    uint64_t hash = order->set;
    for (const char *at = order->value; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    hash = random_mix(hash);
    return hash != 0 ? hash : 1;
}

// True: it was new.
static bool remember(struct order *order, uint64_t hash)
{
    if (2 * (order->n_tried + 1) > order->room) {
        uint64_t *old = order->tried;
        size_t n_old = order->room;
        order->room = 2 * n_old + 64;
        order->tried = must_calloc(order->room, sizeof *order->tried);
        order->n_tried = 0;
        for (size_t i = 0; i < n_old; i++)
            if (old[i] != 0)
                remember(order, old[i]);
        free(old);
    }
    size_t at = hash % order->room;
    while (order->tried[at] != 0 && order->tried[at] != hash)
        at = (at + 1) % order->room;
    if (order->tried[at] == hash)
        return false;
    order->tried[at] = hash;
    order->n_tried++;
    return true;
}

// --------------------------------------------------------------- operations

// The value after the operation; NULL when it cannot happen now. To be freed.
static char *after(const struct linear_operation *op, const char *value)
{
    const char *more = or_empty(op->value);
    bool expected = strcmp(value, or_empty(op->expected)) == 0;
    bool open = op->outcome == LINEAR_OPEN;
    size_t kept = 0;
    if (op->kind == LINEAR_GET) {
        if (!open && strcmp(value, more) != 0)
            return NULL;
        more = "";
        kept = strlen(value);
    } else if (op->kind == LINEAR_APPEND) {
        kept = strlen(value);
    } else if (op->kind == LINEAR_CAS) {
        if (expected == (op->outcome == LINEAR_REFUSED))
            return NULL;
        kept = expected ? 0 : strlen(value);
        more = expected ? more : "";
    }
    char *made = must_malloc(kept + strlen(more) + 1);
    memcpy(made, value, kept);
    memcpy(made + kept, more, strlen(more) + 1);
    return made;
}

static void unlink_moment(struct order *order, size_t at)
{
    const struct moment *moment = &order->moment[at];
    order->moment[moment->previous].next = moment->next;
    order->moment[moment->next].previous = moment->previous;
}

static void link_again(struct order *order, size_t at)
{
    const struct moment *moment = &order->moment[at];
    order->moment[moment->previous].next = at;
    order->moment[moment->next].previous = at;
}

static bool has_return(const struct order *order, size_t operation)
{
    return order->of[operation].op->outcome != LINEAR_OPEN;
}

static void put(struct order *order, size_t operation, char *value)
{
    size_t call = order->of[operation].call;
    order->stack[order->depth] = operation;
    order->before[order->depth++] = order->value;
    order->value = value;
    order->set ^= random_mix(operation + UINT64_C(0x9e3779b97f4a7c15));
    order->n_to_return -= has_return(order, operation);
    unlink_moment(order, call);
    if (has_return(order, operation))
        unlink_moment(order, order->moment[call].twin);
}

// Takes the last one back; gives its moment.
static size_t take_back(struct order *order)
{
    size_t operation = order->stack[--order->depth];
    size_t call = order->of[operation].call;
    free(order->value);
    order->value = order->before[order->depth];
    order->set ^= random_mix(operation + UINT64_C(0x9e3779b97f4a7c15));
    order->n_to_return += has_return(order, operation);
    if (has_return(order, operation))
        link_again(order, order->moment[call].twin);
    link_again(order, call);
    return call;
}

static bool find(struct order *order, uint64_t budget)
{
    size_t end = order->n_moments - 1, at = order->moment[0].next;
    while (order->n_to_return > 0 && budget > 0) {
        const struct moment *moment = &order->moment[at];
        if (at == end || moment->is_return) {
            // Nothing else may come next: what was last was wrong.
            if (order->depth == 0)
                return false;
            at = order->moment[take_back(order)].next;
            continue;
        }
        budget--;
        char *value = after(order->of[moment->operation].op, order->value);
        if (value == NULL) {
            at = moment->next;
            continue;
        }
        put(order, moment->operation, value);
        at = order->moment[0].next;
        if (!remember(order, hash_of(order)))
            at = order->moment[take_back(order)].next;
    }
    return order->n_to_return == 0;
}

// ------------------------------------------------------------------ the keys

static int by_time(const void *a, const void *b)
{
    const struct moment *first = a, *second = b;
    if (first->time != second->time)
        return first->time < second->time ? -1 : 1;
    return first->is_return - second->is_return;
}

static void list_moments(struct order *order)
{
    size_t n = 0;
    struct moment *moment = order->moment;
    moment[n++] = (struct moment){.time = 0};
    for (size_t i = 0; i < order->n; i++) {
        const struct linear_operation *op = order->of[i].op;
        moment[n++] = (struct moment){.time = op->called, .operation = i};
        if (op->outcome != LINEAR_OPEN)
            moment[n++] = (struct moment){op->returned, true, i, 0, 0, 0};
    }
    qsort(moment + 1, n - 1, sizeof *moment, by_time);
    moment[n++] = (struct moment){.time = UINT64_MAX};
    for (size_t i = 0; i < n; i++) {
        moment[i].previous = i > 0 ? i - 1 : 0;
        moment[i].next = i + 1;
        bool inner = i > 0 && i + 1 < n;
        if (inner && !moment[i].is_return)
            order->of[moment[i].operation].call = i;
        else if (inner)
            moment[order->of[moment[i].operation].call].twin = i;
    }
    order->n_moments = n;
}

// The operations [0, n) of one key.
static bool order_key(struct ordered *of, size_t n, uint64_t budget,
                      size_t *place)
{
    struct order order = {.of = of, .n = n};
    order.moment = must_calloc(2 * n + 2, sizeof *order.moment);
    order.stack = must_calloc(n + 1, sizeof *order.stack);
    order.before = must_calloc(n + 1, sizeof *order.before);
    order.value = must_calloc(1, 1);
    for (size_t i = 0; i < n; i++)
        order.n_to_return += has_return(&order, i);
    list_moments(&order);
    bool found = find(&order, budget);
    for (size_t i = 0; found && i < order.depth; i++)
        place[of[order.stack[i]].source] = i + 1;
    while (order.depth > 0)
        take_back(&order);
    free(order.moment);
    free(order.stack);
    free(order.before);
    free(order.value);
    free(order.tried);
    return found;
}

static int by_key(const void *a, const void *b)
{
    const struct ordered *first = a, *second = b;
    int order = strcmp(first->op->key, second->op->key);
    if (order != 0)
        return order;
    return first->source < second->source ? -1 : first->source > second->source;
}

bool linear_order(const struct linear_operation *op, size_t n, const bool *keep,
                  uint64_t budget, size_t *place)
{
    struct ordered *of = must_calloc(n + 1, sizeof *of);
    size_t n_of = 0;
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        place[i] = 0;
        if (keep == NULL || keep[i])
            of[n_of++] = (struct ordered){.op = &op[i], .source = i};
    }
    qsort(of, n_of, sizeof *of, by_key);
    for (size_t i = 0, end; i < n_of; i = end) {
        for (end = i; end < n_of; end++)
            if (strcmp(of[end].op->key, of[i].op->key) != 0)
                break;
        all &= order_key(of + i, end - i, budget > 0 ? budget : STEPS, place);
    }
    free(of);
    return all;
}
