// tla.h -- what the files of the TLA+ export share: steps, and lines.
//
// The specification knows no threads: a server handles a message in one step.
// In a trace the events of one handler stand among those of other threads and
// servers. tla_steps.c finds out which belong together, tla_lines.c keeps and
// writes the lines, tla.c says which lines there are.
#ifndef GLASSRAFT_TLA_H
#define GLASSRAFT_TLA_H

#include "replay/model.h"
#include "export.h"

enum { TLA_NONE = -1 };

// ------------------------------------------------------------------- steps

// A run of events of one server with one root: what a handler did while it had
// the lock. It counts as done at its last event.
struct tla_step {
    int node;
    size_t first, last; // positions in trace->event
    size_t root;        // the receipt, timeout or start; SIZE_MAX: unknown
};

struct tla_steps {
    const struct trace_file *trace;
    struct export_range range;
    struct tla_step *step;
    size_t n_steps, room;
    // By position - range.begin:
    int *step_of;    // the step of a server's event; TLA_NONE
    bool *has_step;  // a receipt that is some step's root; its request
    bool *arrives;   // a sending that is received
    size_t *open;    // messages and steps under way between this and the last
    size_t *request; // of a reply: the receipt that it answers; else SIZE_MAX
};

// before: the state of the cluster where the range begins.
void tla_steps_make(struct tla_steps *steps, const struct trace_file *trace,
                    struct export_range range, const struct model *before);
void tla_steps_free(struct tla_steps *steps);

// Where a message whose second copy is sent at a position was sent first;
// SIZE_MAX: before the range.
size_t tla_original(const struct tla_steps *steps, size_t sent);

// ------------------------------------------------------------------- lines

// What a line tells of its server.
struct tla_state {
    enum trace_role role;
    uint64_t term, commit, last;
    int vote;
    const uint64_t *terms; // NULL, or of all entries, to be written beside
};

struct tla_message {
    const char *type; // NULL: there is none
    uint64_t term, entries, log_term, index, commit;
    int from, to;
    bool reject;
};

// A line, or, with text NULL, the place where a step begins.
struct tla_line {
    struct tla_line *before, *after;
    int node;
    char *text;
};

struct tla_lines {
    struct tla_line head; // of a ring
    size_t n;             // lines in it
    int n_servers;
    size_t n_written;
};

void tla_lines_init(struct tla_lines *lines, int n_servers);

// Puts a line before `place`, NULL is the end. n: the event that it tells of.
void tla_put(struct tla_lines *lines, struct tla_line *place, uint64_t n,
             const char *name, int node, const struct tla_state *state,
             const struct tla_message *message);
// The place at the end, for later lines that come before those to come.
struct tla_line *tla_place(struct tla_lines *lines, int node);
// Takes away the lines of a server from `from` on; returns how many.
size_t tla_unput(struct tla_lines *lines, struct tla_line *from, int node);
// Writes and frees the list.
void tla_flush(struct tla_lines *lines, FILE *out);

#endif
