// heap.h -- how many blocks of memory servers' threads have taken and nobody
// has given back.
//
// The program's malloc() and free() (reserve.c) tell of each block while
// somebody watches. With a sanitizer, which has a heap of its own, they tell
// nothing.
#ifndef GLASSRAFT_HEAP_H
#define GLASSRAFT_HEAP_H

#include <stdbool.h>
#include <stddef.h>

extern bool heap_watched; // read by the two below

// A block was taken, by whom malloc() returns to; it is given back. NULL is
// none.
void heap_took(void *block, void *pc);
void heap_gave(void *block);

// The harness takes memory in a server's thread, which is not the server's: not
// counted until heap_counts() gets what this one gave.
bool heap_pauses(void);
void heap_counts(bool watched);

// Counts from now on, in a simulated run. How many there are now.
void heap_watch(void);
int heap_n_blocks(void);

// How many of them were taken in one and the same way, the most, and the
// places of it as a report has them.
int heap_most(char *text, size_t n);

// Does malloc() tell?
bool heap_is_told(void);

#endif
