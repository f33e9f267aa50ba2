// die.c -- see die.h.
#include "die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die_at(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "glassraft: %s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

void *must_malloc(size_t n)
{
    void *memory = malloc(n > 0 ? n : 1);
    if (memory == NULL)
        die("out of memory (%zu bytes)", n);
    return memory;
}

void *must_calloc(size_t n, size_t size)
{
    // What was freed last is at hand for malloc(); glibc's calloc() looks for
    // other memory, and pushes that out of its place.
    enum { SMALL = 1024 };
    if (n <= SMALL && size <= SMALL && n * size <= SMALL) {
        void *block = must_malloc(n * size);
        return memset(block, 0, n * size);
    }
    void *memory = calloc(n > 0 ? n : 1, size > 0 ? size : 1);
    if (memory == NULL)
        die("out of memory (%zu x %zu bytes)", n, size);
    return memory;
}

void *must_realloc(void *old, size_t n)
{
    void *memory = realloc(old, n > 0 ? n : 1);
    if (memory == NULL)
        die("out of memory (%zu bytes)", n);
    return memory;
}

void *must_grow(void *array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return array;
    *room = *room > 0 ? 2 * *room : 16;
    return must_realloc(array, *room * size);
}

void *must_copy(const void *bytes, size_t n)
{
    void *memory = must_malloc(n);
    if (n > 0)
        memcpy(memory, bytes, n);
    return memory;
}

FILE *must_stream(char **text, size_t *n)
{
    FILE *out = open_memstream(text, n);
    if (out == NULL)
        die("out of memory");
    return out;
}
