// table.h -- a hash table from two numbers to a small record.
#ifndef GLASSRAFT_CHECK_TABLE_H
#define GLASSRAFT_CHECK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_cell {
    uint64_t a, b; // the key; a = 0: free
    uint64_t first, second, event;
    int server;
};

// Zero is an empty table; free(table.cell) ends it.
struct table {
    struct table_cell *cell;
    size_t n, room;
};

// The record of a key, made (all zero, *fresh true) when it is new; until the
// next call.
struct table_cell *table_at(struct table *table, uint64_t a, uint64_t b,
                            bool *fresh);
// The record of a key, NULL when there is none.
const struct table_cell *table_find(const struct table *table, uint64_t a,
                                    uint64_t b);
// Forgets the keys whose first number is below `low`.
void table_forget(struct table *table, uint64_t low);

#endif
