// linear_set.c -- sets of configurations, of which only the best are kept.
#include "linear_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

// The value of a row that was replaced; no key has so many values.
#define REPLACED UINT64_MAX

size_t shape_size(const struct linear_shape *shape)
{
    return 1 + 2 * shape->n_words + shape->n_counts;
}

uint64_t *shape_happened(const struct linear_shape *shape, uint64_t *words)
{
    (void)shape;
    return words + 1;
}

uint64_t *shape_free(const struct linear_shape *shape, uint64_t *words)
{
    return words + 1 + shape->n_words;
}

uint16_t *shape_counts(const struct linear_shape *shape, uint64_t *words)
{
    return (void *)(words + 1 + 2 * shape->n_words);
}

void set_make(struct linear_set *set, struct linear_shape shape)
{
    *set = (struct linear_set){.shape = shape, .n_heads = 64};
    set->head = must_calloc(set->n_heads, sizeof set->head[0]);
}

void set_free(struct linear_set *set)
{
    free(set->words);
    free(set->next);
    free(set->head);
}

void set_clear(struct linear_set *set)
{
    if (set->n_values > 0)
        memset(set->head, 0, set->n_heads * sizeof set->head[0]);
    set->n = set->n_values = set->n_alive = 0;
}

static struct linear_head *find(const struct linear_set *set, uint64_t value)
{
    for (size_t i = value * 0x9e3779b97f4a7c15u >> 32;; i++) {
        struct linear_head *head = &set->head[i & (set->n_heads - 1)];
        if (head->first == 0 || head->value == value)
            return head;
    }
}

static void grow_table(struct linear_set *set)
{
    struct linear_head *old = set->head;
    size_t n_old = set->n_heads;
    set->n_heads *= 2;
    set->head = must_calloc(set->n_heads, sizeof set->head[0]);
    for (size_t i = 0; i < n_old; i++)
        if (old[i].first != 0)
            *find(set, old[i].value) = old[i];
    free(old);
}

// Is a, of the same value, at least as good as b? An operation that may count
// either way is best; one that has happened and one that has not are different
// promises. Open operations are best not yet used.
static bool at_least_as_good(const struct linear_shape *shape, uint64_t *a,
                             uint64_t *b)
{
    const uint64_t *a_happened = shape_happened(shape, a);
    const uint64_t *b_happened = shape_happened(shape, b);
    const uint64_t *a_free = shape_free(shape, a);
    const uint64_t *b_free = shape_free(shape, b);
    for (size_t i = 0; i < shape->n_words; i++)
        if ((a_happened[i] & ~b_happened[i]) != 0 ||
            (b_happened[i] & ~a_happened[i] & ~a_free[i]) != 0 ||
            (b_free[i] & ~a_free[i]) != 0)
            return false;
    const uint16_t *a_count = shape_counts(shape, a);
    const uint16_t *b_count = shape_counts(shape, b);
    for (size_t i = 0; i < 4 * shape->n_counts; i++)
        if (a_count[i] > b_count[i])
            return false;
    return true;
}

static void append(struct linear_set *set, const uint64_t *words)
{
    size_t size = shape_size(&set->shape);
    if (set->n == set->room) {
        set->room = 2 * set->room + 64;
        set->words =
            must_realloc(set->words, set->room * size * sizeof set->words[0]);
        set->next = must_realloc(set->next, set->room * sizeof set->next[0]);
    }
    memcpy(set->words + set->n * size, words, size * sizeof words[0]);
    set->n++;
    set->n_alive++;
}

bool set_add(struct linear_set *set, uint64_t *words)
{
    size_t size = shape_size(&set->shape);
    struct linear_head *head = find(set, words[0]);
    bool fresh = head->first == 0;
    uint32_t *link = &head->first;
    while (*link != 0) {
        size_t row = *link - 1;
        uint64_t *other = set->words + row * size;
        if (at_least_as_good(&set->shape, other, words))
            return false;
        if (at_least_as_good(&set->shape, words, other)) {
            other[0] = REPLACED;
            set->n_alive--;
            *link = set->next[row];
        } else {
            link = &set->next[row];
        }
    }
    append(set, words);
    set->next[set->n - 1] = head->first;
    head->value = words[0];
    head->first = (uint32_t)set->n;
    set->n_values += fresh;
    if (fresh && 2 * set->n_values > set->n_heads)
        grow_table(set);
    return true;
}

uint64_t *set_row(const struct linear_set *set, size_t row)
{
    uint64_t *words = set->words + row * shape_size(&set->shape);
    return words[0] == REPLACED ? NULL : words;
}
