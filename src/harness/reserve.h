// reserve.h -- memory for the report of a crash.
//
// After a crash inside malloc(), or after one that has damaged what malloc()
// keeps, no memory can be had from it: its lock is held, or its lists lead
// nowhere. The report and the trace of the run need some.
#ifndef GLASSRAFT_RESERVE_H
#define GLASSRAFT_RESERVE_H

#include <stdlib.h>

// Is the program's malloc() that of reserve.c? A sanitizer has its own.
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RESERVE_IS_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESERVE_IS_SANITIZED
#endif
#if defined(__GLIBC__) && !defined(RESERVE_IS_SANITIZED)
#define RESERVE_HAS_MALLOC
#endif

// From now on malloc() and its kin give memory of their own, and free() does
// nothing. For a process that is about to end. With a sanitizer, or another C
// library than GNU's, nothing changes.
void reserve_begin(void);

#endif
