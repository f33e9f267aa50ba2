// places.h -- where in a submission something happened, looked up outside.
//
// A run in a sandbox cannot ask addr2line. It writes "{+0x1234}" for a place
// in the submission's object and "{=0x1234}" for one in the harness, and the
// parent puts function, file and line there.
#ifndef GLASSRAFT_PLACES_H
#define GLASSRAFT_PLACES_H

#include "runner.h"

// In place; a text that becomes too long is cut.
void places_resolve(const struct lab_run *run, char *text, size_t n);
// The same in the texts of a trace; the file stays as it is when it has none,
// or cannot be written.
void places_in_trace(const struct lab_run *run, const char *path);

// shared.c: names the variables that several servers have written, into
// result->shared.
void places_name_shared(const struct lab_run *run, struct lab_result *result);

#endif
