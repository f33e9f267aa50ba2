// reserve.h -- memory for the report of a crash.
//
// After a crash inside malloc(), or after one that has damaged what malloc()
// keeps, no memory can be had from it: its lock is held, or its lists lead
// nowhere. The report and the trace of the run need some.
#ifndef GLASSRAFT_RESERVE_H
#define GLASSRAFT_RESERVE_H

// From now on malloc() and its kin give memory of their own, and free() does
// nothing. For a process that is about to end. With a sanitizer, or another C
// library than GNU's, nothing changes.
void reserve_begin(void);

#endif
