// clients_redo.h -- the log of a key, done over again. Only for clients_why.c
// and its parts.
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

// An operation whose answer says which value was there.
struct asker {
    const struct clients_operation *op;
    const struct clients_answer *answer; // NULL: not known
    const struct clients_entry *entry;   // its first that was applied; NULL
    const char *said;
    size_t position; // steps before it
};
// Operation `at` of the history as one of those. False: it is none.
bool asker_of(const struct redo *redo, size_t at, struct asker *asker);

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

// More operations of a key than that are not done over and over again.
enum { MOST_TRIES = 300 };

// clients_witness.c: whether the server that answered is known and began with a
// snapshot that covers an index.
bool began_with(const struct asker *asker, uint64_t index);
// An answer that is right, by a server whose service has made the snapshot that
// the asker's server began with, and that would not be right if one of the
// steps [from, to) had had no effect before it. Which goes to *step. False:
// there is none.
bool witness_of(struct redo *redo, const struct asker *asker, size_t from,
                size_t to, struct asker *seen, size_t *step);
// The same by any server, of a retry before it: the answer would not be right
// if that had been done again. Since the first, this many other sessions were
// in use, or more.
bool witness_of_retry(struct redo *redo, size_t others, struct asker *seen,
                      size_t *step);
// Has the asker's server, having begun with the same snapshot, given a right
// answer that shows a step? Then that had its effect there.
bool was_seen(struct redo *redo, const struct asker *asker, size_t step);
// "S1's answer to C2's get a".
const char *witness_name(const struct asker *seen, char *text, size_t room);
// How many sessions were in use between the first entry of a step's operation
// and this retry of it. False: its client asked for something else there, or
// they are too far apart to be counted.
bool others_between(const struct redo *redo, const struct step *step,
                    size_t *n);

// Each says which mistake gives the asker's answer, if one does. What a
// snapshot explains:
bool tell_snapshot(struct redo *redo, const struct asker *asker);
// clients_effects.c: an entry without effect, or all since some entry; the last
// append that wrote over what was there; a compare-and-set that met another
// value and wrote.
bool tell_left_out(struct redo *redo, const struct asker *asker);
bool tell_written_over(struct redo *redo, const struct asker *asker);
bool tell_unmet(struct redo *redo, const struct asker *asker);

#endif
