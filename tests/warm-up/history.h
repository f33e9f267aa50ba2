// history.h -- what was ever added to a counter.
//
// One object, one lock: the history keeps its own, and its functions may be
// called from many threads at once.
#ifndef GLASSRAFT_HISTORY_H
#define GLASSRAFT_HISTORY_H

#include <stdint.h>

struct history;

struct history *history_new(void);
void history_free(struct history *history);

// Remembers an amount.
void history_append(struct history *history, uint64_t amount);

// The sum of all amounts so far.
uint64_t history_sum(struct history *history);

#endif
