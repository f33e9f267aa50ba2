// table.c -- a hash table from two numbers to a small record.
#include "table.h"

#include <stdlib.h>

#include "base/die.h"

// Neighbours, as the indexes of a log are, stand side by side.
static size_t slot_of(const struct table *table, uint64_t a, uint64_t b)
{
    enum { SIDE_BY_SIDE = 8 };
    uint64_t hash =
        (a / SIDE_BY_SIDE * 0x9e3779b97f4a7c15u) ^ (b * 0xc2b2ae3d27d4eb4fu);
    size_t at = (size_t)((hash >> 20) * SIDE_BY_SIDE + a % SIDE_BY_SIDE) &
                (table->room - 1);
    while (table->cell[at].a != 0 &&
           (table->cell[at].a != a || table->cell[at].b != b))
        at = (at + 1) & (table->room - 1);
    return at;
}

// Moves the cells whose first number is `low` or more to a table with room for
// as many again.
static void rebuild(struct table *table, uint64_t low)
{
    struct table old = *table;
    size_t n = 0;
    for (size_t i = 0; i < old.room; i++)
        n += old.cell[i].a != 0 && old.cell[i].a >= low;
    table->n = n;
    for (table->room = 64; table->room < 4 * n;)
        table->room *= 2;
    table->cell = must_calloc(table->room, sizeof *table->cell);
    for (size_t i = 0; i < old.room; i++)
        if (old.cell[i].a != 0 && old.cell[i].a >= low)
            table->cell[slot_of(table, old.cell[i].a, old.cell[i].b)] =
                old.cell[i];
    free(old.cell);
}

struct table_cell *table_at(struct table *table, uint64_t a, uint64_t b,
                            bool *fresh)
{
    if (2 * (table->n + 1) > table->room)
        rebuild(table, 1);
    struct table_cell *cell = &table->cell[slot_of(table, a, b)];
    *fresh = cell->a == 0;
    if (*fresh) {
        cell->a = a;
        cell->b = b;
        table->n++;
    }
    return cell;
}

const struct table_cell *table_find(const struct table *table, uint64_t a,
                                    uint64_t b)
{
    if (table->room == 0)
        return NULL;
    const struct table_cell *cell = &table->cell[slot_of(table, a, b)];
    return cell->a != 0 ? cell : NULL;
}

void table_forget(struct table *table, uint64_t low)
{
    if (table->n > 0)
        rebuild(table, low);
}
