// determinism.h -- does a seed mean one run? Two of them, compared.
#ifndef GLASSRAFT_DETERMINISM_H
#define GLASSRAFT_DETERMINISM_H

#include "harness/runner.h"

// When the two results of a run differ, *second becomes a failure that names
// the first differing event, found by making the run twice more with traces.
void twice_compare(const struct lab_run *run, const struct lab_result *first,
                   struct lab_result *second);

#endif
