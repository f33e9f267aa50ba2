// table.h -- the table at which somebody plays: runs of scripts, and the
// scripts that are kept.
//
// Nothing is remembered between two runs. Each run begins with a new cluster
// and does all actions of its script, so that to undo an action is to run the
// script without it.
#ifndef GLASSRAFT_TABLE_H
#define GLASSRAFT_TABLE_H

#include <stdbool.h>

#include "harness/runner.h"

enum { TABLE_SCRIPT = 256 * 1024 }; // bytes of a script, at most

struct table {
    struct lab_run run;  // seed and Raft; the rest is the table's
    char folder[64];     // for the trace of a run; made by table_begin()
    const char *scripts; // the folder of the scripts that are kept
    const char *script;  // what the page begins with
    const char *raft;    // what the page calls the Raft
    char trace[80];
};

// False with a line on stderr.
bool table_begin(struct table *table);
void table_end(struct table *table);

// Runs a script in a child of its own, with limits of time and memory. A JSON
// object, malloc'd: {passed, property, tag, text, trace} with the trace's
// lines, or {error} when the script cannot be read.
char *table_run(struct table *table, const char *script);

// What the page needs at its beginning: {script, raft, servers}; malloc'd.
char *table_start(const struct table *table);

// The names of the scripts in the folder, an array in JSON; malloc'd.
char *table_scripts(const struct table *table);
// A script by its name; NULL: there is none of this name. malloc'd.
char *table_load(const struct table *table, const char *name);

enum table_saved { TABLE_SAVED, TABLE_EXISTS, TABLE_BAD_NAME, TABLE_NOT_SAVED };
// Writes NAME, which ends with .script, as a whole or not at all. A file of
// that name is kept unless `over`.
enum table_saved table_save(const struct table *table, const char *name,
                            const char *script, bool over);

#endif
