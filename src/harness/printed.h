// printed.h -- what a run in a sandbox prints: shown, kept, or dropped.
//
// Text of the code under test is shown once: not again when a failed run is
// made anew for its trace. Text of a sanitizer goes to a file, since the
// report has the gist of it; GLASSRAFT_SANITIZER=raw leaves it where it is.
#ifndef GLASSRAFT_PRINTED_H
#define GLASSRAFT_PRINTED_H

#include "runner.h"

// Does this run print into a file of ours?
bool printed_is_kept(const struct lab_run *run);

// When it is over: shows what is to be shown, writes run->sanitizer, puts the
// beginning into the result, and words of LeakSanitizer into its text.
void printed_take(int fd, const struct lab_run *run, struct lab_result *result);

#endif
