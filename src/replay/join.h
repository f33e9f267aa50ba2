// join.h -- traces of single servers, each with its own clock and numbers, as
// one trace in an order that keeps every cause before its effect.
//
// A file is a server's own account: its order is true. Messages tie the files:
// a receipt stands behind its sending, by the caller and the number that the
// caller gave the message. Clocks are moved against each other, as far as
// messages in both directions bound them; they decide only between events that
// nothing ties. No event is made up and none is lost: what changes are numbers
// (n, msg, cause, events) and times.
#ifndef GLASSRAFT_JOIN_H
#define GLASSRAFT_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// What became of it.
struct join_tally {
    size_t n_events, n_messages; // messages with both ends
    size_t n_unsent;             // receipts without a sending
    size_t n_causes_lost;        // causes that name no event of their file
    size_t n_loose;              // files that no message ties to the others
    size_t n_left_out;           // verdicts and keyframes
    uint64_t apart_us;           // by which the clocks differ at most
    bool drifts; // no single difference fits: times were raised besides
};

// Joins n files into out. False with one line in error: a file cannot be read
// or is no trace, or two events each stand before the other.
bool join_traces(const char *const *path, size_t n, FILE *out,
                 struct join_tally *tally, char *error, size_t n_error);

#endif
