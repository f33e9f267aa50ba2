// heap.c -- see heap.h.
#include "heap.h"

#include <execinfo.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "reserve.h"
#include "sim/sim.h"

// The blocks, by their addresses: a hash table with open addressing. A run is
// one thread of the system, so nothing is locked.
enum { SLOT_BITS = 18, N_SLOTS = 1 << SLOT_BITS, MOST = N_SLOTS / 4 * 3 };
static uintptr_t slots[N_SLOTS];
// Who took it, from the caller of malloc() on.
enum { DEPTH = 8, OWN_FRAMES = 2 };
static void *takers[N_SLOTS][OWN_FRAMES + DEPTH];
static int n_blocks;
bool heap_watched;

bool heap_is_told(void)
{
#ifdef RESERVE_HAS_MALLOC
    return true;
#else
    return false;
#endif
}

static size_t slot_of(uintptr_t block)
{
    return (block >> 4) * 0x9e3779b97f4a7c15u >> (64 - SLOT_BITS);
}

extern const char __executable_start[], etext[];

void heap_took(void *block, void *pc)
{
    if (block == NULL || sim_server() < 0 || n_blocks == MOST)
        return;
    size_t i = slot_of((uintptr_t)block);
    while (slots[i] != 0)
        i = (i + 1) % N_SLOTS;
    slots[i] = (uintptr_t)block;
    heap_watched = false;
    int n = OWN_FRAMES;
    // The program has frame pointers, which are quick to follow. What a library
    // has taken must be looked up.
    if ((const char *)pc >= __executable_start && (const char *)pc < etext)
        n += sim_stack(pc, takers[i] + OWN_FRAMES, DEPTH);
    else
        n = backtrace(takers[i], OWN_FRAMES + DEPTH);
    heap_watched = true;
    while (n < OWN_FRAMES + DEPTH)
        takers[i][n++] = NULL;
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
        memcpy(takers[gap], takers[i], sizeof takers[i]);
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

// With a sanitizer nothing is counted, and nothing is touched either: its
// threads are several.
bool heap_pauses(void)
{
    if (!heap_is_told())
        return false;
    bool watched = heap_watched;
    heap_watched = false;
    return watched;
}

void heap_counts(bool watched)
{
    if (heap_is_told())
        heap_watched = watched;
}

void heap_watch(void)
{
    heap_watched = heap_is_told() && sim_active();
}

int heap_n_blocks(void)
{
    return n_blocks;
}

static int n_by(const void *const *taker)
{
    int n = 0;
    for (size_t i = 0; i < N_SLOTS; i++)
        n += slots[i] != 0 &&
             memcmp(takers[i] + OWN_FRAMES, taker, DEPTH * sizeof *taker) == 0;
    return n;
}

int heap_most(char *text, size_t n)
{
    enum { SAMPLE = 200 };
    int most = 0, n_seen = 0;
    void *const *best = NULL;
    text[0] = '\0';
    for (size_t i = 0; i < N_SLOTS && n_seen < SAMPLE; i++) {
        if (slots[i] == 0)
            continue;
        n_seen++;
        int by = n_by((const void *const *)takers[i] + OWN_FRAMES);
        if (by <= most)
            continue;
        most = by;
        best = takers[i] + OWN_FRAMES;
    }
    int n_pc = 0;
    while (best != NULL && n_pc < DEPTH && best[n_pc] != NULL)
        n_pc++;
    if (best != NULL)
        sim_describe(text, n, best, n_pc);
    return most;
}
