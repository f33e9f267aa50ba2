// linear_set.h -- sets of configurations, of which only the best are kept.
//
// A configuration is a row of 64-bit words: the value; a bit for each running
// operation that has happened; a bit for each that may count as having
// happened, or not, as is needed; and how many open operations of each class
// have happened, four to a word. One is at least as good as another when
// whatever may follow the other may follow it. Only for linear.c.
#ifndef GLASSRAFT_LINEAR_SET_H
#define GLASSRAFT_LINEAR_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What all configurations of a search look like.
struct linear_shape {
    size_t n_words;  // of each row of bits
    size_t n_counts; // words of counts
};

// In words; a configuration's parts.
size_t shape_size(const struct linear_shape *shape);
uint64_t *shape_happened(const struct linear_shape *shape, uint64_t *words);
uint64_t *shape_free(const struct linear_shape *shape, uint64_t *words);
uint16_t *shape_counts(const struct linear_shape *shape, uint64_t *words);

struct linear_set {
    struct linear_shape shape;
    uint64_t *words; // n rows
    uint32_t *next;  // of the rows with the same value; 0 = none, or row + 1
    size_t n, room;
    struct linear_head {
        uint64_t value;
        uint32_t first; // row + 1; 0 = this place is free
    } * head;           // a hash table by value
    size_t n_heads, n_values;
    size_t n_alive; // rows that no better one has replaced
};

void set_make(struct linear_set *set, struct linear_shape shape);
void set_free(struct linear_set *set);
void set_clear(struct linear_set *set);
// Adds a copy, unless one at least as good is there; removes those that it is
// better than. True: it was added.
bool set_add(struct linear_set *set, uint64_t *words);
// A row, or NULL when a better one has replaced it. Valid until the next
// set_add().
uint64_t *set_row(const struct linear_set *set, size_t row);

#endif
