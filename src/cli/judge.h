// judge.h -- a trace read past the checker, and its finding written into it.
//
// Pictures, stories and pages show what a trace holds. Of a trace that holds no
// finding and that nobody has judged, judge_before_drawing() makes one that
// does, in a temporary file that every reader of that path then reads.
#ifndef GLASSRAFT_JUDGE_H
#define GLASSRAFT_JUDGE_H

#include "check_report.h"

// Fills in *j. without: bits 1ull << TRACE_* of kinds to pass over. A trace
// that cannot be read (to its end) leaves j->error; j->header is NULL when not
// even the header could be.
void judge_file(struct judgement *j, const char *path, uint64_t without);

// Copies the trace at j->path to `to`, with the finding behind the event that
// it was found at. False and one line on stderr when that fails.
bool judge_write(const struct judgement *j, const char *to);

// Before a command draws the trace at path (NULL: nothing to do): judges it
// where it has no finding and no run of ours has judged it. What is found is
// said on stderr, and drawn.
void judge_before_drawing(const char *command, const char *path);

#endif
