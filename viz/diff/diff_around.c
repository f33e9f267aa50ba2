// diff_around.c -- what stands around the two timelines of a difference.
#include <inttypes.h>

#include "diff_draw.h"
#include "viz/draw/paint.h"

static const double GAP = 16;

double diff_left(const struct picture *p, int side)
{
    if (p->low)
        return side * (p->widest + GAP) / 2;
    return p->narrow ? 0 : p->d[side].left - 60;
}

double diff_right(const struct picture *p, int side)
{
    if (p->low)
        return diff_left(p, side) + (p->widest - GAP) / 2;
    return p->narrow ? p->widest : timeline_margin(&p->d[side]) + p->said;
}

// The lines of one side above its lanes; gives their lower end.
double diff_head(struct picture *p, int side, double y)
{
    const struct diff_side *s = &p->diff->side[side];
    const struct trace_header *header = &s->trace->header;
    double x = diff_left(p, side), wide = diff_right(p, side) - x;
    char text[200];
    snprintf(text, sizeof text, "%s   %.60s, seed %.20s", side == 0 ? "A" : "B",
             header->scenario, header->seed);
    shapes_within(&p->shapes, x, y, wide,
                  (struct letters){12, PAINT_INK, true, NULL}, text);
    snprintf(text, sizeof text, "%zu event%s, %.40s", s->n,
             s->n == 1 ? "" : "s", s->name);
    shapes_within(&p->shapes, x, y + 16, wide,
                  (struct letters){9, PAINT_QUIET, false, NULL}, text);
    return y + 28;
}

// What is equal, folded into one bar over both panels.
void diff_prefix(struct picture *p, double y)
{
    const struct diff *diff = p->diff;
    double left = diff_left(p, 0), right = diff_right(p, 1);
    char text[160];
    snprintf(
        text, sizeof text, "the first %zu event%s equal%s%s", diff->first,
        diff->first == 1 ? " is" : "s are", diff->times ? "" : ", times aside",
        diff->only_time ? "; then times differ (--no-times looks past that)"
                        : "");
    if (diff->first == 0)
        snprintf(text, sizeof text, "not even the first events are equal%s",
                 diff->only_time
                     ? " in time; all else of them is (--no-times looks past"
                       " that)"
                     : "");
    int a = diff->side[0].trace->header.n_servers;
    int b = diff->side[1].trace->header.n_servers;
    if (a != b)
        snprintf(text, sizeof text,
                 "two different clusters: A has %d servers, B has %d", a, b);
    if (diff->equal)
        snprintf(text, sizeof text, "all %zu event%s equal%s", diff->first,
                 diff->first == 1 ? " is" : "s are",
                 diff->times ? "" : ", times aside");
    shapes_band(&p->shapes, (struct area){left, y, right, y + 22},
                "style=\"filled,rounded\", penwidth=0, fillcolor=\"" PAINT_SHADE
                "\"",
                NULL);
    struct letters letters = {10, PAINT_INK, true, NULL};
    if (p->sized && shapes_width(text, letters) > right - left)
        shapes_within(&p->shapes, left + 4, y + 11, right - left - 8, letters,
                      text);
    else
        shapes_text(&p->shapes, (left + right) / 2, y + 11, MIDDLE_AT, letters,
                    "%s", text);
}

// The first event that is not equal, in words.
void diff_first_words(struct picture *p, int side, double y)
{
    const struct trace_event *first = diff_first(p->diff, side);
    double x = diff_left(p, side), wide = diff_right(p, side) - x;
    struct letters letters = {10, PAINT_FAULT, true, NULL};
    char text[240], names[80], line[320];
    if (first == NULL) {
        shapes_text(&p->shapes, x, y, LEFT_AT, letters, "the trace ends here");
        return;
    }
    diff_tell(&p->diff->side[side], first, text, sizeof text);
    diff_fields(p->diff, names, sizeof names);
    snprintf(line, sizeof line, "event %" PRIu64 ": %s", first->n, text);
    shapes_within(&p->shapes, x, y, p->sized ? wide : 1000, letters, line);
    snprintf(line, sizeof line, "at %.3f ms%s%s", (double)first->us / 1000,
             names[0] != '\0' ? "; the other differs in " : "", names);
    shapes_within(&p->shapes, x, y + 12, p->sized ? wide : 1000,
                  (struct letters){8, PAINT_FAULT, false, NULL}, line);
}

double diff_counts(struct picture *p, double y)
{
    struct diff_fact fact[DIFF_FACTS];
    size_t n = diff_facts(p->diff, fact);
    struct letters quiet = {9, PAINT_QUIET, false, NULL};
    struct letters ink = {9, PAINT_INK, true, NULL};
    double x = diff_left(p, 0), apart = p->narrow ? 40 : 70;
    double end = x + (p->narrow ? p->widest - apart - 10 : 220);
    if (n > 0) {
        shapes_text(&p->shapes, x, y, LEFT_AT, ink, "in the whole runs");
        shapes_text(&p->shapes, end, y, RIGHT_AT, ink, "A");
        shapes_text(&p->shapes, end + apart, y, RIGHT_AT, ink, "B");
    }
    for (size_t i = 0; i < n; i++) {
        y += 14;
        shapes_text(&p->shapes, x, y, LEFT_AT, quiet, "%s", fact[i].name);
        for (int side = 0; side < 2; side++)
            shapes_text(&p->shapes, end + apart * side, y, RIGHT_AT,
                        (struct letters){9, PAINT_INK, false, NULL}, "%" PRIu64,
                        fact[i].of[side]);
    }
    return y + (n > 0 ? 24 : 0);
}
