// log.h -- what the files of the log diagrams share: cells, and what they say.
#ifndef GLASSRAFT_LOG_H
#define GLASSRAFT_LOG_H

#include "replay/model.h"
#include "viz/draw/viz.h"

enum { LOG_COLUMNS = 24, LOG_NAMED = 16 };

// The columns of a table of logs. What lies before is one cell.
struct log_columns {
    uint64_t first, last;
};

// Two before the first index of interest (the lowest commit_index, the first
// difference) to one behind the longest log, at most `most` of them.
struct log_columns log_choose(const struct model *model, int most);

// Does a server that is up know that this very entry is committed?
bool log_is_committed(const struct model *model, int server, uint64_t index);
// "committed, as S1 and S3 know", or "not known to be committed"; gives out.
const char *log_known(const struct model *model, int server, uint64_t index,
                      char *out, size_t n);
// Do two servers have the same entry, or none, at an index? A snapshot of one
// hides nothing: it is the same as what it covers.
bool log_same_at(const struct model *model, int a, int b, uint64_t index);
// Does the entry differ from the leader's, or has the leader none there?
bool log_differs(const struct model *model, int server, uint64_t index);
// What a server holds before the columns: "1..812 equal".
void log_before(const struct model *model, int server, uint64_t first,
                char *out, size_t n);
// What of the logs a finding names, by the events that it shows: servers, and
// the entry (0: none) that each of those events is about.
struct log_named {
    const struct trace_event *finding; // NULL: none, at this moment
    struct {
        int server;
        uint64_t index;
    } of[LOG_NAMED];
    size_t n;
};
// Of the trace's first finding, if the model stands between what it shows and
// the finding itself.
void log_named(struct log_named *named, const struct trace_file *trace,
               const struct model *model);
bool log_names(const struct log_named *named, int server, uint64_t index);
// "State Machine Safety [P.5]: S2 committed ..."
void log_say_finding(const struct log_named *named, char *out, size_t n);
// The index of the longest log.
uint64_t log_longest(const struct model *model);

#endif
