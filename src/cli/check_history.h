// check_history.h -- glassraft check --history: judges what clients saw.
#ifndef GLASSRAFT_CHECK_HISTORY_H
#define GLASSRAFT_CHECK_HISTORY_H

#include <stdbool.h>

// Reads a history (check/history_file.h), judges and prints it. The exit code:
// 0 it is linearizable, 1 it is not or that is not decided, 2 the file cannot
// be read.
int check_history(const char *path, bool json);

#endif
