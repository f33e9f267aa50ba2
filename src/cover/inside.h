// inside.h -- what the files of src/cover share: the graph behind the lines.
#ifndef GLASSRAFT_COVER_INSIDE_H
#define GLASSRAFT_COVER_INSIDE_H

#include "cover.h"
#include "flow.h"
#include "gcno.h"

// A line or a function of a file by number; file -1: of no file of the Raft's.
struct place {
    int file;
    size_t line;
};

struct branch_at {
    int file;
    size_t line, number;
};

// A function as one object file has it.
struct part {
    const struct gcno_function *function;
    struct flow flow;
    long at;                  // its counters; -1: none
    struct place named;       // its own entry
    struct place *line;       // [function->n_lines]
    struct branch_at *branch; // [function->n_arcs]
};

struct unit {
    char *name; // of its notes, without the end
    struct gcno gcno;
    struct part *part; // [gcno.n_functions]
};

struct cover_inside {
    char *notes; // folder of the notes
    struct unit *unit;
    size_t n_units;
    uint64_t *sum; // [n_counters]
    bool was_new;
    uint64_t **stamp; // [file][line]: the last run that reached it
    // For one function at a time.
    int64_t *count;
    bool *entered;
};

// Counters of a unit on their way into a file.
struct saved {
    const struct unit *unit;
    const uint64_t *sum;
};

#endif
