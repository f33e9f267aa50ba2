// convert.h -- a run that was recorded, as a list of actions.
//
// The trace is followed event by event, while a stepped cluster does the same:
// what a server's timer did, what arrived and what was lost, commands, crashes
// and snapshots. A message of the trace is found again by its content, so that
// a heartbeat more or less does no harm. What has no counterpart is left out.
#ifndef GLASSRAFT_CONVERT_H
#define GLASSRAFT_CONVERT_H

#include "harness/runner.h"
#include "script.h"

// Gives the script of a trace of a run with this Raft (run->raft, seed, mute),
// up to its first finding. A request arrives when the server has it, or, late,
// when it first acts on it: another of its threads may have been faster. False
// with one line in error.
bool convert(const struct lab_run *run, const struct trace_file *trace,
             bool late, struct script *script, char error[300]);

#endif
