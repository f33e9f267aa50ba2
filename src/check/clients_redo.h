// clients_redo.h -- the log of a key, done over again. Only for clients_why.c.
#ifndef GLASSRAFT_CHECK_CLIENTS_REDO_H
#define GLASSRAFT_CHECK_CLIENTS_REDO_H

#include "clients.h"

// An applied entry of the key in question.
struct step {
    size_t operation, entry;
    uint64_t index;
    bool again; // the operation stands before it already
};

struct value {
    char *bytes;
    size_t n, room;
};

struct redo {
    const struct clients *clients;
    struct clients_verdict *verdict;
    struct step *step; // of the key, by index
    size_t n_steps;
    uint64_t known_to; // all that was applied up to this index is known
    struct value value;
};

// Adds to the reason; what was said last names the rule.
void redo_say(struct redo *redo, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// An event that shows it; 0 is ignored.
void redo_show(struct redo *redo, uint64_t event);

const struct clients_operation *redo_operation(const struct redo *redo,
                                               size_t number);
// What was applied at an index; NULL: not known, or nothing.
const struct clients_applied *redo_applied(const struct redo *redo,
                                           uint64_t index);
// Finds the steps of a key.
void redo_begin(struct redo *redo, const char *key);
void redo_end(struct redo *redo);
// The number of steps below an index.
size_t redo_below(const struct redo *redo, uint64_t index);

// The value: as an empty one; with a text behind it; after an operation; after
// steps [from, to)
// without step left_out (CLIENTS_NONE: none), retries only if `retries`.
void redo_empty(struct redo *redo);
void redo_add(struct redo *redo, const char *text);
void redo_do(struct redo *redo, const struct clients_operation *op);
void redo_go_on(struct redo *redo, size_t from, size_t to, bool retries,
                size_t left_out);
// The same from the empty value and the first step on.
void redo_run(struct redo *redo, size_t to, bool retries, size_t left_out);
// NULL is the empty value.
bool redo_gives(const struct redo *redo, const char *text);

#endif
