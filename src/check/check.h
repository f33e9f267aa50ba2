// check.h -- what must hold, followed event by event.
//
// A checker sees the events of a run one after the other, from the running
// process or from a file, and reports the first that breaks a property of
// Figure 3 or a rule of Figure 2. Cost per event does not depend on the length
// of the run. Traces from other programs may lack some kinds of events; checks
// that need them are skipped.
#ifndef GLASSRAFT_CHECK_H
#define GLASSRAFT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/trace.h"

struct check;

enum { CHECK_SHOWN = 12 }; // events of a finding, at most

// The first broken property.
struct check_finding {
    const char *property; // the id in findings.def: "voted-twice" ...
    const char *tag;      // "P.4", "RV.2", "C.1" ...
    char text[900];       // sentences: who, what, when; servers are S1..Sn
    // The events that show it, the bad one first.
    uint64_t events[CHECK_SHOWN];
    uint64_t found_n; // the event that was followed last; 0: the bad one
    size_t n_events;
    int servers[3]; // involved; n_servers of them
    size_t n_servers;
};

struct check *check_make(int n_servers);
void check_free(struct check *check);

// True while nothing is broken; after the first finding it stays false.
bool check_step(struct check *check, const struct trace_event *event);

// From now on election timers are not judged: the run uses the system's clock.
void check_untimed(struct check *check);

// From now on events of this kind are ignored; checks that need them are
// skipped.
void check_without(struct check *check, enum trace_kind kind);

// True when numbers are missing in the middle of the events and the trace does
// not name the kinds that were left out: most checks are then skipped.
bool check_is_torn(const struct check *check);

// The kinds (bits by number) that every complete trace with these kinds has and
// this one lacks: if numbers are missing, these kinds were filtered out.
uint64_t check_filtered(uint64_t seen, int n_servers, uint64_t n_missing);
// So many numbers of events are missing amid the trace.
uint64_t check_n_missing(const struct check *check);

// The trace omits more than the numbers of its events show: a kind that never
// comes may have been left out.
void check_partial(struct check *check);

// A harness that handles everything itself reports it here, so that the servers
// need not be believed: a server's disk at each start, before the server runs
// and after its TRACE_RESTART; and what it accepts (TRACE_TAKEN) and gives to
// its service (TRACE_GIVEN, with the bytes), whether or not these are events of
// the trace. The event has number, time and server. False when something is
// broken.
struct check_disk {
    uint64_t snapshot_index; // of its service's snapshot; 0 = none
    bool readable;           // its log is known: entries after index
    uint64_t index;
    struct message_entries entries;
    uint64_t n_bytes; // everything on it
};
bool check_disk(struct check *check, const struct trace_event *event,
                const struct check_disk *disk);
bool check_hands(struct check *check, const struct trace_event *event,
                 struct message_bytes bytes);

// Servers join and leave the cluster: checks that need a majority are skipped.
// A server without events before it joins needs no such call: it counts from
// its first event on.
void check_members_change(struct check *check);

// The scenario has cut these servers (bits) off from every majority: no
// diagnosis blames them.
void check_leave_out(struct check *check, uint64_t servers);

// After a scenario's time limit has passed (a command not applied, no leader):
// the rule whose violation most likely stops the cluster, as of time us. NULL
// when nothing stands out. Owned by the checker, until the next call. commands:
// some server has accepted one.
const struct check_finding *check_diagnose(struct check *check, uint64_t us,
                                           bool commands);

// What a leader sends a peer and what comes back, in a sentence; the rule to
// look at.
const char *check_say_dealings(struct check *check, int leader, int peer,
                               char text[400]);

// So many sessions of clients a service has to keep (kv_config.max_sessions).
// Without it, no trace shows that a session was dropped too early.
void check_sessions(struct check *check, size_t kept);

// All events having been followed: what messages prove, where servers told of
// themselves and left it out; and what clients saw. NULL when one machine
// could have given all answers, or when no client asked anything. Otherwise the
// finding "linearizability", or "not-decided" when the search has looked at
// `budget` configurations (0: its own) of a key. From then on it is
// check_finding(). Does nothing where something is broken already.
const struct check_finding *check_clients(struct check *check, uint64_t budget);

// After a scenario's time limit has passed: has a server of the service applied
// what it was asked for, and not answered? The finding, KV.10, or NULL.
const struct check_finding *check_unanswered(struct check *check, uint64_t us);

// The finding, NULL when there is none. Owned by the checker.
const struct check_finding *check_finding(const struct check *check);

// One thing that was judged, or could not be.
struct check_area {
    char name[48];       // "Election Safety", "votes" ...
    const char *missing; // kind of events that never came; NULL = judged
    const char *because; // another reason why it was not judged, or NULL
};

// What was judged so far and what not, up to `most` of it; returns how many.
// Election timers are left out where they are not judged.
// Never more than CHECK_AREAS and one for each server.
enum { CHECK_AREAS = 32 };
size_t check_areas(const struct check *check, struct check_area *out,
                   size_t most);

#endif
