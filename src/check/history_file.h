// history_file.h -- histories of clients in the text forms that others use.
//
// Two forms are read, a line an event, told apart by their first line:
//
//     INFO  jepsen.util - 3   :invoke   :write   4
//     {:process 3, :type :invoke, :f :append, :key "k", :value "x"}
//
// The first is of one register (read, write, cas [A B]), the second of a store
// (get, put, append, cas). The types are invoke, ok, fail and info; fail says
// that the operation did not happen (a cas met another value), info that
// nobody knows. What was not answered by the end is open.
#ifndef GLASSRAFT_HISTORY_FILE_H
#define GLASSRAFT_HISTORY_FILE_H

#include "base/arena.h"
#include "linear.h"

struct history {
    struct linear_operation *op; // times are numbers of lines
    size_t n_ops;
    struct arena arena; // of the texts
};

// Reads a file, "-" is standard input. False: error says where and why.
// The caller clears the history in both cases.
bool history_read(const char *path, struct history *history, char *error,
                  size_t room);
void history_clear(struct history *history);

#endif
