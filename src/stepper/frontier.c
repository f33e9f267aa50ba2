// frontier.c -- see frontier.h.
#define _GNU_SOURCE
#include "frontier.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/die.h"

enum { TRIES = 4096 };

static void *shared(size_t n)
{
    void *at = mmap(NULL, n, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at != MAP_FAILED ? at : NULL;
}

// Half as many slots again as nodes.
struct frontier *frontier_make(size_t n_bytes)
{
    struct frontier *f = shared(sizeof *f);
    if (f == NULL)
        return NULL;
    size_t one = sizeof *f->slot * 3 / 2 + sizeof *f->node + sizeof *f->fresh;
    f->n_most = n_bytes / one;
    f->n_most = f->n_most < 1000 ? 1000 : f->n_most;
    f->n_most = f->n_most > UINT32_MAX - 1 ? UINT32_MAX - 1 : f->n_most;
    f->n_slots = f->n_most * 3 / 2;
    f->slot = shared(f->n_slots * sizeof *f->slot);
    f->node = shared(f->n_most * sizeof *f->node);
    f->fresh = shared(f->n_most * sizeof *f->fresh);
    if (f->slot == NULL || f->node == NULL || f->fresh == NULL)
        return NULL;
    f->n_nodes = 1;
    return f;
}

void frontier_free(struct frontier *f)
{
    munmap(f->slot, f->n_slots * sizeof *f->slot);
    munmap(f->node, f->n_most * sizeof *f->node);
    munmap(f->fresh, f->n_most * sizeof *f->fresh);
    munmap(f, sizeof *f);
}

// A slot that somebody else has just taken has no order yet for a moment: it
// begins as the largest, since what is stored is its complement.
static uint64_t complement(uint64_t order)
{
    return ~order;
}

static void keep_first(struct frontier_slot *slot, uint64_t order)
{
    uint64_t value = complement(order), now = atomic_load(&slot->order);
    while (value > now &&
           !atomic_compare_exchange_weak(&slot->order, &now, value))
        continue;
}

bool frontier_add(struct frontier *f, uint64_t key, uint64_t order,
                  uint32_t check)
{
    uint64_t at = key % f->n_slots;
    for (int i = 0; i < TRIES; i++, at = at + 1 < f->n_slots ? at + 1 : 0) {
        struct frontier_slot *slot = &f->slot[at];
        uint64_t now = atomic_load(&slot->key);
        if (now == 0) {
            if (atomic_load(&f->full))
                return true;
            if (atomic_compare_exchange_strong(&slot->key, &now, key)) {
                uint64_t n = atomic_fetch_add(&f->n_fresh, 1);
                if (f->n_nodes + n >= f->n_most) {
                    atomic_store(&f->full, true);
                    return true;
                }
                f->fresh[n] = at;
                now = key;
            }
        }
        if (now != key)
            continue;
        keep_first(slot, order);
        uint_least32_t none = 0;
        return check == 0 ||
               atomic_compare_exchange_strong(&slot->check, &none, check) ||
               none == check;
    }
    atomic_store(&f->full, true);
    return true;
}

bool frontier_find(const struct frontier *f, uint64_t key, uint64_t *order)
{
    uint64_t at = key % f->n_slots;
    for (int i = 0; i < TRIES; i++, at = at + 1 < f->n_slots ? at + 1 : 0) {
        uint64_t now = atomic_load(&f->slot[at].key);
        if (now == key) {
            *order = complement(atomic_load(&f->slot[at].order));
            return true;
        }
        if (now == 0)
            return false;
    }
    return false;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

void frontier_level(struct frontier *f)
{
    uint64_t n = atomic_load(&f->n_fresh);
    if (n > f->n_most - f->n_nodes)
        n = f->n_most - f->n_nodes;
    for (uint64_t i = 0; i < n; i++)
        f->fresh[i] = complement(atomic_load(&f->slot[f->fresh[i]].order));
    qsort(f->fresh, n, sizeof *f->fresh, by_value);
    for (uint64_t i = 0; i < n; i++)
        f->node[f->n_nodes++] = (struct frontier_node){
            (uint32_t)(f->fresh[i] >> 32), (uint32_t)f->fresh[i]};
    atomic_store(&f->n_fresh, 0);
}

static int by_half(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

uint64_t frontier_models(const struct frontier *f, bool by_check,
                         uint64_t *hash)
{
    uint32_t *half = must_malloc((f->n_nodes + 1) * sizeof *half);
    uint64_t n = 0, n_models = 0;
    for (uint64_t i = 0; i < f->n_slots && n <= f->n_nodes; i++) {
        const struct frontier_slot *slot = &f->slot[i];
        uint64_t key = atomic_load(&slot->key);
        if (key != 0)
            half[n++] =
                by_check ? atomic_load(&slot->check) : (uint32_t)key | 1;
    }
    qsort(half, n, sizeof *half, by_half);
    *hash = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < n; i++)
        if (i == 0 || half[i] != half[i - 1]) {
            n_models++;
            *hash = (*hash ^ half[i]) * 0x100000001b3u;
        }
    free(half);
    return n_models;
}

size_t frontier_used(const struct frontier *f)
{
    return f->n_nodes *
           (sizeof *f->slot * 3 / 2 + sizeof *f->node + sizeof *f->fresh);
}
