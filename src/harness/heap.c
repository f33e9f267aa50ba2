// heap.c -- see heap.h.
#include "heap.h"

#include <stddef.h>
#include <stdint.h>

#include "../sim/sim.h"

// The blocks, by their addresses: a hash table with open addressing. A run is
// one thread of the system, so nothing is locked.
enum { SLOT_BITS = 18, N_SLOTS = 1 << SLOT_BITS, MOST = N_SLOTS / 4 * 3 };
static uintptr_t slots[N_SLOTS];
static int n_blocks;
bool heap_watched;

static size_t slot_of(uintptr_t block)
{
    return (block >> 4) * 0x9e3779b97f4a7c15u >> (64 - SLOT_BITS);
}

void heap_took(void *block)
{
    if (block == NULL || sim_server() < 0 || n_blocks == MOST)
        return;
    size_t i = slot_of((uintptr_t)block);
    while (slots[i] != 0)
        i = (i + 1) % N_SLOTS;
    slots[i] = (uintptr_t)block;
    n_blocks++;
}

// What stands behind the gap and would not be found over it moves into it.
static void close_gap(size_t gap)
{
    for (size_t i = (gap + 1) % N_SLOTS; slots[i] != 0; i = (i + 1) % N_SLOTS) {
        size_t home = slot_of(slots[i]);
        if ((i - home) % N_SLOTS < (i - gap) % N_SLOTS)
            continue;
        slots[gap] = slots[i];
        gap = i;
    }
    slots[gap] = 0;
}

void heap_gave(void *block)
{
    if (block == NULL)
        return;
    size_t i = slot_of((uintptr_t)block);
    while (slots[i] != 0 && slots[i] != (uintptr_t)block)
        i = (i + 1) % N_SLOTS;
    if (slots[i] == 0)
        return;
    close_gap(i);
    n_blocks--;
}

bool heap_pauses(void)
{
    bool watched = heap_watched;
    heap_watched = false;
    return watched;
}

void heap_counts(bool watched)
{
    heap_watched = watched;
}

void heap_watch(void)
{
    heap_watched = sim_active();
}

int heap_n_blocks(void)
{
    return n_blocks;
}
