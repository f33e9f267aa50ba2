// explore.h -- all lists of actions within a bound, the short ones first.
//
// States are tried level by level: all that can be reached by one action, by
// two, and so on; a state that is the same as an earlier one (state.h) is not
// tried again. So the first list that breaks a rule is a shortest one, as far
// as states that are the same go on in the same way. Each worker is a process
// in which the cluster runs, and which goes back to earlier states by copying
// memory (back.h). Not under sanitizers.
#ifndef GLASSRAFT_EXPLORE_H
#define GLASSRAFT_EXPLORE_H

#include <stdio.h>

#include "harness/runner.h"
#include "moves.h"
#include "script.h"

struct explore_report;

struct explore_plan {
    struct step_bound bound;
    bool by_history;      // states are the same by history; else by model
    bool interchangeable; // servers are, by model
    int n_workers;        // 1 to 64
    // 0: none. In turns with the levels, lists of actions by chance are tried,
    // which go far.
    uint64_t budget_s;
    // How many states are tried, and then how many lists by chance; 0: no
    // limit, and none without a budget. By these the report is the same
    // whatever the time and the number of workers, but for its counts when
    // something is found.
    uint64_t most_states, most_walks;
    size_t memory; // bytes for what is known of states
    // What alone ends the search, with one worker; NULL: any finding does.
    // Where another is met, what its list had before it is not gone on with.
    const char *property, *tag;
    struct lab_run run; // raft, seed, mute; the rest is filled in
    // Told now and then, and never from a signal handler.
    void (*told)(void *context, const struct explore_report *report);
    bool (*stopped)(void *context);
    void *context;
};

enum explore_end {
    EXPLORE_COMPLETE,
    EXPLORE_FOUND,   // a rule is broken: script, result
    EXPLORE_BUDGET,  // its time was up
    EXPLORE_ENOUGH,  // most_states were tried
    EXPLORE_STOPPED, // by stopped()
    EXPLORE_FULL,    // memory was: all that was kept was tried
    EXPLORE_BROKEN,  // text says why
};

struct explore_report {
    enum explore_end end;
    uint64_t n_states, n_transitions;
    unsigned depth;      // of the longest list that led to a new state
    uint64_t n_frontier; // states that were not tried yet
    uint64_t n_level;    // of those with the longest lists so far
    double seconds, cpu_s;
    size_t memory, image; // bytes used; of one going back
    // Different states by model, servers by their names, among those that are
    // known, and a hash over their set; 0 where servers are interchangeable.
    uint64_t n_models, models;
    uint64_t n_walks;     // lists by chance that were tried
    bool by_chance;       // one of these is the script, made short by shrink()
    size_t n_drawn;       // its actions before that
    bool full;            // states were left out
    bool by_history;      // as it was in the end: a silent Raft has no model
    struct script script; // EXPLORE_FOUND
    struct lab_result result;
    char text[300];
};

// Blocks. script_free() the report's script.
void explore(const struct explore_plan *plan, struct explore_report *report);

#endif
