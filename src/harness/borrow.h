// borrow.h -- bytes that a Raft borrows for one call, and not a moment longer.
//
// What the harness lends is a private copy, which is overwritten when the call
// has returned: a Raft that kept the pointer finds nonsense there, on every
// seed, instead of bytes that happen to be still right.
#ifndef GLASSRAFT_BORROW_H
#define GLASSRAFT_BORROW_H

#include <stddef.h>

// A copy of the bytes, in memory of exactly this size.
void *lend(const void *bytes, size_t n);
// The call has returned. Overwrites the copy and frees it, if possible a good
// while later, so that what is read there does not depend on the allocator.
void take_back(void *copy, size_t n);

#endif
