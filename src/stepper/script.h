// script.h -- a list of actions as text, and the scenario that runs it.
#ifndef GLASSRAFT_SCRIPT_H
#define GLASSRAFT_SCRIPT_H

#include "action.h"
#include "harness/lab.h"

struct script {
    int n_servers;
    size_t max_entries, snapshot_chunk; // raft_config's; 0 = default
    struct step_action *action;
    int *line; // of each action, 1 first
    size_t n, room;
};

// Reads a text. False with "NAME:LINE: what is wrong, what was expected".
bool script_parse(const char *name, const char *text, struct script *script,
                  char error[300]);
void script_add(struct script *script, const struct step_action *action,
                int line);
void script_free(struct script *script);
// The text that means this script; malloc'd.
char *script_format(const struct script *script);

// The scenario, named after the file, that does what lab_script() says; of as
// many servers as this text asks for. NULL when it cannot be read. One at a
// time: borrowed until the next call.
const struct lab_scenario *script_scenario(const char *name, const char *text);

#endif
