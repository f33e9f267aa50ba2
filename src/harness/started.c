// started.c -- see started.h.
#include "started.h"

#include <stdatomic.h>
#include <stdint.h>

#include "base/die.h"

enum { SLOTS = 1 << 15, TRIES = 256 };

struct started {
    atomic_bool full;
    atomic_uint_least64_t slot[SLOTS]; // 0 = free
};

struct started *started_make(void)
{
    return must_calloc(1, sizeof(struct started));
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

// Looks for a hash, and puts it where there is room if it is to be noted.
static bool find(struct started *set, uint64_t hash, bool note)
{
    for (uint64_t k = 0; k < TRIES; k++) {
        atomic_uint_least64_t *slot = &set->slot[(hash + k) % SLOTS];
        uint_least64_t there = 0;
        if (note ? atomic_compare_exchange_strong(slot, &there, hash)
                 : (there = atomic_load(slot)) == 0)
            return note;
        if (there == hash)
            return true;
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
