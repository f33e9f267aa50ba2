// timeline_text.c -- labels that find a free place, and the narration.
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/paint.h"
#include "timeline.h"

enum { TEXT_ROOM = 120, TIP_ROOM = 260, LINE_ROOM = 400, LEAST_TYPE = 8 };
static const double STRETCH = 40; // of y, for finding boxes
static const double LANE = 11.5;  // half of a leader's
static bool overlap(struct box a, struct box b)
{
    return a.left < b.right && b.left < a.right && a.top < b.bottom &&
           b.top < a.bottom;
}

static size_t stretch_of(const struct drawing *d, double y)
{
    double at = (y - d->from) / STRETCH + 2;
    if (at < 0)
        return 0;
    return (size_t)at < d->n_taken ? (size_t)at : d->n_taken - 1;
}

// Puts a box beside the lane that it would lie on, to its right or left.
static struct box beside_lanes(const struct drawing *d, struct box box,
                               int side)
{
    double width = box.right - box.left;
    for (int i = 0; i < d->n_lanes; i++) {
        double x = d->left + i * d->pitch;
        if (box.left >= x + LANE || x - LANE >= box.right)
            continue;
        box.left = side > 0 ? x + LANE + 1 : x - LANE - 1 - width;
        box.right = box.left + width;
        break;
    }
    return box;
}

bool timeline_is_free(const struct drawing *d, struct box box)
{
    size_t last = stretch_of(d, box.bottom);
    for (size_t k = stretch_of(d, box.top); k <= last; k++)
        for (size_t i = d->taken[k].n; i > 0; i--)
            if (overlap(d->taken[k].box[i - 1], box))
                return false;
    return true;
}

void timeline_take(struct drawing *d, struct box box)
{
    size_t last = stretch_of(d, box.bottom);
    for (size_t k = stretch_of(d, box.top); k <= last; k++) {
        struct taken *taken = &d->taken[k];
        taken->box =
            must_grow(taken->box, taken->n, &taken->room, sizeof *taken->box);
        taken->box[taken->n++] = box;
    }
}

void timeline_forget(struct drawing *d)
{
    for (size_t k = 0; k < d->n_taken; k++)
        free(d->taken[k].box);
    free(d->taken);
    d->n_taken = (size_t)((d->until - d->from) / STRETCH) + 8;
    d->taken = must_calloc(d->n_taken, sizeof *d->taken);
}

// ------------------------------------------------------- names and colours

void timeline_name(struct drawing *d, const struct trace_event *event)
{
    char line[TIP_ROOM], tip[TIP_ROOM];
    size_t n = 0;
    if (event == NULL) {
        fputs("tooltip=\"the state from before\"", d->out);
        return;
    }
    // The line of the trace without its punctuation: it can be grepped for.
    trace_format(event, line, sizeof line);
    for (const char *c = line; *c != '\0'; c++) {
        if (*c == '"' || *c == '{' || *c == '}' || *c == '\\')
            continue;
        tip[n++] = *c == ',' ? ' ' : *c;
    }
    tip[n] = '\0';
    size_t at = (size_t)(event - d->scene.trace->event);
    if (at >= d->scene.begin && at < d->scene.end &&
        !d->named[at - d->scene.begin]) {
        d->named[at - d->scene.begin] = true;
        fprintf(d->out, "id=\"%sev%" PRIu64 "\", ", d->prefix, event->n);
    }
    fputs("tooltip=", d->out);
    paint_quoted(d->out, tip);
}

void timeline_colour(struct drawing *d, const char *colour,
                     const struct trace_event *event)
{
    // 13 %, of an ink that may have its own transparency.
    if (timeline_dims(d, event))
        fprintf(d->out, "\"%.7s21\"", colour);
    else
        fprintf(d->out, "\"%s\"", colour);
}

// -------------------------------------------------------------------- labels

// Tries the place itself, then below and above it in turn, none before `least`.
static bool find_place(const struct drawing *d, struct box *place, double least)
{
    enum { TRIES = 16 };
    struct box wanted = *place, box = wanted;
    double height = box.bottom - box.top;
    for (int i = 0; i <= TRIES; i++) {
        double shift = (i % 2 != 0 ? 1 : -1) * (i + 1) / 2 * height * 0.75;
        box.top = wanted.top + shift;
        box.bottom = wanted.bottom + shift;
        if (box.top >= least && timeline_is_free(d, box)) {
            *place = box;
            return true;
        }
    }
    return false;
}

static void print_label(struct drawing *d, struct box box, struct style style,
                        const struct trace_event *event, const char *text)
{
    bool dims = timeline_dims(d, event);
    fprintf(d->out,
            "t%d [shape=box, style=\"filled,rounded\", penwidth=0,"
            " fillcolor=\"%.7s%s\", fixedsize=shape, width=%.3f, height=%.3f,"
            " pos=\"%.1f,%.1f\", fontsize=%.0f, ",
            d->n_names++, style.fill != NULL ? style.fill : "#FFFFFF",
            dims                 ? "21"
            : style.fill != NULL ? ""
                                 : "D0",
            (box.right - box.left) / 72, (box.bottom - box.top) / 72,
            (box.left + box.right) / 2,
            timeline_dot_y(d, (box.top + box.bottom) / 2), style.size);
    timeline_name(d, event);
    fputs(", fontcolor=", d->out);
    timeline_colour(d, style.colour, event);
    fputs(style.bold ? ", " PAINT_BOLD ", label=" : ", label=", d->out);
    paint_quoted(d->out, text);
    fputs("];\n", d->out);
}

// The width of a label; a text that is wider than most loses its end.
static double fit(char *text, struct style style, double most)
{
    enum { PILL = 9, NARROW_PILL = 3, NARROW = 24 };
    double extra = style.fill != NULL && most > NARROW ? PILL : NARROW_PILL;
    double width = paint_width(text, style.size, style.bold) + extra;
    bool cut = width > most;
    while (width > most && text[0] != '\0') {
        size_t n = strlen(text) - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
        text[n] = '\0';
        width = paint_width(text, style.size, style.bold) + style.size + extra;
    }
    if (cut)
        strcat(text, "…");
    return width;
}

// The number says more than its word: where both have no room, the word goes.
static void drop_word(char *text, struct style style, double most)
{
    static const char *const words[][2] = {{"✓ commit ", "✓ "},
                                           {"Append ", ""}};
    if (paint_width(text, style.size, style.bold) + 4 <= most)
        return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i][0]);
        char rest[TEXT_ROOM];
        if (strncmp(text, words[i][0], n) != 0)
            continue;
        snprintf(rest, sizeof rest, "%s", text + n);
        snprintf(text, TEXT_ROOM, "%s%s", words[i][1], rest);
        return;
    }
}

// Of a text that was cut to a sign and dots nobody learns anything.
static bool has_sense(const char *text)
{
    enum { SENSE = 4 };
    int n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n >= SENSE;
}

void timeline_label(struct drawing *d, double x, double y, int side,
                    struct style style, const struct trace_event *event,
                    const char *format, ...)
{
    char text[TEXT_ROOM + 4];
    va_list args;
    va_start(args, format);
    vsnprintf(text, TEXT_ROOM, format, args);
    va_end(args);
    if (!timeline_on_page(d, y))
        return;
    if (d->window->look.room.format != NULL && style.size < LEAST_TYPE)
        style.size = LEAST_TYPE;
    enum { NARROW = 50 }; // a pitch
    char whole[sizeof text];
    double most = d->pitch - 2 * LANE - (d->pitch < NARROW ? 1 : 4);
    drop_word(text, style, most);
    snprintf(whole, sizeof whole, "%s", text);
    double width = fit(text, style, most);
    if (strcmp(text, whole) != 0 && !has_sense(text)) {
        d->n_unsaid++;
        return;
    }
    double height = style.size + 3;
    double left = side > 0 ? x : x - width;
    struct box box = {left, y - height / 2, left + width, y + height / 2};
    box = beside_lanes(d, box, side);
    double none = 0;
    double *above = d->in_order && event->node >= 0
                        ? &d->above[event->node][side > 0]
                        : &none;
    if (!find_place(d, &box, *above)) {
        d->n_unsaid++;
        return;
    }
    *above = box.top;
    timeline_take(d, box);
    d->lowest = box.bottom > d->lowest ? box.bottom : d->lowest;
    print_label(d, box, style, event, text);
}

void timeline_line(struct drawing *d, double x, double dot_y, double size,
                   const char *colour, bool bold, const char *said)
{
    char text[LINE_ROOM + 4];
    snprintf(text, LINE_ROOM, "%s", said);
    if (d->widest > 0)
        fit(text, (struct style){size, colour, NULL, bold}, d->widest - x);
    // Wider than the text, so that it begins at x whatever dot's font is.
    double width = paint_width(text, size, bold) * 1.16 + 4;
    fprintf(d->out,
            "t%d [shape=plaintext, fixedsize=shape, width=%.3f, height=%.3f,"
            " pos=\"%.1f,%.1f\", fontsize=%.0f, fontcolor=\"%s\"%s, label=",
            d->n_names++, width / 72, (size + 3) / 72, x + width / 2, dot_y,
            size, colour, bold ? ", " PAINT_BOLD : "");
    paint_quoted(d->out, text[0] != '\0' ? text : " ");
    fputs(" + \"\\l\"];\n", d->out);
}

void timeline_narrate(struct drawing *d, const struct trace_event *event,
                      const char *colour, bool bold, const char *format, ...)
{
    char text[TEXT_ROOM + 4], ink[16];
    va_list args;
    va_start(args, format);
    vsnprintf(text, TEXT_ROOM, format, args);
    va_end(args);
    double y = timeline_y(d, event);
    if (!timeline_on_page(d, y) || d->silent)
        return;
    if (d->said_width > 0)
        fit(text, (struct style){9, colour, NULL, bold}, d->said_width);
    if (y < d->said + 12)
        y = d->said + 12;
    d->said = y;
    if (y + 24 > d->bottom)
        d->bottom = y + 24;
    snprintf(ink, sizeof ink, "%.7s%s", colour,
             timeline_dims(d, event) ? "21" : "");
    timeline_line(d, timeline_margin(d), timeline_dot_y(d, y), 9, ink, bold,
                  text);
}
