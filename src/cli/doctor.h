// doctor.h -- what is known of a system: a row for each thing looked at.
//
// The parts of `glassraft doctor` add rows in the order in which they are
// shown. A row says what was found, what a lack costs, and how to mend it.
// All texts are copies; nothing has to be freed.
#ifndef GLASSRAFT_DOCTOR_H
#define GLASSRAFT_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

enum health {
    HEALTH_OK,
    HEALTH_DEGRADED, // works, with the cost that the row names
    HEALTH_MISSING,
    HEALTH_UNKNOWN, // could not be tried, for want of another row's thing
};

struct diagnosis {
    char name[32];
    enum health health;
    bool needed;     // without it no lab runs: exit code 1 when missing
    char found[120]; // a version, a measure; may be ""
    char cost[160];  // what does not work, and for whom; "" when ok
    char mend[200];  // what to type when it is no package; may be ""
    // Packages that bring it; NULL when none does.
    const char *debian, *fedora, *arch;
};

// A group of rows under a title. Holds whatever is added; never overflows: the
// number of rows is known when compiling.
struct diagnoses {
    struct section {
        const char *name, *title; // for programs, for people
        int first;                // row
    } section[8];
    struct diagnosis row[64];
    int n_sections, n_rows;
};

// doctor_rows.c. A section begins; a row is added to the one begun last.
void doctor_section(struct diagnoses *all, const char *name, const char *title);
struct diagnosis *doctor_row(struct diagnoses *all, const char *name,
                             enum health health);
// For people, with the commands that install what is missing; for programs, as
// one object. Both on stdout.
void doctor_print_text(const struct diagnoses *all);
void doctor_print_json(const struct diagnoses *all, bool good);

// doctor_tools.c: programs, libraries and sanitizers of needs.def. Compiles
// and runs small programs in a folder of its own below TMPDIR.
void doctor_tools(struct diagnoses *all);
void doctor_own_work(struct diagnoses *all); // what make test and others need

// doctor_machine.c: processor, clock, memory, disk, limits.
void doctor_machine(struct diagnoses *all);
// What emulates the processor that this program was compiled for, by a file as
// /proc/cpuinfo: "Rosetta", "qemu"; NULL when it is there, or nobody knows.
const char *doctor_emulator(const char *path);

// doctor_sandbox.c: what the system offers to hold strangers' programs.
void doctor_sandbox(struct diagnoses *all);

// doctor_try.c: runs a command line of the shell in a folder (NULL: here), at
// most 20 seconds. Returns its exit status (128 + signal when killed), and
// the beginning of what it wrote to stdout and stderr.
int doctor_try(const char *folder, const char *command, char *out, size_t n);

// Runs a function in a child process: whether it returned true.
bool doctor_try_child(bool (*fn)(void));

#endif
