// import.h -- what other Rafts write about themselves, as a trace.
//
// An importer reads a file of another form and writes the events that its
// lines prove, in the format of TRACE.md. A line that it does not understand
// leaves a hole in the numbers of the events, and the trace begins with a note
// and a hole then: the judge calls nothing broken that a missing event could
// explain. Memory is bounded by the limits below; a file beyond them is
// refused.
#ifndef GLASSRAFT_IMPORT_H
#define GLASSRAFT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    IMPORT_LINES = 1000000,   // of a file
    IMPORT_LINE = 65536,      // bytes of a line
    IMPORT_ENTRIES = 4000000, // in all logs and messages together
};

// What became of a file.
struct import_tally {
    size_t n_lines, n_other;  // all; those of no server's account
    size_t n_events;          // written
    size_t n_unknown;         // lines that were not understood
    size_t first_unknown;     // the first of them
    size_t n_unsent;          // receipts whose sending is in no line
    size_t n_unasked;         // answers to no request that is known
    size_t n_partly;          // answers that accept less than was sent
    size_t n_unexplained;     // changes of a log that no line explains
    size_t first_unexplained; // the line of the first of them
    size_t n_blind;           // entries sent whose terms are not known
    size_t n_unordered;       // lines without a time
    size_t n_doubtful;        // receipts that several sendings fit, or none
    size_t n_odd;             // lines that contradict an earlier one
    bool shifted;             // servers have other numbers than in the file
    bool no_logs;      // a server begins with entries of unknown terms: there
    size_t no_logs_at; // is no log; the line
    bool members;      // who belongs to the cluster changes
    int n_servers;
};

// The lines of etcd's TLA+ traces. False with one line in error.
bool import_etcd(const char *path, FILE *out, struct import_tally *tally,
                 char *error, size_t n_error);

// `time topic peer text` lines, by the built-in patterns and before them those
// of a file (NULL: none). False with one line in error.
bool import_dslogs(const char *path, const char *patterns, FILE *out,
                   struct import_tally *tally, char *error, size_t n_error);
// The built-in patterns, as such a file.
extern const char import_patterns[];

#endif
