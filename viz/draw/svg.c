// svg.c -- see svg.h.
#include "svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "paint.h"

// ------------------------------------------------------------ words about it

// "// title: TEXT" of the DOT text, as XML; false when it has none.
static bool copy_words(FILE *out, const char *dot, const char *name)
{
    size_t n = strlen(name);
    for (; strncmp(dot, "// ", 3) == 0; dot = strchr(dot, '\n') + 1) {
        const char *end = strchr(dot, '\n');
        if (end == NULL)
            break;
        if (strncmp(dot + 3, name, n) != 0 || dot[3 + n] != ':')
            continue;
        char *text = strndup(dot + n + 5, (size_t)(end - dot) - n - 5);
        if (text != NULL)
            paint_html(out, text);
        free(text);
        return true;
    }
    return false;
}

static void write_head(FILE *out, const char *dot)
{
    fputs("<title id=\"picture-title\">", out);
    if (!copy_words(out, dot, "title"))
        fputs("a picture of a Raft", out);
    fputs("</title>\n<desc id=\"picture-desc\">", out);
    copy_words(out, dot, "desc");
    fputs("</desc>\n", out);
}

// ---------------------------------------------------------------- the texts

// The value of an attribute, up to its quote; NULL when it is missing.
static const char *find(const char *line, const char *name, size_t *n)
{
    const char *at = strstr(line, name);
    if (at == NULL)
        return NULL;
    at += strlen(name);
    *n = strcspn(at, "\"");
    return at;
}

// What stands between the tags, without the escapes of XML.
static void read_text(const char *line, char *out, size_t room)
{
    static const struct {
        const char *name, *text;
    } escapes[] = {{"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
                   {"&quot;", "\""}, {"&#45;", "-"}, {"&#39;", "'"},
                   {"&#160;", " "}};
    const char *at = strchr(line, '>');
    size_t n = 0;
    for (at = at != NULL ? at + 1 : "";
         *at != '\0' && *at != '<' && n + 2 < room;) {
        const char *text = NULL;
        for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
            if (strncmp(at, escapes[i].name, strlen(escapes[i].name)) == 0) {
                text = escapes[i].text;
                at += strlen(escapes[i].name);
                break;
            }
        out[n++] = text != NULL ? *text : *at++;
    }
    out[n] = '\0';
}

// A text with its width, and with a weight where its font's name has one.
static void write_text(FILE *out, const char *line, bool centred)
{
    enum { LONGEST = 2000 };
    static const char heavy[] = " bold\"";
    char text[LONGEST];
    size_t n = 0, n_size = 0;
    const char *family = find(line, "font-family=\"", &n);
    const char *size = find(line, "font-size=\"", &n_size);
    const char *at = strstr(line, heavy);
    bool named = family != NULL && at != NULL && at < family + n;
    bool bold = named || strstr(line, "font-weight=\"bold\"") != NULL;
    const char *start = "text-anchor=\"start\" x=\"";
    bool moves = centred && strstr(line, start) != NULL;
    read_text(line, text, sizeof text);
    double width =
        paint_width(text, size != NULL ? strtod(size, NULL) : 14, bold);
    fputs("<text ", out);
    line += strlen("<text ");
    if (moves) {
        char *end;
        double x = strtod(strstr(line, start) + strlen(start), &end);
        fprintf(out, "text-anchor=\"middle\" x=\"%.2f", x + width / 2);
        line = end;
    }
    if (named) {
        fwrite(line, 1, (size_t)(at - line), out);
        fputs("\" font-weight=\"bold\"", out);
        line = at + sizeof heavy - 1;
    }
    const char *rest = strchr(line, '>');
    fwrite(line, 1, rest != NULL ? (size_t)(rest - line) : 0, out);
    if (width > 0 && text[strspn(text, " ")] != '\0')
        fprintf(out, " textLength=\"%.2f\" lengthAdjust=\"spacingAndGlyphs\"",
                width);
    fputs(rest != NULL ? rest : line, out);
}

// ---------------------------------------------------------------- its size

struct size {
    double width, height, least; // of "// for:"; width 0: as it comes
    char name[12];
    int pixels;      // of its width
    double whole;    // the height that it comes to
    double scale;    // from the picture's points to the finished ones
    double smallest; // type in the picture
    double box[4];   // left, top, width and height of what is drawn
    double at[2];    // where in there dot has its origin
};

static double attribute(const char *line, const char *name)
{
    size_t n;
    const char *at = find(line, name, &n);
    return at != NULL ? strtod(at, NULL) : 0;
}

// From where to where the ink of a line of SVG reaches, to the right.
struct reach {
    double left, right;
};

static void reach(struct reach *reach, double left, double right)
{
    reach->left = fmin(reach->left, left);
    reach->right = fmax(reach->right, right);
}

static void reach_text(struct reach *r, const char *line)
{
    enum { LONGEST = 2000 };
    char text[LONGEST];
    bool bold = strstr(line, " bold\"") != NULL ||
                strstr(line, "font-weight=\"bold\"") != NULL;
    read_text(line, text, sizeof text);
    double width = paint_width(text, attribute(line, "font-size=\""), bold);
    double x = attribute(line, " x=\"");
    double before = strstr(line, "text-anchor=\"middle\"") != NULL ? 0.5
                    : strstr(line, "text-anchor=\"end\"") != NULL  ? 1
                                                                   : 0;
    reach(r, x - before * width, x + (1 - before) * width);
}

// The points of a shape that has a fill or a line: "M1,2C3,4 5,6", "1,2 3,4".
static void reach_shape(struct reach *r, const char *line)
{
    bool background =
        strstr(line, "fill=\"white\" stroke=\"transparent\"") != NULL ||
        strstr(line, "fill=\"white\" stroke=\"none\"") != NULL;
    bool empty = strstr(line, "fill=\"none\"") != NULL &&
                 strstr(line, "stroke-width=\"0\"") != NULL;
    size_t n;
    const char *at = find(line, " points=\"", &n);
    if (at == NULL)
        at = find(line, " d=\"", &n);
    if (at == NULL || background || empty)
        return;
    for (const char *end = at + n; at < end;) {
        char *after;
        double x = strtod(at, &after);
        if (after == at) {
            at++;
            continue;
        }
        reach(r, x, x);
        strtod(after + 1, &after); // y
        at = after;
    }
}

// The boxes of dot's texts are wider than the texts. What nothing is drawn in
// goes from the box, but for the same edge as above and below.
static void crop(struct size *size, const struct reach *ink)
{
    enum { EDGE = 14 };
    double left = ink->left + size->at[0] - EDGE;
    double right = ink->right + size->at[0] + EDGE;
    double end = fmin(size->box[0] + size->box[2], right);
    size->box[0] = fmax(size->box[0], left);
    size->box[2] = end - size->box[0];
}

// A picture of this size has as large a scale as fits, but what is small is
// not blown up.
static void set_scale(struct size *size)
{
    enum { MUCH = 2 }; // times the least type
    size->scale = size->width / size->box[2];
    if (size->height > 0 && size->height / size->box[3] < size->scale)
        size->scale = size->height / size->box[3];
    if (size->smallest > 0 && size->scale * size->smallest > MUCH * size->least)
        size->scale = MUCH * size->least / size->smallest;
    size->whole = size->height > 0 ? size->height : size->box[3] * size->scale;
}

// The box and the origin, where the line has them.
static bool read_box(struct size *size, const char *line)
{
    size_t n;
    const char *view = find(line, "viewBox=\"", &n);
    const char *at = find(line, " translate(", &n);
    double *box = size->box;
    if (at != NULL && strstr(line, "id=\"graph0\"") != NULL)
        sscanf(at, "%lf %lf", &size->at[0], &size->at[1]);
    return view != NULL && sscanf(view, "%lf %lf %lf %lf", &box[0], &box[1],
                                  &box[2], &box[3]) == 4;
}

static struct size read_size(FILE *in, const char *dot)
{
    struct size size = {0};
    struct reach ink = {HUGE_VAL, -HUGE_VAL};
    char *line = NULL;
    size_t room = 0;
    bool boxed = false;
    if (sscanf(dot, "// for: %lf %lf %lf %11s %d", &size.width, &size.height,
               &size.least, size.name, &size.pixels) != 5)
        return (struct size){0};
    while (getline(&line, &room, in) > 0) {
        bool text = strncmp(line, "<text ", 6) == 0;
        double type = text ? attribute(line, "font-size=\"") : 0;
        if (type > 0 && (size.smallest <= 0 || type < size.smallest))
            size.smallest = type;
        boxed = read_box(&size, line) || boxed;
        if (text)
            reach_text(&ink, line);
        else
            reach_shape(&ink, line);
    }
    if (boxed && ink.left < ink.right)
        crop(&size, &ink);
    if (boxed)
        set_scale(&size);
    free(line);
    rewind(in);
    return size;
}

// `width="..." height="..."` and the viewBox for the size that is asked for;
// the picture stands in the middle, on white.
static void write_size(FILE *out, const struct size *size)
{
    const double *box = size->box;
    double wide = size->width / size->scale, high = size->whole / size->scale;
    double x = box[0] - (wide - box[2]) / 2, y = box[1] - (high - box[3]) / 2;
    fprintf(out,
            "width=\"%.2fpt\" height=\"%.2fpt\" viewBox=\"%.2f %.2f %.2f"
            " %.2f\" xmlns=\"http://www.w3.org/2000/svg\""
            " xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n",
            size->width, size->whole, x, y, wide, high);
    fprintf(out,
            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\""
            " fill=\"white\"/>\n",
            x, y, wide, high);
}

static bool is_small(const struct size *size)
{
    return size->width > 0 && size->smallest * size->scale < size->least - 0.05;
}

double svg_fits(FILE *in, const char *dot)
{
    struct size size = read_size(in, dot);
    return is_small(&size) ? size.smallest * size.scale / size.least : 1;
}

// Type that is too small for what the picture is for is owned up to.
static void check_type(const struct size *size, const char *path)
{
    double type = size->smallest * size->scale;
    if (is_small(size))
        fprintf(
            stderr,
            "glassraft: %s: its smallest type is %.1f pt, and %s wants %.0f;"
            " choose a shorter part (--act, --last, --around) or fewer"
            " --servers\n",
            path, type, size->name, size->least);
}

bool svg_pixels(FILE *in, const char *dot, const char *path,
                struct svg_pixels *pixels)
{
    struct size size = read_size(in, dot);
    if (size.width <= 0 || size.whole <= 0)
        return false;
    // Half a pixel more or less would be a pixel.
    double per_point = size.pixels / size.width;
    *pixels =
        (struct svg_pixels){size.width,
                            floor(size.whole * per_point + 0.5) / per_point,
                            72 * per_point,
                            size.scale,
                            {size.box[0] + size.box[2] / 2 - size.at[0],
                             size.at[1] - size.box[1] - size.box[3] / 2}};
    check_type(&size, path);
    return true;
}

bool svg_finish(FILE *in, const char *dot, FILE *out, const char *path)
{
    // What dot lays out itself are tables, whose texts are centred.
    bool centred = strstr(dot, "layout=nop2") == NULL, head = false;
    struct size size = read_size(in, dot);
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, in) > 0) {
        if (strncmp(line, "<svg ", 5) == 0) {
            head = true;
            fputs("<svg role=\"img\" aria-labelledby=\"picture-title"
                  " picture-desc\" ",
                  out);
            fputs(size.width > 0 ? "" : line + 5, out);
        } else if (head && size.width > 0)
            write_size(out, &size);
        else if (strncmp(line, "<text ", 6) == 0)
            write_text(out, line, centred);
        else if (strncmp(line, "<title>", 7) != 0)
            fputs(line, out);
        if (head && strncmp(line, "<svg ", 5) != 0) {
            head = false;
            write_head(out, dot);
        }
    }
    free(line);
    check_type(&size, path);
    return !ferror(in) && !ferror(out);
}
