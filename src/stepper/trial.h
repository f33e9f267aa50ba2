// trial.h -- a list of actions, tried, whose messages are known by what sent
// them.
//
// The third AppendEntries is the second one when a heartbeat is taken out. Here
// a message is the one that a certain action sent, so that it keeps its meaning
// whatever else is taken out, and is gone with the action that sent it.
#ifndef GLASSRAFT_TRIAL_H
#define GLASSRAFT_TRIAL_H

#include "harness/runner.h"
#include "script.h"

enum { TRIAL_UNKNOWN = -2, TRIAL_BOOT = -1, TRIAL_MOST = 100000 };

struct trial_item {
    struct step_action action;
    int id;     // of the action, for good
    int origin; // the id of the action that sent its message; TRIAL_UNKNOWN:
                // it is named by its number
    int nth;    // of those of its kind that this action sent
};

struct trial {
    int n_servers;
    size_t max_entries, snapshot_chunk;
    size_t n;
    struct trial_item *item;
};

// The items of a script; free() them.
struct trial trial_of(const struct script *script);
struct script trial_script(const struct trial *trial);

// Does what can be done of a trial, with this Raft, in a process of its own.
// *done gets what was done, with the numbers that its messages have now and
// with their origins; free() its items.
void trial_run(const struct lab_run *run, const struct trial *trial,
               struct trial *done, struct lab_result *result);

#endif
