// findings.h -- what a run can be found guilty of: names, words and costs.
//
// One table, findings.def, is all that is known of a finding: the judges name
// it by its constant, JSON and traces by its id, people by its headline, and
// points depend on its cost. Ids never change; headlines may at any time.
#ifndef GLASSRAFT_CHECK_FINDINGS_H
#define GLASSRAFT_CHECK_FINDINGS_H

#include <stdbool.h>

enum finding {
    FINDING_NONE, // not in the table
#define FINDING(name, id, tags, cost, headline, besides, needs, whole)         \
    FINDING_##name,
#include "findings.def"
#undef FINDING
    N_FINDINGS
};

enum finding_cost {
    FINDING_IS_SAFETY,   // what must never happen
    FINDING_IS_LIVENESS, // what should happen and does not
    FINDING_IS_LAB,      // an expectation, or the runtime
    FINDING_IS_FOUL      // what a submission must not do
};

// Its stable id, "voted-twice".
const char *finding_id(enum finding finding);

// The finding of this id; FINDING_NONE when there is none. id may be NULL.
enum finding finding_of(const char *id);

// Is this the id of that finding? id may be NULL.
bool finding_is(const char *id, enum finding finding);

// What it costs. Ids of FINDING_NONE, from traces of other programs, are judged
// by their tag: one that names a rule is of FINDING_IS_SAFETY.
enum finding_cost finding_cost(const char *id, const char *tag);

// Can this finding be blamed on that rule, "RV.2"? "" is no rule.
bool finding_has_tag(enum finding finding, const char *tag);

// In words for people: the headline of this id; an id that is not in the table
// comes back as it is, NULL as "".
const char *finding_headline(const char *id);

#endif
