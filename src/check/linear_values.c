// linear_values.c -- the values of one key, as small numbers.
#include "linear_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static uint64_t hash(uint64_t so_far, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        so_far = (so_far ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return so_far;
}

// Where a text of two parts stands in the table, or would stand.
static uint32_t *find(const struct linear_values *values, uint64_t h,
                      const char *first, size_t n_first, const char *second,
                      size_t n_second)
{
    for (size_t i = h;; i++) {
        uint32_t *slot = &values->slot[i & (values->n_slots - 1)];
        if (*slot == 0)
            return slot;
        const struct linear_text *text = &values->text[*slot - 1];
        if (text->hash == h && text->n == n_first + n_second &&
            memcmp(text->bytes, first, n_first) == 0 &&
            memcmp(text->bytes + n_first, second, n_second) == 0)
            return slot;
    }
}

static void grow_table(struct linear_values *values)
{
    values->n_slots *= 2;
    free(values->slot);
    values->slot = must_calloc(values->n_slots, sizeof values->slot[0]);
    for (size_t i = 0; i < values->n; i++) {
        const struct linear_text *text = &values->text[i];
        *find(values, text->hash, text->bytes, text->n, "", 0) =
            (uint32_t)i + 1;
    }
}

// Compares the first n bytes of a with b: is b smaller, larger, or does it
// begin with them (0)?
static int compare_beginning(const struct linear_text *a,
                             const struct linear_text *b)
{
    int order = memcmp(b->bytes, a->bytes, a->n < b->n ? a->n : b->n);
    return order != 0 ? order : b->n < a->n ? -1 : 0;
}

// The last return that asks for a value which begins with this one.
static uint64_t asked_until(const struct linear_values *values,
                            const struct linear_text *text)
{
    size_t low = 0, high = values->n_asked;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct linear_text *at = &values->text[values->asked[middle]];
        if (compare_beginning(text, at) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t until = 0;
    for (; low < values->n_asked; low++) {
        const struct linear_text *at = &values->text[values->asked[low]];
        if (compare_beginning(text, at) != 0)
            break;
        if (at->asked_until > until)
            until = at->asked_until;
    }
    return until;
}

static linear_value add(struct linear_values *values, const char *first,
                        size_t n_first, const char *second, size_t n_second)
{
    uint64_t h =
        hash(hash(0xcbf29ce484222325u, first, n_first), second, n_second);
    uint32_t *slot = find(values, h, first, n_first, second, n_second);
    if (*slot != 0)
        return *slot - 1;
    values->text = must_grow(values->text, values->n, &values->room,
                             sizeof values->text[0]);
    struct linear_text *text = &values->text[values->n];
    *text = (struct linear_text){.n = n_first + n_second, .hash = h};
    text->bytes = must_malloc(text->n + 1);
    memcpy(text->bytes, first, n_first);
    memcpy(text->bytes + n_first, second, n_second);
    text->bytes[text->n] = '\0';
    *slot = (uint32_t)++values->n;
    if (2 * values->n > values->n_slots)
        grow_table(values);
    return (linear_value)(values->n - 1);
}

void values_make(struct linear_values *values)
{
    *values = (struct linear_values){.n_slots = 64};
    values->slot = must_calloc(values->n_slots, sizeof values->slot[0]);
    add(values, "", 0, "", 0);
}

void values_free(struct linear_values *values)
{
    for (size_t i = 0; i < values->n; i++)
        free(values->text[i].bytes);
    free(values->text);
    free(values->slot);
    free(values->asked);
}

linear_value values_add(struct linear_values *values, const char *text)
{
    return text == NULL ? VALUE_EMPTY : add(values, text, strlen(text), "", 0);
}

void values_ask(struct linear_values *values, linear_value value,
                uint64_t returned)
{
    struct linear_text *text = &values->text[value];
    if (returned > text->asked_until)
        text->asked_until = returned;
}

// qsort() has no place for the values themselves.
struct entry {
    const char *bytes;
    linear_value value;
};

static int by_bytes(const void *a, const void *b)
{
    const struct entry *first = a, *second = b;
    return strcmp(first->bytes, second->bytes);
}

void values_asked(struct linear_values *values)
{
    struct entry *entry = must_calloc(values->n, sizeof *entry);
    values->asked = must_calloc(values->n, sizeof values->asked[0]);
    for (size_t i = 0; i < values->n; i++)
        if (values->text[i].asked_until > 0)
            entry[values->n_asked++] =
                (struct entry){values->text[i].bytes, (linear_value)i};
    qsort(entry, values->n_asked, sizeof *entry, by_bytes);
    for (size_t i = 0; i < values->n_asked; i++)
        values->asked[i] = entry[i].value;
    free(entry);
    // With appends, the beginnings of what is asked for are asked for, too.
    uint64_t *until = must_calloc(values->n, sizeof *until);
    for (size_t i = 0; i < values->n; i++)
        until[i] = values->appends ? asked_until(values, &values->text[i])
                                   : values->text[i].asked_until;
    for (size_t i = 0; i < values->n; i++)
        values->text[i].asked_until = until[i];
    free(until);
}

linear_value values_seen(const struct linear_values *values, linear_value value,
                         uint64_t now)
{
    return value != VALUE_UNSEEN && values->text[value].asked_until >= now
               ? value
               : VALUE_UNSEEN;
}

linear_value values_append(struct linear_values *values, linear_value value,
                           linear_value more, uint64_t now)
{
    if (value == VALUE_UNSEEN || values->text[more].n == 0)
        return value;
    const struct linear_text first = values->text[value];
    const struct linear_text second = values->text[more];
    size_t n = values->n;
    linear_value both =
        add(values, first.bytes, first.n, second.bytes, second.n);
    if (values->n > n)
        values->text[both].asked_until =
            asked_until(values, &values->text[both]);
    return values_seen(values, both, now);
}

bool values_leads_to(const struct linear_values *values, linear_value value,
                     linear_value goal)
{
    if (value == goal || value == VALUE_UNSEEN || !values->appends)
        return value == goal;
    return compare_beginning(&values->text[value], &values->text[goal]) == 0;
}

bool values_continues(const struct linear_values *values, linear_value value,
                      linear_value more, linear_value goal)
{
    size_t n = values->text[value].n, n_more = values->text[more].n;
    const struct linear_text *text = &values->text[goal];
    return n + n_more <= text->n &&
           memcmp(text->bytes + n, values->text[more].bytes, n_more) == 0;
}
