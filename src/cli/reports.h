// reports.h -- the reports of `glassraft run --cover`.
#ifndef GLASSRAFT_REPORTS_H
#define GLASSRAFT_REPORTS_H

#include <stdbool.h>

#include "harness/runner.h"

// Before the runs: makes the folder, reads the notes of run->raft, and makes
// each run count. False with one line on stderr.
bool reports_begin(const char *folder, struct lab_run *run);
// Behind them: writes all reports, and prints the table. False with one line
// on stderr.
bool reports_end(void);

#endif
