// back.h -- a process whose memory goes back to what it was.
//
// From back_begin() on, everything that the process may write is watched: a
// page is protected until the first write to it, and its contents of that
// moment are kept. An image is a copy of the pages that were written so far;
// all others are as they were at the beginning. A page that many restores find
// unchanged settles: it is protected once more, and neither copied nor compared
// until it is written again. So to go back costs a copy of some hundred
// kilobytes, whoever owns the memory: threads' stacks, the heap, the allocator
// itself, variables of all libraries. Without pages that settle it costs twice
// as much, and five times that to do a list of up to 24 actions again.
//
// Outside of it are the stack that calls these functions, what back_room()
// gave, and memory that is shared with other processes. Files, sockets and
// everything else of the system's does not go back. Not under sanitizers,
// whose own memory is no part of what must go back.
#ifndef GLASSRAFT_BACK_H
#define GLASSRAFT_BACK_H

#include <stdbool.h>
#include <stddef.h>

struct back;

// Zeroed memory that does not go back, for good; NULL: there is none.
void *back_room(size_t n);

enum { BACK_WHY = 300 };

// Watches from now on, with room for so many images. The heap may grow until
// it has n_heap bytes more. NULL with errno: the system does not let us. A
// process that needs more memory than can go back ends, with one line in why,
// which others share with it.
struct back *back_begin(int n_images, size_t n_heap, char why[BACK_WHY]);
// What the program does from here on can no longer be undone.
void back_end(struct back *back);

// Keeps the memory of this moment as image i, over an earlier one; images 0 to
// i - 1 are there.
void back_save(struct back *back, int i);
// Puts the memory back to image i, which stays; those after it are gone.
void back_restore(struct back *back, int i);
// Bytes of one image, as of now.
size_t back_size(const struct back *back);

#endif
