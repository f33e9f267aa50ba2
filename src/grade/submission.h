// submission.h -- a student's folder: copied, named and built.
//
// Only what can be source is taken: regular files NAME.c and NAME.h of the
// folder itself, no links, no programs, no Makefile. What is left out, and
// why, is noted. The copy is built by labs/build-raft in a sandbox; what comes
// out is a shared object that is loaded by the runs alone.
//
// In lab 5 the files of its folder kv are taken as well: the service, which
// runs on the Raft beside it. Without a Raft beside it, or without such a
// folder, all is the service, and it runs on our own Raft.
#ifndef GLASSRAFT_SUBMISSION_H
#define GLASSRAFT_SUBMISSION_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "sandbox/sandbox.h"

enum {
    SUBMISSION_FILES = 200,
    SUBMISSION_FILE_BYTES = 1 << 20,
    SUBMISSION_BYTES = 4 << 20,
    SUBMISSION_NOTES = 8,
};

struct submission {
    char name[256];  // the folder's, cleaned
    uint64_t digest; // of names and contents of its files
    int n_files;
    bool is_service, has_kv; // lab 5; its service is in the folder kv
    bool has_raft;           // of its own
    char work[200];          // our folder for it; "" = none
    char object[240];        // when it was built
    bool counts;       // wanted: another object that counts what it executes
    char cover[240];   // that; "" = none
    char *problem;     // why it was not; NULL = it was
    char trouble[300]; // what kept us from it that is not its; "" = nothing
    char *note[SUBMISSION_NOTES];
    int n_notes, n_more_notes;
};

// Copies the folder's sources; for lab 0 those of its folder warm-up, if it has
// one, for lab 5 those of its folder kv as well. False with a line on stderr
// when that is our trouble or the folder cannot be read; a bad submission is
// true, with its problem.
bool submission_take(struct submission *s, const char *folder, unsigned lab,
                     const struct sandbox *sandbox);
// A new folder, in TMPDIR if all users can enter that; false and errno.
bool submission_folder(char path[200], const char *name);
// The machine is in the way, not the submission.
void submission_trouble(struct submission *s, const char *what);
// The digest alone, without a copy.
bool submission_digest(const char *folder, unsigned lab, uint64_t *digest);
// Builds it; true also when it does not compile. False with a line on stderr
// when the builder itself cannot work.
bool submission_build(struct submission *s, const struct sandbox *sandbox);
// stage.c: copies what labs/build-raft needs of our tree into a new folder, or
// our Raft's sources. False with a line on stderr.
bool submission_stage(const char *home, const char *to);
bool submission_stage_raft(const char *home, const char *to);
// lend.c: has this tree a Raft to lend?
bool submission_can_lend(const char *home);
// Compiles it, before anything of the submission's is: its sources are gone
// when that begins. Leaves home/lent.o in the submission's folder; false: the
// machine is in the way.
bool submission_lend(struct submission *s, const char *home,
                     const struct sandbox *sandbox);
// Takes a file out of the builder's hands: a copy that is ours. False and errno
// when it cannot be written; *none when there is none to take.
bool submission_take_file(const char *from, const char *to, bool *none);
// What `glassraft run` wants, in the submission's folder, to run it.
const char *submission_options(const struct submission *s);
// Folders of the submission's folder: one for the builder's own user, and its
// removal.
bool submission_make_inside(const struct submission *s, const char *name,
                            const struct sandbox *sandbox);
void submission_remove_inside(const struct submission *s, const char *name);
// Removes the copy, frees the rest.
void submission_end(struct submission *s);

#endif
