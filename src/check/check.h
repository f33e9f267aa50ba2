// check.h -- what must hold, followed event by event.
//
// A checker sees the events of a run one after the other, from the running
// process or from a file, and reports the first that breaks a property of
// Figure 3 or a rule of Figure 2. Cost per event does not depend on the length
// of the run. Kinds of events that never come are not judged.
#ifndef GLASSRAFT_CHECK_H
#define GLASSRAFT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../trace/trace.h"

struct check;

// The first broken property.
struct check_finding {
    const char *property; // "Leader Completeness", "vote", ...
    const char *tag;      // "P.4", "RV.2", "C.1" ...
    char text[400];       // sentences: who, what, when; servers are S1..Sn
    uint64_t events[3];   // the events that show it, the bad one first
    size_t n_events;
    int servers[3]; // involved; n_servers of them
    size_t n_servers;
};

struct check *check_make(int n_servers);
void check_free(struct check *check);

// True while nothing is broken; after the first finding it stays false.
bool check_step(struct check *check, const struct trace_event *event);

// The finding, NULL when there is none. Owned by the checker.
const struct check_finding *check_finding(const struct check *check);

// Writes which properties could be judged and which not (no such events).
size_t check_coverage(const struct check *check, char *out, size_t n);

#endif
