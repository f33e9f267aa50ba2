// shapes.c -- see shapes.h.
#include "shapes.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "paint.h"
#include "words.h"

struct shapes shapes_begin(FILE *out, const char *name)
{
    fprintf(out,
            "digraph %s {\n"
            "graph [layout=nop2, splines=line, outputorder=edgesfirst,"
            " pad=0.2];\n"
            "node [fontname=\"Helvetica,Arial,sans-serif\", margin=0];\n"
            "edge [arrowhead=none, arrowsize=0.55];\n",
            name);
    return (struct shapes){.out = out};
}

void shapes_end(struct shapes *s)
{
    fputs("}\n", s->out);
}

static void write_tip(FILE *out, const char *name, const char *tip)
{
    if (tip == NULL)
        return;
    fprintf(out, ", %s=", name);
    paint_quoted(out, tip);
}

void shapes_band(struct shapes *s, struct area area, const char *looks,
                 const char *tip)
{
    fprintf(s->out,
            "subgraph cluster_%d { graph [bb=\"%.1f,%.1f,%.1f,%.1f\", %s,"
            " label=\"\"",
            s->n++, area.left, -area.bottom, area.right, -area.top, looks);
    write_tip(s->out, "tooltip", tip);
    fputs("]; }\n", s->out);
}

void shapes_fill(struct shapes *s, struct area area, const char *fill,
                 const char *tip)
{
    char looks[80];
    snprintf(looks, sizeof looks, "style=filled, fillcolor=\"%s\", penwidth=0",
             fill);
    shapes_band(s, area, looks, tip);
}

void shapes_line(struct shapes *s, double x, double y, double to_x, double to_y,
                 const char *looks, const char *tip)
{
    const char *point = "shape=point, width=0.01, style=invis";
    int n = s->n++;
    fprintf(s->out,
            "a%d [%s, pos=\"%.1f,%.1f\"]; b%d [%s, pos=\"%.1f,%.1f\"];"
            " a%d -> b%d [%s",
            n, point, x, -y, n, point, to_x, -to_y, n, n, looks);
    write_tip(s->out, "edgetooltip", tip);
    fputs("];\n", s->out);
}

void shapes_arrow(struct shapes *s, const double point[8], const char *looks,
                  const char *tip)
{
    enum { HEAD = 9 }; // points; the curve ends where the head begins
    double dx = point[6] - point[4], dy = point[7] - point[5];
    double length = sqrt(dx * dx + dy * dy);
    double x = point[6] - dx * HEAD / length;
    double y = point[7] - dy * HEAD / length;
    int n = s->n++;
    const char *none = "shape=point, width=0.01, style=invis";
    fprintf(s->out,
            "a%d [%s, pos=\"%.1f,%.1f\"]; b%d [%s, pos=\"%.1f,%.1f\"];"
            " a%d -> b%d [arrowhead=normal, pos=\"e,%.1f,%.1f %.1f,%.1f"
            " %.1f,%.1f %.1f,%.1f %.1f,%.1f\", %s",
            n, none, point[0], -point[1], n, none, point[6], -point[7], n, n,
            point[6], -point[7], point[0], -point[1], point[2], -point[3],
            point[4], -point[5], x, -y, looks);
    write_tip(s->out, "edgetooltip", tip);
    fputs("];\n", s->out);
}

double shapes_width(const char *text, struct letters letters)
{
    return paint_width(text, letters.size, letters.bold);
}

void shapes_text(struct shapes *s, double x, double y, enum side side,
                 struct letters letters, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    say_harmless(text);
    // What is on no ground gets a box that is wider, so that it begins where it
    // should whatever dot's font is; on a ground it is centred, which is the
    // same.
    bool ground = letters.fill != NULL, centred = ground || side == MIDDLE_AT;
    double width = shapes_width(text, letters) * (ground ? 1 : 1.16) + 4;
    double middle = side == LEFT_AT    ? x + width / 2
                    : side == RIGHT_AT ? x - width / 2
                                       : x;
    fprintf(s->out,
            "t%d [shape=box, style=\"%s\", penwidth=0, fillcolor=\"%s\","
            " fixedsize=shape, width=%.3f, height=%.3f, pos=\"%.1f,%.1f\","
            " fontsize=%.0f, fontcolor=\"%s\"%s, tooltip=",
            s->n++, ground ? "filled,rounded" : "",
            ground ? letters.fill : "none", width / 72, (letters.size + 3) / 72,
            middle, -y, letters.size, letters.colour,
            letters.bold ? ", " PAINT_BOLD : "");
    paint_quoted(s->out, text);
    fputs(", label=", s->out);
    paint_quoted(s->out, text);
    fprintf(s->out, "%s];\n",
            centred           ? ""
            : side == LEFT_AT ? " + \"\\l\""
                              : " + \"\\r\"");
}

void shapes_within(struct shapes *s, double x, double y, double width,
                   struct letters letters, const char *text)
{
    char line[200];
    snprintf(line, sizeof line - 4, "%s", text);
    bool cut = shapes_width(line, letters) > width;
    while (shapes_width(line, letters) + letters.size > width &&
           line[0] != '\0' && cut) {
        size_t n = strlen(line) - 1;
        while (n > 0 && ((unsigned char)line[n] & 0xC0) == 0x80)
            n--;
        line[n] = '\0';
    }
    shapes_text(s, x, y, LEFT_AT, letters, "%s%s", line, cut ? "…" : "");
}

double shapes_wrapped(struct shapes *s, double x, double y, double width,
                      struct letters letters, const char *text)
{
    while (*text != '\0') {
        char line[200];
        snprintf(line, sizeof line, "%s", text);
        char *end = NULL;
        while (shapes_width(line, letters) > width &&
               (end = strrchr(line, ' ')) != NULL)
            *end = '\0';
        shapes_text(s, x, y, LEFT_AT, letters, "%s", line);
        text += strlen(line);
        text += strspn(text, " ");
        y += letters.size + 4;
    }
    return y;
}

double shapes_parts(struct shapes *s, double x, double y, double width,
                    struct letters letters, const char *text)
{
    static const char between[] = "   ·   ";
    char line[400] = "";
    while (*text != '\0') {
        const char *next = strstr(text, between);
        int n = next != NULL ? (int)(next - text) : (int)strlen(text);
        char longer[2 * sizeof line];
        snprintf(longer, sizeof longer, "%s%s%.*s", line,
                 line[0] != '\0' ? between : "", n, text);
        bool fits = line[0] == '\0' || shapes_width(longer, letters) <= width;
        if (!fits) {
            shapes_text(s, x, y, LEFT_AT, letters, "%s", line);
            y += letters.size + 4;
            snprintf(longer, sizeof longer, "%.*s", n, text);
        }
        snprintf(line, sizeof line, "%.399s", longer);
        text += n;
        text += next != NULL ? sizeof between - 1 : 0;
    }
    shapes_text(s, x, y, LEFT_AT, letters, "%s", line);
    return y + letters.size + 4;
}

const char *shapes_number(uint64_t number, double room, struct letters letters,
                          char out[32])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, number);
    snprintf(out, 32, "%s", digits);
    for (int i = 1; i < n && shapes_width(out, letters) > room; i++)
        snprintf(out, 32, "…%s", digits + i);
    return out;
}

const char *shapes_time(uint64_t us, char out[32])
{
    uint64_t s = us / 1000000;
    if (us < 10000)
        snprintf(out, 32, "%.1f ms", (double)us / 1000);
    else if (us < 1000000)
        snprintf(out, 32, "%" PRIu64 " ms", us / 1000);
    else if (s < 100 && us % 1000000 != 0)
        snprintf(out, 32, "%.2f s", (double)us / 1e6);
    else if (s < 10000)
        snprintf(out, 32, "%" PRIu64 " s", s);
    else
        snprintf(out, 32, "%" PRIu64 " h %" PRIu64 " min", s / 3600,
                 s / 60 % 60);
    return out;
}
