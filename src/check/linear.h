// linear.h -- could what clients saw have come from one machine?
//
// A history is what clients of a key/value service asked and were answered,
// with the times of asking and answering. It is linearizable (Herlihy and
// Wing 1990) when each operation can be given one instant between its call
// and its return, so that a single machine, doing the operations at these
// instants, would have given the same answers. Operations that never returned
// may have happened at any time since their call, or never.
//
// Each key is judged alone (locality). The search follows the history's
// events and keeps the set of all configurations that are still possible:
// the value, and which of the running operations have happened. It goes on
// just in time (Lowe 2017): an operation happens no earlier than some return
// demands it. linear.c says which configurations need not be kept.
//
//     struct linear_verdict verdict;
//     linear_check(op, n, 0, &verdict);
//     linear_explain(op, n, &verdict);
//     puts(verdict.text);
//     linear_clear(&verdict);
#ifndef GLASSRAFT_LINEAR_H
#define GLASSRAFT_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum linear_kind { LINEAR_GET, LINEAR_PUT, LINEAR_APPEND, LINEAR_CAS };

enum linear_outcome {
    LINEAR_OPEN, // never returned, or with an unknown outcome
    LINEAR_DONE,
    LINEAR_REFUSED, // a compare-and-set that met another value
};

// An operation of a client. A key that was never written has the empty value.
struct linear_operation {
    uint64_t client; // its name
    enum linear_kind kind;
    enum linear_outcome outcome;
    const char *key; // borrowed, as are the values
    // What a put, append or compare-and-set writes, or a get was answered.
    // NULL is the empty value.
    const char *value;
    const char *expected; // of a compare-and-set
    // When it was called and when it returned, in any unit that grows from
    // event to event; no two events of a history at the same time. A return
    // does not count when the operation is open.
    uint64_t called, returned;
    // The same in microseconds, for sentences; both 0 when nobody knows.
    uint64_t called_us, returned_us;
};

enum linear_result { LINEAR_LEGAL, LINEAR_ILLEGAL, LINEAR_UNDECIDED };

struct linear_verdict {
    enum linear_result result;
    uint64_t n_configurations; // that the search looked at, over all keys
    // Illegal: the operation, by its number in the history, whose return no
    // order explains together with what came before it. Undecided: the first
    // operation of the key. Legal: n.
    size_t failed;
    // By linear_explain(), of an illegal history: failed is the operation that
    // the sentence is about, or the last to return of those shown. Shown are
    // the operations that no order explains whatever all others did, in order
    // of their calls; text says why, in sentences. Owned by the verdict.
    size_t *shown, n_shown;
    char text[400];
};

// Judges a history of n operations. Of several illegal keys one is told, the
// first by its bytes. The search gives up after `budget` configurations of a
// key (0: two million) or 64 MiB, and the verdict is then "undecided", never
// "legal".
enum linear_result linear_check(const struct linear_operation *op, size_t n,
                                uint64_t budget,
                                struct linear_verdict *verdict);

// Says why: fills shown and text. Costs many small searches.
void linear_explain(const struct linear_operation *op, size_t n,
                    struct linear_verdict *verdict);

void linear_clear(struct linear_verdict *verdict);

// The search behind it, for one key alone. Operations with keep[i] false may
// happen at any time since their calls, or never, and what they were answered
// says nothing: what is illegal then is illegal whatever they did. NULL keeps
// all. Gives the operation whose return could not be explained in *failed (n:
// none).
enum linear_result linear_search(const struct linear_operation *op, size_t n,
                                 const bool *keep, uint64_t budget,
                                 size_t *failed, uint64_t *n_configurations);

// An order that explains all answers (Wing and Gong 1993, with a memory of
// what was tried), key by key: place[i] becomes 1, 2, 3 ... within the key of
// operation i; 0: it has no place, since it is not kept, or open and need not
// have happened. Of a key without an order, or for which none was found within
// `budget` steps (0: two hundred thousand), all places are 0. keep: as for
// linear_search(). True: every key has its order.
bool linear_order(const struct linear_operation *op, size_t n, const bool *keep,
                  uint64_t budget, size_t *place);

// The budget that 0 stands for.
enum { LINEAR_BUDGET = 2000000 };

// An operation in words: "put a=2", "get a returned 1". Gives text.
const char *linear_words(const struct linear_operation *op, char *text,
                         size_t room);

#endif
