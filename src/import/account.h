// account.h -- the events that an importer writes: numbers, times, causes.
//
// Times never go back. A hole takes a number that no event has.
#ifndef GLASSRAFT_IMPORT_ACCOUNT_H
#define GLASSRAFT_IMPORT_ACCOUNT_H

#include "import.h"

struct account {
    FILE *out;
    uint64_t n, us;
    size_t n_events, n_holes;
};

// torn: events are missing; a note says so, and a hole stands behind it. path
// names the run.
void account_begin(struct account *account, FILE *out, bool torn,
                   const char *path, int n_servers, bool members_change);
// One event; format gives its fields, as JSON without braces. cause 0 is none.
// Returns its number.
uint64_t account_tell(struct account *account, uint64_t us, int node, int inc,
                      const char *kind, uint64_t cause, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
// One without fields.
void account_tell_bare(struct account *account, uint64_t us, int node, int inc,
                       const char *kind);
void account_hole(struct account *account);

// A note of a server in the words of the file.
void account_note(struct account *account, uint64_t us, int node, int inc,
                  const char *topic, const char *text);

// A line of a file, without its end. Returns false at the end of the file,
// and when the line is longer than IMPORT_LINE (*error is set then).
struct account_lines {
    FILE *in;
    const char *path;
    char *text;
    size_t number;
    char *error;
    size_t n_error;
    bool failed;
};
bool account_open(struct account_lines *lines, const char *path, char *error,
                  size_t n_error);
bool account_line(struct account_lines *lines);
void account_close(struct account_lines *lines);
// Sets error to "path:line: ..."; returns false.
bool account_fail(struct account_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
