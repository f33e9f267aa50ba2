// story.h -- a run's events, told while they happen to a file that is not the
// run's own.
//
// The records of the recorder (trace/pack.h) go into the file in order, where
// they are only appended: what has left the process cannot be taken back.
#ifndef GLASSRAFT_HARNESS_STORY_H
#define GLASSRAFT_HARNESS_STORY_H

#include "runner.h"

// In the parent: an empty file; -1 and errno.
int story_file(void);

// In the child: records go there from now on; trace_config's spill; the rest
// leaves.
void story_begin(int fd);
void story_take(const uint64_t *record);
void story_end(void);

// audit.c, in the parent, of a run that passed: judges its story in a process
// of its own, by run->audited. True, or false with the finding in *result.
bool story_audit(const struct lab_run *run, int fd, struct lab_result *result);

#endif
