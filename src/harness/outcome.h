// outcome.h -- how a run can fail, by name.
//
// A failure is one of the findings of check/findings.def: what the judge found,
// one of the scenario's expectations, or what the runtime found.
#ifndef GLASSRAFT_OUTCOME_H
#define GLASSRAFT_OUTCOME_H

#include "check/findings.h"
#include "runner.h"

enum finding outcome_of_simulator(enum sim_failure failure);

// Takes out whatever a submission could have chosen: which safety rule it broke
// becomes "broken-rule", an id that is not in the table "expectation"; a tag
// stays if it is a rule's; text, printed text, events and counts go.
void outcome_forget(struct lab_result *result);

// Emits a finding with the result's stack. The run's hash is that of the events
// before: addresses that a text names, and the stack, which only a trace has,
// are no part of it.
void outcome_emit(struct trace *trace, struct lab_result *result,
                  const char *property, const char *tag, const char *text,
                  const uint64_t *events, size_t n);

#endif
