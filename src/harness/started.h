// started.h -- the commands that a run has given to its servers.
//
// What a service applies must be one of them. A set of hashes, without a lock:
// a lock would be another moment at which threads take turns, and change runs.
#ifndef GLASSRAFT_STARTED_H
#define GLASSRAFT_STARTED_H

#include <stdbool.h>
#include <stddef.h>

struct started;

struct started *started_make(void);
void started_free(struct started *set);
void started_note(struct started *set, const void *bytes, size_t n);
// Was it noted? Also true once there were more than the set can hold.
bool started_knows(struct started *set, const void *bytes, size_t n);

#endif
