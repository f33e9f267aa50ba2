// two_ways.h -- a line read by the scanner and by the parser, compared.
#ifndef GLASSRAFT_TWO_WAYS_H
#define GLASSRAFT_TWO_WAYS_H

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "trace/parse.h"
#include "trace/scan.h"
#include "trace/trace.h"

enum two_ways { WAYS_SLOW, WAYS_EQUAL, WAYS_DIFFER };

// Both ways to ask a message for a field give one answer.
static inline bool same_answers(const struct trace_message *one,
                                const struct trace_message *two,
                                const char *name)
{
    uint64_t number[2] = {7, 7};
    bool yes[2] = {false, false};
    struct trace_entry entry[2][8];
    bool same = trace_message_number(one, name, &number[0]) ==
                    trace_message_number(two, name, &number[1]) &&
                trace_message_bool(one, name, &yes[0]) ==
                    trace_message_bool(two, name, &yes[1]);
    size_t n = trace_message_entries(one, entry[0], 8);
    same = same && number[0] == number[1] && yes[0] == yes[1] &&
           n == trace_message_entries(two, entry[1], 8);
    for (size_t i = 0; same && i < n && i < 8; i++)
        same = entry[0][i].term == entry[1][i].term &&
               entry[0][i].bytes == entry[1][i].bytes &&
               strcmp(entry[0][i].command, entry[1][i].command) == 0;
    return same;
}

static inline bool same_events(const struct trace_event *one,
                               const struct trace_event *two)
{
    static const char *const names[] = {"term", "done",    "entries",
                                        "data", "success", "prev_log_index"};
    size_t n = trace_format(one, NULL, 0) + 1;
    char *text[] = {malloc(n), malloc(n)};
    bool same = text[0] != NULL && text[1] != NULL &&
                trace_format(two, text[1], n) + 1 == n &&
                trace_format(one, text[0], n) + 1 == n &&
                strcmp(text[0], text[1]) == 0 && one->kind == two->kind &&
                one->n == two->n && one->us == two->us &&
                one->node == two->node && one->inc == two->inc;
    for (size_t i = 0; same && i < sizeof names / sizeof names[0]; i++)
        same = same_answers(&one->args, &two->args, names[i]);
    free(text[0]);
    free(text[1]);
    return same;
}

// The line's n bytes are followed by a zero byte. Where the scanner takes a
// line the parser must take it too, as the same event.
static inline enum two_ways read_two_ways(const struct parse *state,
                                          const char *line, size_t n)
{
    struct arena arena = {NULL};
    struct parse fast = *state, slow = *state;
    struct trace_event event[2];
    enum two_ways result = WAYS_SLOW;
    fast.arena = slow.arena = &arena;
    if (scan_event(&fast, line, n, &event[0])) {
        cJSON *object = cJSON_ParseWithLengthOpts(line, n + 1, NULL, true);
        bool good = cJSON_IsObject(object) &&
                    parse_event(&slow, object, &event[1]) && fast.n == slow.n &&
                    fast.us == slow.us && same_events(&event[0], &event[1]);
        cJSON_Delete(object);
        result = good ? WAYS_EQUAL : WAYS_DIFFER;
    }
    arena_free(&arena);
    return result;
}

#endif
