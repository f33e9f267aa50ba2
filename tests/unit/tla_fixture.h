// tla_fixture.h -- a small machine that follows lines for etcd's TLA+
// specification and finds the first that it does not allow.
//
// Written from the specification's text, not from the exporter: servers with
// logs of terms, a bag of messages, what of them is released, what is saved.
// Two liberties: a `Duplicate` line puts a second copy of a message into the
// bag, and commit_index may be lower after a restart.
#ifndef GLASSRAFT_TLA_FIXTURE_H
#define GLASSRAFT_TLA_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tla_verdict {
    size_t n_lines, n_received, n_elected, n_committed, n_restarts;
    size_t bad_line; // 1 first; 0 = all are allowed
    uint64_t bad_n;  // the event that it tells of
    char why[200];
};

// Follows the lines of one file. paper: a follower's commit_index obeys [AE.5]
// with every message; the specification lets it wait, or fall.
struct tla_verdict tla_follow(const char *text, size_t n, bool paper);

#endif
