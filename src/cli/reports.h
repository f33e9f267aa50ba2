// reports.h -- what a sweep reached: `run --cover`, `--curve`, a lab's last
// line.
#ifndef GLASSRAFT_REPORTS_H
#define GLASSRAFT_REPORTS_H

#include <stdbool.h>

#include "cover/cover.h"
#include "harness/runner.h"

struct reports_asked {
    const char *folder; // --cover: all reports; NULL: none
    const char *curve;  // --curve: a picture; NULL: none
    bool line;          // a line on what the seeds met
    bool quiet;         // nothing on standard output
    bool chosen;        // seeds come as a guide chooses them: no curve
};

// Before the runs: makes the folder, reads the notes of run->raft, and makes
// each run tell what it met. False with one line on stderr.
bool reports_begin(const struct reports_asked *asked, struct lab_run *run);
// What counts the lines of their runs; NULL: they are not asked for.
const struct cover *reports_cover(void);
// Behind them: writes all that was asked for, and prints tables. False with one
// line on stderr.
bool reports_end(void);

#endif
