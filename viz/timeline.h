// timeline.h -- what the files of the timeline share: places and labels.
#ifndef GLASSRAFT_TIMELINE_H
#define GLASSRAFT_TIMELINE_H

#include "scene.h"

struct box {
    double left, top, right, bottom;
};

struct drawing {
    struct scene scene;
    FILE *out;
    int n_servers;
    double *y; // [position - scene.begin]
    double bottom;
    struct box *box; // taken by labels
    size_t n_boxes, box_room;
    double said; // bottom of the last line of the narration
    int n_names;
};

struct style {
    double size;
    const char *colour, *fill; // fill NULL: a white halo
    bool bold;
};

// timeline.c: where things stand, in points.
#define TIMELINE_TOP   70.0
#define TIMELINE_PITCH 128.0 // from lane to lane
double timeline_x(int server);
double timeline_y(const struct drawing *d, const struct trace_event *event);

// timeline_text.c: a label whose left (side > 0) or right (side < 0) edge is
// at x; it goes to the nearest free place above or below.
void timeline_label(struct drawing *d, double x, double y, int side,
                    struct style style, const struct trace_event *event,
                    const char *format, ...)
    __attribute__((format(printf, 7, 8)));
// A line in the right margin, pushed down where it is crowded.
void timeline_narrate(struct drawing *d, const struct trace_event *event,
                      const char *colour, bool bold, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
// Reserves room.
void timeline_take(struct drawing *d, struct box box);

// timeline_marks.c
void timeline_messages(struct drawing *d);
void timeline_event(struct drawing *d, const struct trace_event *e);

#endif
