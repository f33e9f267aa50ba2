// parse.h -- a line's JSON object as an event, checked field by field.
#ifndef GLASSRAFT_PARSE_H
#define GLASSRAFT_PARSE_H

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "trace/trace.h"

// What a line is checked against, and what is wrong with it.
struct parse {
    struct arena *arena; // texts and lists of the event
    bool keep;           // the line does not outlive the event
    int n_servers;
    uint64_t n, us; // of the event before
    char what[192]; // "what is wrong, what was expected"
};

// A whole number below 10^15, or any as "0x...".
bool trace_whole(const cJSON *item, uint64_t *value);

// False with parse->what when the object is no event. *event is complete only
// when the result is true.
bool parse_event(struct parse *parse, const cJSON *object,
                 struct trace_event *event);

// The same for line 1.
bool parse_header(struct parse *parse, const cJSON *object,
                  struct trace_header *header);

#endif
