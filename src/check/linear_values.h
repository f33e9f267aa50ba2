// linear_values.h -- the values of one key, as small numbers.
//
// A value that no get or compare-and-set of the rest of the history asks for
// need not be told from others of its kind: it is VALUE_UNSEEN. Where the key
// has appends, a value is asked for as well when it is the beginning of one
// that is. Only for linear.c.
#ifndef GLASSRAFT_LINEAR_VALUES_H
#define GLASSRAFT_LINEAR_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t linear_value;

enum { VALUE_EMPTY = 0 };
#define VALUE_UNSEEN UINT32_MAX

struct linear_text {
    char *bytes;
    size_t n;
    uint64_t hash;
    uint64_t asked_until; // the last return that asks for it; 0 = none does
};

struct linear_values {
    struct linear_text *text;
    size_t n, room;
    uint32_t *slot; // of a hash table of n_slots, a power of two; 0 = free
    size_t n_slots;
    linear_value *asked; // the values asked for, sorted by their bytes
    size_t n_asked;
    bool appends; // does the key have appends?
};

void values_make(struct linear_values *values);
void values_free(struct linear_values *values);
// The number of a text; NULL is the empty value.
linear_value values_add(struct linear_values *values, const char *text);
// A get or compare-and-set that returns at `returned` asks for this value.
void values_ask(struct linear_values *values, linear_value value,
                uint64_t returned);
// No more values_ask(); from here on values may be seen.
void values_asked(struct linear_values *values);
// The value, or VALUE_UNSEEN when nothing that returns at `now` or later asks
// for it.
linear_value values_seen(const struct linear_values *values, linear_value value,
                         uint64_t now);
// The value with another appended, seen at `now`.
linear_value values_append(struct linear_values *values, linear_value value,
                           linear_value more, uint64_t now);
// Can a register that holds `value` come to hold `goal` by appends alone?
bool values_leads_to(const struct linear_values *values, linear_value value,
                     linear_value goal);
// Is `more` what stands in `goal` right behind `value`?
bool values_continues(const struct linear_values *values, linear_value value,
                      linear_value more, linear_value goal);

#endif
