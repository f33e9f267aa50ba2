// arena.h -- memory that is freed all at once.
#ifndef GLASSRAFT_ARENA_H
#define GLASSRAFT_ARENA_H

#include <stddef.h>

struct arena_block;

// Zero is an empty arena.
struct arena {
    struct arena_block *block;
};

// Zeroed memory for n objects of that size, at least 1 byte, aligned for any.
void *arena_get(struct arena *arena, size_t n, size_t size);
// A copy of a text.
char *arena_text(struct arena *arena, const char *text);
// A copy of n bytes with a zero byte behind them.
char *arena_bytes(struct arena *arena, const char *bytes, size_t n);
// Forgets everything but keeps one block for what comes next.
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

#endif
