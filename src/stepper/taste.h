// taste.h -- what a list of actions that is drawn by chance likes to do.
//
// Lists that are all drawn alike look alike: everybody gets every message soon,
// and nobody stays behind. So each list draws a taste first, and then its
// actions by it: how often clocks run out and servers crash, which server gets
// its messages late, whether answers are slow, whether the oldest message goes
// first. The n-th list is the same whoever draws it.
#ifndef GLASSRAFT_TASTE_H
#define GLASSRAFT_TASTE_H

#include "action.h"

struct taste {
    uint64_t random;
    unsigned kind[STEP_N_KINDS];
    unsigned late[STEP_SERVERS];  // messages to it
    unsigned eager[STEP_SERVERS]; // its election timer
    unsigned replies, age;
};

void taste_begin(struct taste *taste, uint64_t number);
// One of n > 0 codes of moves_list(), in its order.
uint32_t taste_choose(struct taste *taste, const uint32_t *code, int n);

#endif
