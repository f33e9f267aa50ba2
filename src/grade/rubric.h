// rubric.h -- what a lab asks, and what it is worth.
//
// A rubric has parts, a part has scenarios with points. The one that comes
// with a lab is made of labs/suites/course.h; another is read from a JSON file:
//
//     {"lab": 1, "title": "leader election", "seeds": "1..10", "parts": [
//       {"name": "elections", "scenarios": [
//         {"name": "initial-election", "points": 16},
//         {"name": "many-elections", "points": 20, "seeds": "1..30"}]}]}
//
// "title" and "seeds" may be left out. "coverage": {"lines": 80, "points": 10}
// gives points to who reaches so much of his lines, in percent (coverage.c).
#ifndef GLASSRAFT_RUBRIC_H
#define GLASSRAFT_RUBRIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/lab.h"

enum { RUBRIC_ANY_LAB = 99 };
// Seeds, where none are given: those that `make lab1` runs.
enum { RUBRIC_FIRST = 1, RUBRIC_LAST = 20 };
enum { RUBRIC_MOST_TASKS = 256, RUBRIC_MOST_SEEDS = 100000 };

struct rubric_task {
    const struct lab_scenario *scenario;
    int part, points;
    uint64_t first, last; // seeds; 0, 0: the rubric's
};

struct rubric {
    unsigned lab;
    char title[100];
    uint64_t first, last; // seeds
    char (*part)[60];
    int n_parts;
    struct rubric_task *task; // by part
    int n_tasks;
    int lines, lines_points; // asked of coverage, in percent; 0, 0 = nothing
};

// The lab's own; false with one line in error when there is no such lab.
bool rubric_default(struct rubric *rubric, unsigned lab, char error[300]);
// From a file, which must be of this lab, unless it is RUBRIC_ANY_LAB. False
// with "FILE: what is wrong" in error.
bool rubric_read(struct rubric *rubric, const char *path, unsigned lab,
                 char error[300]);
void rubric_free(struct rubric *rubric);

// As JSON, which rubric_read() takes.
void rubric_print(const struct rubric *rubric, FILE *out);

int rubric_points(const struct rubric *rubric); // all
int rubric_part_points(const struct rubric *rubric, int part);
// Of all that decides what a grade can be.
uint64_t rubric_hash(const struct rubric *rubric);

#endif
