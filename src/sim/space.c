// space.c -- servers are separate computers: each life of a server has its own
// copy of the variables that its program keeps outside of the heap.
//
// The copies take turns in the one place where the code looks for them. They
// are exchanged when a thread runs that belongs to another life than the last
// one; threads of the harness belong to none and exchange nothing. Nor does a
// server find what another one has left in the processor's registers, or where
// the C library keeps its tables of letters.
#define _GNU_SOURCE
#include "internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "arch/arch.h"

struct sim_space {
    struct sim_space *next; // of all
    int server;
    unsigned char *bytes; // while another one is in place
};

static unsigned char *place, *born; // as loaded
static size_t n_bytes;
static struct sim_space *in_place, *all;

// Not memcpy(): a sanitizer would take it for the program's.
static void copy(unsigned char *to, const unsigned char *from, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n && ((uintptr_t)(to + i) & 7) == 0 &&
           ((uintptr_t)(from + i) & 7) == 0;
         i += 8)
        *(uint64_t *)(void *)(to + i) =
            *(const uint64_t *)(const void *)(from + i);
    for (; i < n; i++)
        to[i] = from[i];
}

static unsigned char *room(void)
{
    unsigned char *bytes = malloc(n_bytes);
    if (bytes == NULL)
        abort();
    return bytes;
}

void sim_space_object(void *at, size_t n)
{
    place = at;
    n_bytes = n;
    in_place = all = NULL;
    sim_forget_begins();
    if (n == 0)
        return;
    born = room();
    copy(born, place, n);
}

bool sim_space_has(const void *at)
{
    const unsigned char *byte = at;
    return n_bytes > 0 && byte >= place && byte < place + n_bytes;
}

struct sim_space *sim_space_new(int server)
{
    if (n_bytes == 0)
        return NULL;
    struct sim_space *space = malloc(sizeof *space);
    if (space == NULL)
        abort();
    space->next = all;
    space->server = server;
    space->bytes = room();
    copy(space->bytes, born, n_bytes);
    all = space;
    return space;
}

void sim_space_load(struct sim_space *space)
{
    if (space == NULL || space == in_place)
        return;
    if (in_place != NULL)
        copy(in_place->bytes, place, n_bytes);
    copy(place, space->bytes, n_bytes);
    in_place = space;
    sim_forget();
}

struct sim_space *sim_space_enter(struct sim_space *space)
{
    if (!sim.active)
        return NULL;
    struct sim_space *before = sim.now->space;
    sim.now->space = space;
    sim_space_load(space);
    return before;
}

// The servers that have written a byte, a bit each.
static uint64_t writers(size_t at)
{
    uint64_t who = 0;
    for (const struct sim_space *space = all; space != NULL;
         space = space->next)
        if (space->bytes[at] != born[at] && space->server >= 0)
            who |= 1ull << space->server;
    return who;
}

bool sim_space_written(size_t *from, uint64_t *servers)
{
    size_t at = *from;
    uint64_t who = 0;
    if (in_place != NULL)
        copy(in_place->bytes, place, n_bytes);
    for (; at < n_bytes && who == 0; at++)
        who = writers(at);
    *from = at - (who != 0);
    *servers = who;
    return who != 0;
}

// The C library's pointers to tables of letters could be written to.
#define TABLE(type, name)                                                      \
    const type **sim##name(void)                                               \
    {                                                                          \
        static const type *table;                                              \
        if (!sim.active)                                                       \
            return _##name();                                                  \
        table = *_##name();                                                    \
        return &table;                                                         \
    }
TABLE(unsigned short, _ctype_b_loc)
TABLE(int, _ctype_tolower_loc)
TABLE(int, _ctype_toupper_loc)

// The C library's duplicates a descriptor, which no Raft may.
void sim_perror(const char *what)
{
    char room[64];
    const char *reason = strerror_r(errno, room, sizeof room);
    if (what != NULL && what[0] != '\0')
        fprintf(stderr, "%s: %s\n", what, reason);
    else
        fprintf(stderr, "%s\n", reason);
}
