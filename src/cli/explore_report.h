// explore_report.h -- what a search of all lists of actions came to, in words.
#ifndef GLASSRAFT_EXPLORE_REPORT_H
#define GLASSRAFT_EXPLORE_REPORT_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "stepper/explore.h"

// The end, the bound, the notion of states and what was covered. timed: also
// what differs from one run of the program to the next.
void explore_print(FILE *out, const struct explore_plan *plan,
                   const struct explore_report *report, bool timed);
// The script of a finding, on standard output.
void explore_print_script(const struct explore_report *report);
// All of it; the caller frees it.
cJSON *explore_json(const struct explore_plan *plan,
                    const struct explore_report *report);

#endif
