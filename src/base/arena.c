// arena.c -- see arena.h.
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "die.h"

enum { BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used, room;
    _Alignas(max_align_t) char bytes[];
};

static void *room_for(struct arena *arena, size_t need)
{
    struct arena_block *block = arena->block;
    if (block == NULL || need > block->room - block->used) {
        size_t room = need > BLOCK ? need : BLOCK;
        block = must_malloc(sizeof *block + room);
        block->next = arena->block;
        block->used = 0;
        block->room = room;
        arena->block = block;
    }
    void *memory = block->bytes + block->used;
    block->used += need;
    return memory;
}

void *arena_get(struct arena *arena, size_t n, size_t size)
{
    size_t align = _Alignof(max_align_t);
    if (size > 0 && n > ((size_t)1 << 40) / size)
        die("%zu objects of %zu bytes", n, size);
    size_t need = (n * size + align) / align * align;
    return memset(room_for(arena, need), 0, need);
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_bytes(arena, text, strlen(text));
}

char *arena_bytes(struct arena *arena, const char *bytes, size_t n)
{
    size_t align = _Alignof(max_align_t);
    char *copy = room_for(arena, (n + align) / align * align);
    copy[n] = '\0';
    return memcpy(copy, bytes, n);
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block = arena->block;
    if (block == NULL)
        return;
    struct arena rest = {block->next};
    arena_free(&rest);
    block->next = NULL;
    block->used = 0;
}

void arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->block, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    arena->block = NULL;
}
