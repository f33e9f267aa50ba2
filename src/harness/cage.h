// cage.h -- a run of a stranger's Raft, in a program of its own.
//
// What grades must hold nothing that a submission could use: no reference, no
// memory of other runs, no seed but its own. So the runner starts such a run
// not as a copy of itself but as `glassraft-cage`, a program without src/raft,
// which shows a submission the allowed functions and nothing else. It gets the
// run through a pipe, and the object in memory that no name leads to.
//
// The object is changed on its way: what it wants to run when it is loaded is
// marked, and runs only when the sandbox is closed (see object_start()). An
// object that cannot be held is refused: memory that is written and executed,
// an executable stack, code that runs while it is loaded.
#ifndef GLASSRAFT_CAGE_H
#define GLASSRAFT_CAGE_H

#include "runner.h"

struct cage {
    int object, request; // descriptors for the child
};

// Before the fork: takes the object over. False with one line in error when
// it cannot be read or held; `ours` then says whether that is our trouble.
bool cage_open(struct cage *cage, const struct lab_run *run, char error[300],
               bool *ours);
void cage_close(struct cage *cage);
// In the child: becomes the cage.
_Noreturn void cage_become(struct cage *cage, const struct lab_run *run,
                           const struct lab_channel *channel);

// What the cage's main() does: makes the run of the request; `find` gives a
// scenario by its name, or that of a script (NULL: none).
_Noreturn void
cage_main(int request, const struct lab_scenario *(*find)(const char *name,
                                                          const char *script));

#endif
