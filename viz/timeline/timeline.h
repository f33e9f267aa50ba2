// timeline.h -- what the files of the timeline share: places and labels.
//
// The whole window is laid out once, in points, x to the right, y downwards;
// a page is a stretch of it, and whatever crosses its edges is clipped there.
#ifndef GLASSRAFT_TIMELINE_H
#define GLASSRAFT_TIMELINE_H

#include "viz/draw/causes.h"
#include "viz/draw/scene.h"

#define TIMELINE_TOP    70.0
#define TIMELINE_IDLE   40.0  // height of a band
#define TIMELINE_WIDE   100.0 // a pitch from which messages have labels
#define TIMELINE_NARROW 62.0  // a pitch from which short words have room
#define TIMELINE_TIMES  62.0  // right edge of the column of times

struct box {
    double left, top, right, bottom;
};

// Boxes that labels have taken, by the stretch of y in which they lie.
struct taken {
    struct box *box;
    size_t n, room;
};

// A stretch without rows: idle time, or rounds that are not drawn.
struct band {
    double top;
    uint64_t us;
    const struct scene_fold *fold; // NULL: idle
};

struct drawing {
    struct scene scene;
    const struct viz_window *window;
    FILE *back, *out; // what lies behind the lines, and all else
    int depth;        // of the clusters that are open in back
    int n_lanes, lane[TRACE_MAX_SERVERS]; // of a server; -1: not shown
    double left;                          // of the first lane
    double pitch, pt_per_ms;
    double margin; // from the last lane to the narration; 0: none
    double *y;     // [position - scene.begin]
    bool *row;     // has it one of its own?
    double end;    // of the last row
    struct band *band;
    size_t n_bands;
    double median_us; // of a message's way
    // This page.
    int page, n_pages;
    double from, until; // its stretch
    double bottom;      // where the lanes end, the narration included
    double lowest;      // of the labels
    struct taken *taken;
    size_t n_taken;
    size_t n_unsaid; // labels for which no place was free
    bool in_order;   // labels of a lane's side stand as their events do
    double above[TRACE_MAX_SERVERS][2]; // the last of them, left and right
    double said;     // bottom of the last line of the narration
    int n_names;     // given so far to what has no number of its own
    bool *named;     // events whose number is somebody's id already
    size_t *n_local; // events counted on each lane since its last dot
    struct causes causes;
    size_t n_all; // messages that were asked for, before a format cut them
    size_t n_all_events; // if it had to cut more than messages; 0: not
    bool silent;         // no room for the narration
    bool dims;           // what is not in the past of causes.at is dimmed
    // Of one of two drawings in a picture.
    const char *prefix; // of its names
    bool *muted;        // [position - scene.begin] not to be shown; NULL: none
    bool untimed;       // bands without their times
    double said_width;  // most of a line of the narration; 0: any
    double widest;      // that a format leaves to a line; 0: any
};

struct style {
    double size;
    const char *colour, *fill; // fill NULL: a white halo
    bool bold;
};

// timeline.c: begins with the scene and the places of the lanes; then come
// rows, then what is drawn of a page: first what is said beside the lanes, for
// it may make the page longer, then the lanes and what happens on them.
void timeline_open(struct drawing *d, const struct trace_file *trace,
                   const struct viz_window *window);
void timeline_close(struct drawing *d);
void timeline_say(struct drawing *d);
void timeline_draw(struct drawing *d);
void timeline_plates(struct drawing *d);

// timeline_rows.c
void timeline_rows(struct drawing *d);
// Rows of two drawings side by side: what happened as long after base_us of
// its trace stands at the same height.
void timeline_rows_beside(struct drawing d[2], const uint64_t base_us[2]);

// What the picture is about: a finding, or, where a trace has none, the
// verdict of a run that failed.
bool timeline_is_outcome(const struct drawing *d, const struct trace_event *e);
// "one vote a term [RV.2]"
void timeline_outcome_name(const struct trace_event *e, char *text, size_t n);
// The end of the page that begins at y.
double timeline_page_end(const struct drawing *d, double from);

// timeline_rows.c: is the event only counted, as the picture is crowded?
bool timeline_counts(const struct drawing *d, const struct trace_event *event);

// timeline_place.c: y of an event in the layout; what is before or behind
// the window stands at its edges.
double timeline_x(const struct drawing *d, int server);
double timeline_right(const struct drawing *d);  // of the lanes
double timeline_margin(const struct drawing *d); // left end of the narration
double timeline_y(const struct drawing *d, const struct trace_event *event);
// Is y on this page? What it is in DOT.
bool timeline_on_page(const struct drawing *d, double y);
double timeline_dot_y(const struct drawing *d, double y);
bool timeline_dims(const struct drawing *d, const struct trace_event *event);

// timeline_text.c: a label whose left (side > 0) or right (side < 0) edge is
// at x; it goes to the nearest free place above or below. Where there is none
// it is left out, and counted.
void timeline_label(struct drawing *d, double x, double y, int side,
                    struct style style, const struct trace_event *event,
                    const char *format, ...)
    __attribute__((format(printf, 7, 8)));
// A line in the right margin, pushed down where it is crowded.
void timeline_narrate(struct drawing *d, const struct trace_event *event,
                      const char *colour, bool bold, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
// A line of plain text with its left edge at x, at a DOT y; where it is wider
// than the picture may be, it loses its end.
void timeline_line(struct drawing *d, double x, double dot_y, double size,
                   const char *colour, bool bold, const char *text);
// Reserves room; is none of it taken?
void timeline_take(struct drawing *d, struct box box);
bool timeline_is_free(const struct drawing *d, struct box box);
void timeline_forget(struct drawing *d); // all boxes
// id="ev12", for the first element of the event, and a tooltip with what the
// trace says of it.
void timeline_name(struct drawing *d, const struct trace_event *event);
// A colour in quotes, dimmed when the event is.
void timeline_colour(struct drawing *d, const char *colour,
                     const struct trace_event *event);

// A rectangle behind the lines; looks are DOT attributes, penwidth and color
// among them. A base lies behind all rectangles that come later; those that
// are none must not overlap each other.
void timeline_rectangle(struct drawing *d, struct box box, bool base,
                        const char *looks);

// timeline_lanes.c: lanes, and pills beside them.
void timeline_lanes(struct drawing *d);

// timeline_back.c: sides of a partition, idle time, times, heartbeats.
void timeline_sides(struct drawing *d, bool labels); // or the shades
void timeline_bands(struct drawing *d);
void timeline_times(struct drawing *d);
// A text in the column of times, where it is free.
void timeline_time(struct drawing *d, double y, const char *text);
void timeline_heartbeats(struct drawing *d);

// timeline_arrows.c: messages; first the places of those that get lost, which
// are where they are.
void timeline_losses(struct drawing *d);
void timeline_messages(struct drawing *d);

// timeline_marks.c: what happens to servers and to the cluster.
void timeline_marks(struct drawing *d);
void timeline_narration(struct drawing *d);
void timeline_finding(struct drawing *d);

// timeline_foot.c: the legend, and what is not drawn.
void timeline_foot(struct drawing *d);

#endif
