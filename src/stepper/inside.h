// inside.h -- what the files of src/stepper share.
#ifndef GLASSRAFT_STEPPER_INSIDE_H
#define GLASSRAFT_STEPPER_INSIDE_H

#include "stepper.h"

struct stepper {
    struct lab *lab;
    struct step_call *calls;
    uint64_t stamp;
    uint64_t acted[STEP_SERVERS]; // elections begun and requests sent
    bool led[STEP_SERVERS];       // asked last, for one action
};

// calls.c: what the network and the trace say of calls.
void calls_begin(struct stepper *stepper);
void calls_end(struct stepper *stepper);

#endif
