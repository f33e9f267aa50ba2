// same_names.c -- has functions with the harness's names, and works
// expect: passed
// points: full
#define _GNU_SOURCE
#include "hostile.h"

void lab_run_fails(void);
void lab_run_fails(void)
{
    _exit(0);
}

int main(void)
{
    return 0;
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
