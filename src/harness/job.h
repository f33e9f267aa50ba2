// job.h -- one run in a child, as the runner holds it.
//
// A child says its result through a pipe, in one message with a cookie that
// only it and its parent know, and ends as the result says. Whatever else it
// does, or another process does in its name, is a failure that says so.
#ifndef GLASSRAFT_JOB_H
#define GLASSRAFT_JOB_H

#include <sys/types.h>

#include "base/save.h"
#include "counters.h"
#include "runner.h"

enum {
    JOB_WALL_S = 600,  // of any run
    JOB_LOOK_MS = 500, // a run in a sandbox is looked at so often
    JOB_DRAWS = 6      // of a run that is never set up
};

struct job {
    bool busy;
    pid_t pid;
    int fd;
    int printed;     // what a run in a sandbox prints; -1 without
    uint64_t number; // of the run, in order
    struct lab_run run;
    uint8_t cookie[16];
    struct lab_message message;
    size_t n_read, n_extra; // of the message, and behind it
    uint64_t end_ms;        // when its time is up, by now_ms()
    // A run in a sandbox computes all the time. What it does not is counted.
    uint64_t looked_ms, cpu_ms, idle_ms;
    struct save trace; // of a run in a sandbox that leaves one
    bool saves;
    int story;                     // its events; -1 without
    struct counters met, counters; // of the run, of its Raft
    enum job_end {
        JOB_ENDS,
        JOB_LATE,    // its time is up
        JOB_STALLED, // it stands still
        JOB_LARGE,   // it has more memory than it may
        JOB_BROKEN   // it could not be started, for result's reason
    } end;
    struct lab_result result;
};

void job_start(struct job *job);
// Reads what is there; true when the child has ended and result is filled in.
// A run that was not set up begins again, with the next draw of its seed.
bool job_advance(struct job *job);
// Looks whether its time is up, or whether it stands still, and then ends it
// and what it started.
void job_look(struct job *job);
// What a job that has ended met, for job_forget(); false, and NULL, when nobody
// wants it.
struct job_met {
    struct met *met;
    uint64_t *counters;
};
bool job_has_met(struct job *job, struct job_met *out);
void job_forget(struct job_met *met);
// Ends it for good, without a result.
void job_drop(struct job *job);

#endif
