// counters.h -- what a run's Raft executed, counted where nothing is lost.
//
// A Raft that was built for coverage (labs/build-raft -c cover) has a counter
// for each arc of its code, all in pages of their own between the symbols
// glassraft_counters and glassraft_counters_end. In a run these pages are
// memory that the runner shares: a run may crash, hang or be killed, and may
// be in a sandbox that allows no file, and each step that it took is counted.
// All servers of a run count together, although their variables are private.
#ifndef GLASSRAFT_COUNTERS_H
#define GLASSRAFT_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

// Memory that a run and its runner share.
struct counters {
    void *at; // NULL: none
    size_t n_bytes;
    int fd;
};

// So many bytes of value 0, which the child cannot make fewer. die()s.
void counters_open(struct counters *counters, size_t n_bytes);
// In the child: the memory behind a descriptor, which is closed. die()s.
void *counters_join(int fd, size_t n_bytes);
// Gives the bytes, malloc'd; NULL when there are none. Frees the rest.
void *counters_take(struct counters *counters);

#endif
