// child.h -- the process of one run: what it knows, and how it ends.
//
// Only for child.c, which begins it, and ending.c.
#ifndef GLASSRAFT_CHILD_H
#define GLASSRAFT_CHILD_H

#include "internal.h"

#include <stdatomic.h>

#include "check/met.h"
#include "object.h"

// A process runs one scenario.
extern struct child {
    const struct lab_run *run;
    struct lab_channel channel;
    struct lab *lab;
    struct lab *ends; // the lab when its scenario is over
    struct trace *trace;
    struct check *check;
    const struct raft_api *api;
    const struct kv_api *kv;
    struct lab_result result;
    uint64_t begin_ns;
    uint64_t second; // of the events that come, and the calls in it
    int n_sent;
    bool spoke;                        // some server's Raft has trace calls
    int complaints;                    // stderr, also of a quiet run
    bool raw;                          // sanitizers speak for themselves
    struct met_watch watch;            // its met is NULL: nobody asks
    struct object_variables variables; // of the Raft that was given
    atomic_flag over;
} child_run;

// The recorder's clock, in microseconds of the run.
uint64_t child_now_us(void *context);

// The first failure is the run's; whoever comes later waits here for the end.
void child_claims(void);
// What the run failed by, as its last finding.
void child_explains(const char *property, const char *tag, const char *text);
// The result goes to the parent as it is.
void child_sends(void);
// Writes what is left to write and ends the process.
_Noreturn void child_ends(void);
// The judge has found something at this time.
_Noreturn void child_breaks(uint64_t us);

#endif
