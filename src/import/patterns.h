// patterns.h -- the table by which `time topic peer text` lines are understood.
//
// A line of the table is WHAT: TOPIC TEXT. TOPIC is a word, or * for any. In
// TEXT, {name} stands for digits, * for anything, and the case of letters does
// not count. WHAT is the kind of event that such a line proves; see the
// built-in table (import_patterns) for all kinds and names.
#ifndef GLASSRAFT_IMPORT_PATTERNS_H
#define GLASSRAFT_IMPORT_PATTERNS_H

#include "import.h"

enum pattern_what {
    PATTERN_NOTE,
    PATTERN_FOLLOWER,
    PATTERN_CANDIDATE,
    PATTERN_LEADER,
    PATTERN_TERM,
    PATTERN_VOTE,
    PATTERN_APPEND,
    PATTERN_COMMIT,
    PATTERN_APPLY,
    PATTERN_SEND,
    PATTERN_RECV,
    PATTERN_CRASH,
};

enum pattern_name {
    PATTERN_ME,
    PATTERN_PEER,
    PATTERN_T, // term
    PATTERN_INDEX,
    PATTERN_ENTRY_TERM,
    PATTERN_LAST_INDEX,
    PATTERN_LAST_TERM,
    PATTERN_PREV_INDEX,
    PATTERN_PREV_TERM,
    PATTERN_LEADER_COMMIT,
    PATTERN_N_NAMES
};

struct pattern {
    enum pattern_what what;
    char rpc[24]; // of send and recv
    char topic[24];
    char *text;
};

// What a line says under the names of its pattern.
struct pattern_match {
    const struct pattern *pattern;
    bool has[PATTERN_N_NAMES];
    uint64_t value[PATTERN_N_NAMES];
};

struct patterns {
    struct pattern *pattern;
    size_t n, room;
    uint64_t unit_us; // of the time in front of each line
    int first;        // the number of the first server; -1: as the file shows
};

// The built-in patterns, behind those of a file (NULL: none). False with one
// line in error.
bool patterns_read(struct patterns *patterns, const char *path, char *error,
                   size_t n_error);
void patterns_free(struct patterns *patterns);

// The first pattern that fits. False when none does.
bool patterns_match(const struct patterns *patterns, const char *topic,
                    const char *text, struct pattern_match *match);

#endif
