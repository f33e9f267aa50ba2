// scan.h -- a line of a trace in one pass, without a tree.
//
// Lines of the form that our writer writes are taken at a glance. Whatever
// else a line may be is left to parse.c, which knows all of JSON and can tell
// what is wrong: a scan that says no means nothing.
#ifndef GLASSRAFT_SCAN_H
#define GLASSRAFT_SCAN_H

#include "base/cursor.h"
#include "parse.h"
#include "trace.h"

// How a line begins.
struct scan_head {
    uint64_t n, us;
    enum trace_kind kind;
};

// The head of a line that begins with n, us, perhaps node and inc, and ev; the
// rest is not looked at. A zero byte or '\n' follows the line.
bool scan_head(const char *line, struct scan_head *head);

// The whole event, as parse_event() would see it, or no. The line's n bytes
// are followed by a zero byte; a message in the event borrows them unless
// parse->keep is set.
bool scan_event(struct parse *parse, const char *line, size_t n,
                struct trace_event *event);

// The kind of a name of n bytes, TRACE_UNKNOWN when we have none such.
enum trace_kind scan_kind(const char *name, size_t n);

#endif
