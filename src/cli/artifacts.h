// artifacts.h -- what a failing run leaves beside its trace: story and
// pictures.
//
// story.txt (see glassraft why), timeline.svg (the way to the finding),
// log.svg (the logs there) and index.html (see glassraft page) go into the
// run's folder, out/SCENARIO-SEED. The environment variable GLASSRAFT_VIZ says
// when: never, fail (the default), or always (of passing runs too, when they
// write a trace). Without `dot` the pictures stay DOT text. Only the first few
// failures of a scenario are drawn; the runner keeps the traces of some more.
#ifndef GLASSRAFT_ARTIFACTS_H
#define GLASSRAFT_ARTIFACTS_H

#include "check/check.h"
#include "harness/runner.h"
#include "scenario_names.h"

enum leave_when { LEAVE_NEVER, LEAVE_FAIL, LEAVE_ALWAYS };

struct leave {
    enum leave_when when;
    bool no_dot, broken; // told once; a disk that is full stays full
    struct {
        const struct lab_scenario *scenario;
        int n_failed;
    } seen[CHOOSE_MOST];
    int n_seen;
};

// Reads GLASSRAFT_VIZ; false with one line on stderr when it says neither.
bool leave_begin(struct leave *leave);

// Makes what is due of a run, and notes it in result->left. What cannot be
// written is said once on stderr; files appear whole or not at all.
void leave_run(struct leave *leave, const struct lab_run *run,
               struct lab_result *result);

// The same of a trace file in which a checker found this; into the folder,
// which is made. False when nothing was left.
bool leave_finding(const char *trace, const struct check_finding *finding,
                   const char *folder, struct lab_left *left);

#endif
