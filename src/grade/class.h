// class.h -- many submissions, one after the other or side by side.
//
// Each folder of a folder is a submission. Each is graded in a process of its
// own and leaves RESULTS/NAME.json; what is complete there for the same files,
// rubric and seeds is not graded again. The results of several machines are
// the union of their files.
#ifndef GLASSRAFT_CLASS_H
#define GLASSRAFT_CLASS_H

#include "grade.h"
#include "report.h"

struct class_plan {
    struct grade_plan each;       // without folder, told, stopped, n_jobs
    const char *folder, *results; // submissions; what is left
    int n_jobs;                   // submissions at a time
    uint64_t shard, n_shards;     // 1, 1: all
    bool extra;                   // a report of this form besides
    enum report_format format;
    const volatile int *interrupted; // becomes true: end
};

enum class_end {
    CLASS_GRADED,     // all have a complete result
    CLASS_INCOMPLETE, // not all have
    CLASS_TROUBLE     // for reasons of this machine: what has none is for
                      // another run
};

// Grades; a table on stdout, progress on stderr.
enum class_end class_grade(const struct class_plan *plan);

// summary.c: the table of a results folder on out, and into FOLDER/summary.csv.
// False with a line on stderr when there is nothing to read.
bool class_summary(const char *folder, FILE *out);

// summary.c: names of the entries that are wanted, sorted; free each and the
// list. -1 with a line on stderr.
int class_list(const char *folder, bool (*wanted)(const char *path),
               char ***names);

#endif
