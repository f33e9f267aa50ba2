// diff.h -- where two traces part, as the text and the picture of it show it.
#ifndef GLASSRAFT_DIFF_H
#define GLASSRAFT_DIFF_H

#include "viz/draw/scene.h"
#include "viz/draw/shapes.h"

// One of the two traces. Of its events those count that the filter shows.
struct diff_side {
    const struct trace_file *trace;
    const char *name;                 // its path
    const struct trace_event **event; // [n]
    size_t n;
    // What is told of the window behind the first difference.
    const struct trace_event **told; // [n_told], in order
    bool *alone;                     // [n_told]: the other side has no such
    size_t n_told;
    struct scene scene;
    struct viz_window window;
};

// Two told events side by side; NULL: nothing here.
struct diff_row {
    const struct trace_event *event[2];
    char mark; // '=' equal, '~' but for their times, '<' '>' on one side, '|'
};

struct diff {
    struct diff_side side[2];
    bool times;   // are times compared?
    size_t first; // position of the first difference; the shorter's n if none
    bool equal, only_time; // only_time: the first differs in nothing else
    struct diff_row *row;
    size_t n_rows;
    struct viz_room room;
};

void diff_make(struct diff *diff, const struct viz_diff *asked);
void diff_free(struct diff *diff);

// diff_text.c: the first event that differs; NULL: the trace is over there.
const struct trace_event *diff_first(const struct diff *diff, int side);

// diff_words.c: the message that an event sends or receives; NULL.
const struct scene_message *diff_message(const struct diff_side *side,
                                         const struct trace_event *event);
// An event with its server, in words.
void diff_say(const struct diff_side *side, const struct trace_event *event,
              char *text, size_t n);
// The same in a sentence without abbreviations.
void diff_tell(const struct diff_side *side, const struct trace_event *event,
               char *text, size_t n);

// diff_text.c: a count of each whole trace. Fills at most `most`, gives their
// number.
struct diff_fact {
    const char *name;
    uint64_t of[2];
};
enum { DIFF_FACTS = 12 };
size_t diff_facts(const struct diff *diff, struct diff_fact fact[DIFF_FACTS]);

// In which fields the first different events differ, "entries, rule", if they
// are of one kind; "" else.
void diff_fields(const struct diff *diff, char *names, size_t n);

// diff_logs.c: the logs of one run as a small table, framed where the other
// run has something else. Both have the same columns.
struct diff_logs {
    struct model state[2];
    uint64_t first, last; // columns
    double row, cell;     // height of a row, width of a column
};
// After these events, one of each run (0: before the first); as many columns at
// most, one at least. To be freed by diff_logs_free().
void diff_logs_make(struct diff_logs *logs, const struct diff *diff,
                    const uint64_t after[2], int most);
void diff_logs_free(struct diff_logs *logs);
double diff_logs_height(const struct diff_logs *logs);
void diff_logs_draw(const struct diff_logs *logs, int side,
                    struct shapes *shapes, double x, double y,
                    const char *title);
enum { DIFF_CELL = 18, DIFF_PLATE = 34 }; // least widths, in points

// diff_text.c and diff_draw.c
void diff_text(const struct diff *diff, FILE *out);
void diff_draw(const struct diff *diff, FILE *out);
// The words for those who do not see it.
void diff_alt(const struct diff *diff, FILE *out);

// What a picture does not draw of the events behind these, and whether without
// the table of counts; "" when nothing.
void diff_say_left_out(const struct diff *diff, const uint64_t last[2],
                       bool without_counts, char *out, size_t n);

#endif
