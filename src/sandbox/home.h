// home.h -- where this program's tree is: what builds and grades need of it.
#ifndef GLASSRAFT_HOME_H
#define GLASSRAFT_HOME_H

#include <stdbool.h>
#include <stddef.h>

// The folder that holds labs/build-raft: GLASSRAFT_HOME, or the tree in which
// this program was built (TREE/build/CONFIG/glassraft), or the share folder
// beside an installed one (PREFIX/bin/glassraft). False with one line on
// stderr when there is none.
bool lab_home(char *path, size_t n);

// How this program was built: "opt", "asan" ...; a Raft that it loads must be
// built in the same way.
const char *lab_config(void);

// Another of our programs, beside this one or one folder up; false when there
// is none.
bool program_beside(const char *name, char *path, size_t n);
bool cage_program(char *path, size_t n); // glassraft-cage

#endif
