// shrink.h -- the shortest list of actions that still breaks the same rule.
//
// Parts of the script are taken out as long as what is left breaks the same
// rule with the same finding (delta debugging): whole stretches first, then
// single actions, then servers, down to three. The rest is as short as this
// gets, not proved to be the shortest.
#ifndef GLASSRAFT_SHRINK_H
#define GLASSRAFT_SHRINK_H

#include "harness/runner.h"
#include "script.h"

struct shrink_plan {
    struct lab_run run;   // raft, seed, mute; the rest is filled in
    const char *property; // what it must break
    const char *tag;      // "" where the finding has no rule
    uint64_t most_runs;   // 0: no limit
    double most_s;        // seconds of the system's clock; 0: no limit
    bool (*stopped)(void *context); // may be NULL
    void *context;
};

struct shrink_report {
    bool breaks; // the script that came in does
    bool ended;  // nothing more can be taken out
    size_t n_before, n_after;
    int servers_before, servers_after;
    uint64_t n_runs;
    double seconds;
    struct lab_result result; // of the script as it came in
};

// Makes the script short, in place.
void shrink(const struct shrink_plan *plan, struct script *script,
            struct shrink_report *report);

#endif
