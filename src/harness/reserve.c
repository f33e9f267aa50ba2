// reserve.c -- see reserve.h.
#define _GNU_SOURCE
#include "reserve.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "heap.h"
#include "sim/sim.h"

#ifdef RESERVE_HAS_MALLOC

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *old);

enum { CHUNK = 4 << 20, MOST_CHUNKS = 256 };

static struct {
    bool used;
    char *at, *end; // what is left of the newest chunk
    struct {
        const char *begin, *end;
    } chunk[MOST_CHUNKS];
    int n_chunks;
} reserve;

void reserve_begin(void)
{
    reserve.used = true;
}

static bool grow(size_t need)
{
    size_t room = need > CHUNK ? need : CHUNK;
    void *more = reserve.n_chunks < MOST_CHUNKS
                     ? mmap(NULL, room, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                     : MAP_FAILED;
    if (more == MAP_FAILED)
        return false;
    reserve.at = more;
    reserve.end = reserve.at + room;
    reserve.chunk[reserve.n_chunks].begin = reserve.at;
    reserve.chunk[reserve.n_chunks++].end = reserve.end;
    return true;
}

// Zeroed, and never given back. The size stands before it, for realloc().
static void *take(size_t align, size_t n)
{
    size_t header = align > 16 ? align : 16;
    size_t need = header + (n + 15) / 16 * 16 + align;
    if (n > SIZE_MAX / 2 ||
        (need > (size_t)(reserve.end - reserve.at) && !grow(need))) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t from = (uintptr_t)reserve.at + header;
    from = (from + align - 1) / align * align;
    memcpy((char *)from - sizeof n, &n, sizeof n);
    reserve.at = (char *)from + (n + 15) / 16 * 16;
    return (void *)from;
}

static bool is_ours(const void *memory)
{
    const char *at = memory;
    for (int i = 0; i < reserve.n_chunks; i++)
        if (at >= reserve.chunk[i].begin && at < reserve.chunk[i].end)
            return true;
    return false;
}

// What a server gets and has not written is the same in each run, and nothing
// that works by chance: bytes as AddressSanitizer has them.
static void fill(void *block, size_t from)
{
    size_t n =
        block != NULL && sim_server() >= 0 ? malloc_usable_size(block) : 0;
    if (n > from)
        memset((char *)block + from, 0xbe, n - from);
}

void *malloc(size_t n)
{
    if (reserve.used)
        return take(16, n);
    void *block = __libc_malloc(n);
    fill(block, 0);
    if (heap_watched)
        heap_took(block, __builtin_return_address(0));
    return block;
}

void *calloc(size_t n, size_t size)
{
    if (!reserve.used) {
        void *block = __libc_calloc(n, size);
        fill(block, n * size);
        if (heap_watched)
            heap_took(block, __builtin_return_address(0));
        return block;
    }
    return size > 0 && n > SIZE_MAX / size ? NULL : take(16, n * size);
}

void *realloc(void *old, size_t n)
{
    if (!reserve.used) {
        size_t before = old != NULL ? malloc_usable_size(old) : 0;
        void *moved = __libc_realloc(old, n);
        if (moved != NULL)
            fill(moved, before);
        if (heap_watched && (moved != NULL || n == 0)) {
            heap_gave(old);
            heap_took(moved, __builtin_return_address(0));
        }
        return moved;
    }
    void *copy = take(16, n);
    size_t before = 0;
    if (old != NULL && is_ours(old))
        memcpy(&before, (char *)old - sizeof before, sizeof before);
    else if (old != NULL)
        before = malloc_usable_size(old);
    if (copy != NULL && old != NULL)
        memcpy(copy, old, before < n ? before : n);
    return copy;
}

void *memalign(size_t align, size_t n)
{
    if (reserve.used)
        return take(align, n);
    void *block = __libc_memalign(align, n);
    fill(block, 0);
    return block;
}

void *aligned_alloc(size_t align, size_t n)
{
    return memalign(align, n);
}

int posix_memalign(void **memory, size_t align, size_t n)
{
    *memory = memalign(align, n);
    return *memory != NULL ? 0 : ENOMEM;
}

void free(void *old)
{
    if (reserve.used)
        return;
    if (heap_watched)
        heap_gave(old);
    __libc_free(old);
}

#else

void reserve_begin(void)
{
}

#endif
