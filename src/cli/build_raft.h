// build_raft.h -- a Raft that is given as a path, made ready to be loaded.
#ifndef GLASSRAFT_BUILD_RAFT_H
#define GLASSRAFT_BUILD_RAFT_H

#include <stdbool.h>
#include <stddef.h>

// Gives the shared object for a path: a folder, a .o or a .a is built first by
// labs/build-raft (which tells on stderr why, when it cannot), a .so is taken
// as it is. Built objects are kept in the tree's build folder, and made anew
// when a source has changed. False with a line on stderr.
bool student_raft(const char *path, char *object, size_t n);

// The same with a key/value service in it, of such a path, too.
bool student_service(const char *path, const char *service, char *object,
                     size_t n);

// Is this path such an object already? Its service is in it.
bool student_is_built(const char *path);

// What such an object is made of where one of the two is not given: the
// reference's sources, or the student's in a tree without them.
const char *student_half(bool service);

// The same object, built so that it counts what it executes: for a folder
// alone. NULL for the path is the reference, or lab 0's warm-up in this tree.
bool student_cover(const char *path, bool warm_up, char *object, size_t n);

// The Raft that is run when none is given: NULL for the reference, and
// labs/student for a program that has none. The same for lab 0's warm-up:
// labs/student/warm-up.
const char *student_default(bool warm_up);

#endif
