// report.h -- a grade as graders, CI systems and people read it.
//
// All of it is made from a grade alone, so that a partial grade has a valid
// report, too. In JUnit a failure is the student's fault and an error ours.
#ifndef GLASSRAFT_REPORT_H
#define GLASSRAFT_REPORT_H

#include "grade.h"

enum report_format {
    REPORT_TEXT,
    REPORT_GRADESCOPE,
    REPORT_JUNIT,
    REPORT_TAP,
    REPORT_JSON,
    REPORT_CSV,
};

// By name, "gradescope" ...; false when there is none such.
bool report_format(const char *name, enum report_format *format);

void report_print(enum report_format format, const struct grade *grade,
                  FILE *out);
// Into a file, as a whole or not at all; false with a line on stderr.
bool report_write(enum report_format format, const struct grade *grade,
                  const char *path);

// report_json.c
void report_gradescope(const struct grade *grade, FILE *out);
void report_json(const struct grade *grade, FILE *out);
// report_junit.c
void report_junit(const struct grade *grade, FILE *out);
// report_text.c
void report_tap(const struct grade *grade, FILE *out);
void report_csv(const struct grade *grade, FILE *out);
void report_text(const struct grade *grade, FILE *out);

// What grade_why() says, as a malloc'd text.
char *report_why(const struct grade *grade, int task);
char *report_remarks(const struct grade *grade);

#endif
