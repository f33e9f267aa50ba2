// started.c -- see started.h.
#include "started.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/die.h"

// Tables of growing size, each made when a hash finds no room in the one
// before: a run with few commands touches little memory, and one with many
// looks as briefly as it does.
enum { FIRST = 512, LEVELS = 14, TRIES = 8 };

struct started {
    atomic_bool full;
    _Atomic(atomic_uint_least64_t *) level[LEVELS]; // NULL: not made yet
};

struct started *started_make(void)
{
    return must_calloc(1, sizeof(struct started));
}

void started_free(struct started *set)
{
    for (int i = 0; i < LEVELS; i++)
        free(atomic_load(&set->level[i]));
    free(set);
}

static uint64_t hash_of(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    uint64_t hash = 0xcbf29ce484222325u ^ n;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    hash ^= hash >> 29;
    return hash != 0 ? hash : 1;
}

static atomic_uint_least64_t *make_level(struct started *set, int i)
{
    atomic_uint_least64_t *made = must_calloc((size_t)FIRST << i, sizeof *made);
    atomic_uint_least64_t *there = NULL;
    if (atomic_compare_exchange_strong(&set->level[i], &there, made))
        return made;
    free(made); // another thread was faster
    return there;
}

// Looks for a hash, and puts it where there is room if it is to be noted. A
// slot is never emptied: where one is free, no later table has the hash.
static bool find(struct started *set, uint64_t hash, bool note)
{
    for (int i = 0; i < LEVELS; i++) {
        atomic_uint_least64_t *slots = atomic_load(&set->level[i]);
        if (slots == NULL && !note)
            return false;
        if (slots == NULL)
            slots = make_level(set, i);
        for (uint64_t k = 0; k < TRIES; k++) {
            uint64_t mask = ((uint64_t)FIRST << i) - 1;
            atomic_uint_least64_t *slot = &slots[(hash + k) & mask];
            uint_least64_t there = atomic_load(slot);
            if (there == 0 && !note)
                return false;
            if (there == hash || (there == 0 && (atomic_compare_exchange_strong(
                                                     slot, &there, hash) ||
                                                 there == hash)))
                return true;
        }
    }
    return false;
}

void started_note(struct started *set, const void *bytes, size_t n)
{
    if (!find(set, hash_of(bytes, n), true))
        atomic_store(&set->full, true);
}

bool started_knows(struct started *set, const void *bytes, size_t n)
{
    return find(set, hash_of(bytes, n), false) || atomic_load(&set->full);
}
