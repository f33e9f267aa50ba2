// shorten.h -- a failing run's trace as a short script, and what that leaves.
#ifndef GLASSRAFT_SHORTEN_H
#define GLASSRAFT_SHORTEN_H

#include "harness/runner.h"
#include "trace/trace.h"

struct shorten {
    struct lab_run run; // raft, given, mute, lab, seed; the rest is filled in
    const char *out;    // folder for the script and what its run leaves
    double most_s;      // seconds of the system's clock; 0: no limit
    bool (*stopped)(void *context); // may be NULL
};

// Prints the short script of the run that left this trace, and the report of a
// run of it; or one line that says why there is none. Returns an exit code.
int shorten_trace(const struct shorten *how, const struct trace_file *trace);

// What the environment variable GLASSRAFT_SHRINK asks for: auto, or nothing.
// False with one line on stderr when it says something else.
bool shorten_asked(bool *automatic);
// The same of a run that has failed, before its own report.
void shorten_run(const struct lab_run *run, const struct lab_result *result);

#endif
