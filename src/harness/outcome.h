// outcome.h -- how a run can fail, by name.
//
// A failure has a property: one that the judge found broken (src/check), one
// of the scenario's expectations, or one of these.
#ifndef GLASSRAFT_OUTCOME_H
#define GLASSRAFT_OUTCOME_H

#include "runner.h"

const char *outcome_of_simulator(enum sim_failure failure);

// Rules of the paper that say when something happens, not that it must never.
bool outcome_is_progress(const char *property);

// Takes out whatever a submission could have chosen: a property becomes one of
// those above or "a broken rule", a tag stays if it is a rule's; text, printed
// text, events and counts go.
void outcome_forget(struct lab_result *result);

#endif
