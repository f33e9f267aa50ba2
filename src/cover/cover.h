// cover.h -- which lines and branches of a Raft its runs reached, and who
// first.
//
//     struct cover *cover = cover_open(object, error);
//     cover_add(cover, &run, counters);      for each run, in order
//     cover_json(cover, out);                or one of the other reports
//
// The object was built by `labs/build-raft -c cover`, which leaves gcc's notes
// beside it. Lines and branches are those that gcov counts: a line is reached
// when a block of it is entered, a branch when its arc is taken.
#ifndef GLASSRAFT_COVER_H
#define GLASSRAFT_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// A run, as `glassraft run` makes it again.
struct cover_run {
    const char *scenario; // borrowed for as long as the cover lives
    uint64_t seed, crash_at;
};

// Who has been here: runs (never twice the same), and the first of them.
struct cover_reached {
    uint64_t n_runs, n_seeds; // seeds that follow each other
    struct cover_run first;   // when n_runs > 0
    uint64_t last_seed;
};

struct cover_branch {
    struct cover_reached by;
    uint64_t n_taken, stamp; // in all; the last run
};

struct cover_line {
    unsigned number;
    const char *function; // the innermost that has it
    struct cover_reached by;
    struct cover_branch *branch;
    size_t n_branches;
    char *hint; // of a line that no run reached, where one is known; or NULL
};

struct cover_function {
    const char *name;
    unsigned line;
    struct cover_reached by;
    uint64_t stamp; // the last run
};

struct cover_file {
    const char *name;        // in the Raft's folder
    struct cover_line *line; // in order
    size_t n_lines;
    struct cover_function *function;
    size_t n_functions;
};

struct cover_share {
    size_t n, n_reached;
};

struct cover_totals {
    struct cover_share lines, branches, functions;
};

struct cover {
    char *folder;      // of the sources, as they were compiled
    size_t n_counters; // of the object
    uint64_t n_runs;   // so far
    struct cover_file *file;
    size_t n_files;
    struct cover_inside *inside;
};

// Reads the object's notes. NULL with one line in error.
struct cover *cover_open(const char *object, char error[300]);
void cover_free(struct cover *cover);

// Counts one run's counters (see src/lab/counters.h). Where a crash, or the end
// of a thread that never blocks, stopped it inside of a block, `stopped` says
// so: what it had begun there counts. NULL: at no such place.
struct cover_stop {
    char function[80], file[80];
    unsigned line;
};
// stop.c: from how a run failed, whose report begins with the frame,
// "    raft_start at raft.c:290". False when it did not stop so.
bool cover_find_stop(const char *property, const char *text,
                     struct cover_stop *stop);
void cover_add(struct cover *cover, const struct cover_run *run,
               const uint64_t *counters, const struct cover_stop *stopped);
// True when it reached something that no run before it had reached.
bool cover_was_new(const struct cover *cover);

struct cover_totals cover_totals(const struct cover *cover);
struct cover_totals cover_totals_of(const struct cover_file *file);

// What a report says of itself.
struct cover_about {
    const char *raft;    // as the user named it
    const char *options; // that a replay needs besides scenario and seed
    bool links;          // figure2.html and curve.svg are beside the page
};

// text.c, json.c, html.c: the reports. Text is a table for a terminal,
// Markdown the same for a pull request. JSON is described by
// cover.schema.json beside these files; HTML is one file of its own.
void cover_text(const struct cover *cover, FILE *out);
void cover_markdown(const struct cover *cover, const struct cover_about *about,
                    FILE *out);
void cover_json(const struct cover *cover, const struct cover_about *about,
                FILE *out);
void cover_html(const struct cover *cover, const struct cover_about *about,
                FILE *out);
// The lines that no run reached, "12, 40-44"; like snprintf, cut with "...".
void cover_unreached(const struct cover_file *file, char *out, size_t n);
// "92.3 %", "100 %" only when all are, "-" of nothing.
void cover_percent(struct cover_share share, char out[16]);

// hints.c: behind the last run, looks at the sources. Lines that no run
// reached and that have no code but a brace are dropped, as gcovr does; others
// get a hint where a comment above them names a rule.
void cover_finish(struct cover *cover);

// The sums of all runs, as gcov reads them: a file of counters for
// each file of notes, both in this folder, which exists. False with one line
// in error.
bool cover_save_counters(const struct cover *cover, const char *folder,
                         char error[300]);

// The file's source as it was compiled, malloc'd; NULL when it is gone.
char *cover_source(const struct cover *cover, const struct cover_file *file);

// symbols.c: where an object has the n counters of a function of a file, by
// number, from 0 on: `file` is "raft.c". -1 when it has none.
struct symbols;
struct symbols *symbols_open(const char *object, size_t *n_counters,
                             char error[300]);
long symbols_find(const struct symbols *symbols, const char *file,
                  const char *function, size_t n);
void symbols_free(struct symbols *symbols);

#endif
