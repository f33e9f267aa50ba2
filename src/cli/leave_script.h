// leave_script.h -- a script as a file, and what a run of it leaves.
#ifndef GLASSRAFT_LEAVE_SCRIPT_H
#define GLASSRAFT_LEAVE_SCRIPT_H

#include "harness/runner.h"
#include "stepper/script.h"

// Writes OUT/NAME.script, runs it with the Raft of `run`, and prints its report
// with story and pictures in OUT/NAME-SEED. False with one line on stderr when
// a file cannot be written.
bool leave_script(const struct lab_run *run, const struct script *script,
                  const char *name, const char *out);

#endif
