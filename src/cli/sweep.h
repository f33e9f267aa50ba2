// sweep.h -- many scenarios with many seeds: order, live line, results, table.
#ifndef GLASSRAFT_SWEEP_H
#define GLASSRAFT_SWEEP_H

#include "labs/suites/course.h"
#include "harness/runner.h"
#include "scenario_names.h"
#include "results_table.h"

// What to run, and how to report it.
struct sweep_plan {
    const struct choice *choice;
    const struct course_lab *lab; // whose table is printed; NULL: none
    uint64_t first, last;         // seeds
    int n_jobs;                   // at a time
    struct lab_run common;        // all but scenario and seed
    uint64_t stop_after;          // failures; 0 = never
    uint64_t budget_s;            // no new run after that; 0 = no limit
    uint64_t budget_runs;         // no more runs; 0 = no limit
    bool guided;                  // by what they meet; first and last are then
                                  // seeds in order, up to LAB_MOST_PART
    const struct cover *cover;    // counts their lines already; NULL: none
    uint64_t shard, n_shards;     // of n_shards equal parts this one, 1 first
    bool crash_points;            // each run with a crash at each of its points
    bool twice;                   // each run twice, which must be equal
    bool json;                    // a line for each run instead of the table
    const char *results;          // file to which these lines go, or NULL
};

// Runs them, seed by seed, all scenarios with one seed before the next seed.
// Prints failures as they come and a table at the end. Returns the exit code:
// 0, 1 when a run failed, 2 when results cannot be written, 130 after Ctrl-C
// (what was done until then is told and written all the same).
int sweep(const struct sweep_plan *plan);

#endif
