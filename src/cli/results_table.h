// results_table.h -- the table at the end of a sweep: a line for each scenario.
#ifndef GLASSRAFT_RESULTS_TABLE_H
#define GLASSRAFT_RESULTS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { TALLY_MOST = 256 };

struct tally_line {
    char name[64];
    uint64_t n_runs, n_failed;
    // Schedules that did not come about: drawn again, and given up.
    uint64_t n_drawn_again, n_not_set_up;
    uint64_t virtual_us, real_us; // sums
    uint64_t slowest_us;          // the longest in real time
    uint64_t slowest_seed, first_failed;
    char why[72]; // the first failure's property and tag
};

struct tally {
    struct tally_line line[TALLY_MOST];
    int n_lines;
    uint64_t n_passed, n_failed;
};

struct course_lab;

// Counts one run.
void tally_add(struct tally *tally, const char *scenario, uint64_t seed,
               bool passed, uint64_t virtual_us, uint64_t real_us);

// Counts the draws of a run whose schedule did not come about.
void tally_draws(struct tally *tally, const char *scenario,
                 uint64_t n_drawn_again, bool not_set_up);

// Prints the table and, as the last line, "N passed, N failed".
void tally_print(const struct tally *tally, FILE *out);

// What a student reads: the lab's scenarios, how many seeds of each passed,
// what the first failure broke; and the same last line.
void tally_print_lab(const struct tally *tally, const struct course_lab *lab,
                     FILE *out);
// Notes what a scenario's first failure broke.
void tally_explain(struct tally *tally, const char *scenario, uint64_t seed,
                   const char *property, const char *tag);
// How often a scenario has failed so far.
uint64_t tally_failed(struct tally *tally, const char *scenario);

// The rate of failures, in per cent, that n_failed of n_runs exclude with a
// confidence of 95 % from above (Clopper and Pearson 1934, one-sided).
double tally_bound(uint64_t n_failed, uint64_t n_runs);

#endif
