// scan.h -- a line of a trace in one pass, without a tree.
//
// Lines of the form that our writer writes are taken at a glance. Whatever
// else a line may be is left to parse.c, which knows all of JSON and can tell
// what is wrong: a scan that says no means nothing.
#ifndef GLASSRAFT_SCAN_H
#define GLASSRAFT_SCAN_H

#include "trace.h"

// How a line begins.
struct scan_head {
    uint64_t n, us;
    enum trace_kind kind;
};

// The head of a line that begins with n, us, perhaps node and inc, and ev.
// Of the line's n bytes only those are looked at.
bool scan_head(const char *line, size_t n, struct scan_head *head);

// The kind of a name of n bytes, TRACE_UNKNOWN when we have none such.
enum trace_kind scan_kind(const char *name, size_t n);

#endif
