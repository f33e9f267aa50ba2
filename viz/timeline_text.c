// timeline_text.c -- labels that find a free place, and the narration.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../src/trace/die.h"
#include "paint.h"
#include "timeline.h"

enum { TEXT_ROOM = 120 };

static bool is_free(const struct drawing *d, struct box box)
{
    for (size_t i = d->n_boxes; i > 0; i--) {
        const struct box *b = &d->box[i - 1];
        if (box.left < b->right && b->left < box.right && box.top < b->bottom &&
            b->top < box.bottom)
            return false;
    }
    return true;
}

void timeline_take(struct drawing *d, struct box box)
{
    if (d->n_boxes == d->box_room) {
        d->box_room = d->box_room > 0 ? 2 * d->box_room : 256;
        d->box = must_realloc(d->box, d->box_room * sizeof *d->box);
    }
    d->box[d->n_boxes++] = box;
}

// A label whose left (side > 0) or right (side < 0) edge is at x; goes to
// the nearest free place above or below, at most 30 points away.
void timeline_label(struct drawing *d, double x, double y, int side,
                    struct style style, const struct trace_event *event,
                    const char *format, ...)
    __attribute__((format(printf, 7, 8)));

void timeline_label(struct drawing *d, double x, double y, int side,
                    struct style style, const struct trace_event *event,
                    const char *format, ...)
{
    char text[TEXT_ROOM];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    double width = paint_width(text, style.size) * (style.bold ? 1.08 : 1) + 6;
    double height = style.size + 3;
    double left = side > 0 ? x : x - width;
    struct box box = {left, y - height / 2, left + width, y + height / 2};
    for (int try = 1; !is_free(d, box) && try <= 6; try++) {
        double shift = (try % 2 != 0 ? 1 : -1) * (try + 1) / 2 * height;
        box.top = y - height / 2 + shift;
        box.bottom = y + height / 2 + shift;
    }
    timeline_take(d, box);
    fprintf(d->out,
            "t%d [shape=box, style=\"filled,rounded\", penwidth=0,"
            " fillcolor=\"%s\", fixedsize=shape, width=%.3f, height=%.3f,"
            " pos=\"%.1f,%.1f\", fontsize=%.0f, fontcolor=\"%s\", "
            "tooltip=\"event %" PRIu64 "\", label=",
            d->n_names++, style.fill != NULL ? style.fill : "#FFFFFFD0",
            width / 72, height / 72, (box.left + box.right) / 2,
            -(box.top + box.bottom) / 2, style.size, style.colour, event->n);
    if (style.bold) {
        fputs("<<B>", d->out);
        paint_html(d->out, text);
        fputs("</B>>", d->out);
    } else
        paint_quoted(d->out, text);
    fputs("];\n", d->out);
}

void timeline_narrate(struct drawing *d, const struct trace_event *event,
                      const char *colour, bool bold, const char *format, ...)
{
    char text[TEXT_ROOM];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    double y = timeline_y(d, event);
    if (y < d->said + 12)
        y = d->said + 12;
    d->said = y;
    if (y + 24 > d->bottom)
        d->bottom = y + 24;
    double width = paint_width(text, 9) * (bold ? 1.08 : 1) + 4;
    fprintf(d->out,
            "t%d [shape=plaintext, fixedsize=shape, width=%.3f, height=0.15,"
            " pos=\"%.1f,%.1f\", fontsize=9, fontcolor=\"%s\", label=",
            d->n_names++, width / 72,
            timeline_x(d->n_servers - 1) + 90 + width / 2, -y, colour);
    fputs(bold ? "<<B>" : "<", d->out);
    paint_html(d->out, text);
    fputs(bold ? "</B><BR ALIGN=\"LEFT\"/>>];\n" : "<BR ALIGN=\"LEFT\"/>>];\n",
          d->out);
}
