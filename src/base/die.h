// die.h -- the end of a process that cannot go on: out of memory, a failed
// pthread call.
//
// For what nobody can handle (STYLE: the fourth kind of error). Prints
// "glassraft: FILE:LINE: what" on stderr and aborts.
#ifndef GLASSRAFT_DIE_H
#define GLASSRAFT_DIE_H

#include <stddef.h>
#include <stdio.h>

#define die(...) die_at(__FILE__, __LINE__, __VA_ARGS__)

_Noreturn void die_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// malloc, calloc and realloc that die() instead of returning NULL; give.
void *must_malloc(size_t n);
void *must_calloc(size_t n, size_t size);
void *must_realloc(void *old, size_t n);

// Room for one object more behind n of that size: the array, which may have
// moved to a place twice as large. NULL with *room 0 is an empty one.
void *must_grow(void *array, size_t n, size_t *room, size_t size);

// A stream into memory: fclose() leaves *text, NUL behind its n bytes; give.
FILE *must_stream(char **text, size_t *n);

// A malloc'd copy of n bytes (at least 1 byte is allocated).
void *must_copy(const void *bytes, size_t n);

#endif
