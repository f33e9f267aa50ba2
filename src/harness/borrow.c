// borrow.c -- see borrow.h.
#include "borrow.h"

#include <stdlib.h>
#include <string.h>

#include "../sim/sim.h"
#include "base/die.h"
#include "heap.h"
#include "sim/sim.h"

enum { POISON = 0xdb, N_KEPT = 1024, KEPT_BYTES = 1 << 20 };

// The copies that were overwritten last, in a ring. A simulation is one thread
// of the system, and nothing here is a scheduling point.
static struct kept {
    void *copy;
    size_t n;
} kept[N_KEPT];
static size_t oldest, n_kept, n_bytes;

// ThreadSanitizer takes simulated threads for real ones, which race here.
#ifdef __SANITIZE_THREAD__
static const bool has_tsan = true;
#else
static const bool has_tsan = false;
#endif

void *lend(const void *bytes, size_t n)
{
    bool watched = heap_pauses();
    void *copy = must_malloc(n > 0 ? n : 1);
    heap_counts(watched);
    if (n > 0)
        memcpy(copy, bytes, n);
    return copy;
}

static void free_oldest(void)
{
    struct kept *last = &kept[oldest];
    oldest = (oldest + 1) % N_KEPT;
    n_kept--;
    n_bytes -= last->n;
    free(last->copy);
    last->copy = NULL;
}

void take_back(void *copy, size_t n)
{
    memset(copy, POISON, n);
    // Sanitizers tell of a read behind the free; without a simulation many
    // threads come here at a time.
    if (!sim_active() || sim_has_asan() || has_tsan || n > KEPT_BYTES / 4) {
        free(copy);
        return;
    }
    while (n_kept == N_KEPT || (n_kept > 0 && n_bytes + n > KEPT_BYTES))
        free_oldest();
    kept[(oldest + n_kept++) % N_KEPT] = (struct kept){copy, n};
    n_bytes += n;
}
