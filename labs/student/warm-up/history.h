// history.h -- what was ever added to a counter.
//
// One object, one lock: the history keeps its own, and its functions may be
// called from many threads at once.
#ifndef GLASSRAFT_HISTORY_H
#define GLASSRAFT_HISTORY_H

#include <stdint.h>

struct counter;
struct history;

struct history *history_new(void);
void history_free(struct history *history);

// Remembers an amount.
void history_append(struct history *history, uint64_t amount);

// The sum of all amounts so far, and the counter's value at the same moment.
void history_audit(struct history *history, struct counter *counter,
                   uint64_t *sum, uint64_t *value);

// Part of counter.c.
uint64_t counter_value(struct counter *counter);

#endif
