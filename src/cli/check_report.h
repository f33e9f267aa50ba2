// check_report.h -- what glassraft check found in a trace, and how it is
// reported.
#ifndef GLASSRAFT_CHECK_REPORT_H
#define GLASSRAFT_CHECK_REPORT_H

#include <stdio.h>

#include "check/check.h"
#include "harness/runner.h"

enum { JUDGEMENT_AREAS = CHECK_AREAS + TRACE_MAX_SERVERS };

struct judgement {
    const char *path;
    const struct trace_header *header;   // NULL: not even that could be read
    struct trace_header head;            // ... itself
    uint64_t n_events, n_unknown;        // judged; of kinds that we do not know
    uint64_t us;                         // of the last of them
    uint64_t seen;                       // bits of the kinds that came
    char verdict[16];                    // of the run itself, "" = none
    const struct check_finding *finding; // NULL = nothing broken
    struct check_finding found;          // ... itself
    char property[48], tag[16];          // ... its texts
    bool recorded;                       // the trace has a finding already
    size_t line; // where it was found, 0 = the trace has it already
    struct check_area area[JUDGEMENT_AREAS];
    size_t n_areas;
    struct lab_left left; // what was made of the finding
    char error[300];      // "" or why reading ended early
};

// For people: in several lines, a finding in the form of a failed run.
void judgement_print(FILE *out, const struct judgement *j);
// For programs: one JSON object on a line.
void judgement_print_json(FILE *out, const struct judgement *j);

#endif
