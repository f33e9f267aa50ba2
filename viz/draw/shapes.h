// shapes.h -- bands, lines and texts at fixed places of a DOT text.
//
// For pictures that are laid out by us: points, x to the right, y downwards.
// Graphviz paints in three layers whatever the order of the calls: bands (in
// the order of the calls), then lines, then boxes and texts.
//
//     struct shapes s = shapes_begin(out, "strip");
//     shapes_band(&s, (struct area){0, 0, 90, 12}, "style=filled", NULL);
//     shapes_text(&s, 4, 6, LEFT_AT, (struct letters){9, PAINT_INK}, "S1");
//     shapes_end(&s);
#ifndef GLASSRAFT_SHAPES_H
#define GLASSRAFT_SHAPES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct area {
    double left, top, right, bottom;
};

struct shapes {
    FILE *out;
    int n; // names given so far
};

// What x is to a text.
enum side { LEFT_AT, MIDDLE_AT, RIGHT_AT };

struct letters {
    double size;
    const char *colour;
    bool bold;
    const char *fill; // behind the text; NULL: nothing
};

struct shapes shapes_begin(FILE *out, const char *name);
void shapes_end(struct shapes *s);

// A rectangle; `looks` are DOT attributes. The tip may be NULL.
void shapes_band(struct shapes *s, struct area area, const char *looks,
                 const char *tip);
// The same with one plain fill and no border.
void shapes_fill(struct shapes *s, struct area area, const char *fill,
                 const char *tip);
// A straight line.
void shapes_line(struct shapes *s, double x, double y, double to_x, double to_y,
                 const char *looks, const char *tip);
// An arrow along a Bezier curve: its four points, x and y in turn.
void shapes_arrow(struct shapes *s, const double point[8], const char *looks,
                  const char *tip);
// One line of text, y in its middle. Cut at 200 bytes.
void shapes_text(struct shapes *s, double x, double y, enum side side,
                 struct letters letters, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
// One line from x on that loses its end where it is wider than that.
void shapes_within(struct shapes *s, double x, double y, double width,
                   struct letters letters, const char *text);
// Words, as many in a line as fit; gives the y of the line below.
double shapes_wrapped(struct shapes *s, double x, double y, double width,
                      struct letters letters, const char *text);
// Parts between " · ", as many in a line as fit; gives the y of the line below.
double shapes_parts(struct shapes *s, double x, double y, double width,
                    struct letters letters, const char *text);
// A number, or, where that is wider than the room, "…" and its last digits;
// gives out.
const char *shapes_number(uint64_t number, double room, struct letters letters,
                          char out[32]);
// Width that such a text takes.
double shapes_width(const char *text, struct letters letters);

// "1.25 s", "310 ms", "7 h 2 min": a length of time for people.
const char *shapes_time(uint64_t us, char out[32]);

#endif
