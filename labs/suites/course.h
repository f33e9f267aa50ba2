// course.h -- the labs as a course: which scenarios a lab asks, for how much.
//
// A lab has parts, and a part has scenarios with points. All of a scenario's
// seeds must pass for its points; whoever breaks a rule of safety in a part
// gets none of that part's points (see GRADING.md). Each lab has 100 points.
#ifndef GLASSRAFT_COURSE_H
#define GLASSRAFT_COURSE_H

struct course_task {
    const char *scenario; // by name; NULL ends the list
    int points;
};

struct course_part {
    const char *name; // NULL ends the list
    const struct course_task *tasks;
};

struct course_lab {
    const char *name; // "lab1"; NULL ends the list
    unsigned number;  // 1
    const char *title;
    const struct course_part *parts;
};

extern const struct course_lab course[];

// The lab of that name, NULL when there is none.
const struct course_lab *course_find(const char *name);
// "lab 2: backup", by the first lab that has it; "backup" where none has.
void course_label(const char *scenario, char out[64]);
// What a scenario is worth in a lab, 0 when it is none of its.
int course_points(const struct course_lab *lab, const char *scenario);

#endif
