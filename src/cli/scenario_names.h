// scenario_names.h -- scenarios by name, for the commands that run some.
#ifndef GLASSRAFT_SCENARIO_NAMES_H
#define GLASSRAFT_SCENARIO_NAMES_H

#include <stdbool.h>

#include "harness/lab.h"

enum { CHOOSE_MOST = 256 };

struct choice {
    const struct lab_scenario *chosen[CHOOSE_MOST];
    int n;
};

// Adds what a name stands for: a scenario, a suite, a lab ("lab1"), or "all".
// With `real` those that exist in virtual time only are left out; named one by
// one they are an error. False with one line on stderr, which suggests the
// nearest name; command stands in it. A scenario is chosen once.
bool choose(struct choice *choice, const char *command, const char *name,
            bool real);

#endif
