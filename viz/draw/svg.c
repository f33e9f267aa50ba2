// svg.c -- see svg.h.
#include "svg.h"

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

bool svg_finish(FILE *in, const char *dot, FILE *out)
{
    // What dot lays out itself are tables, whose texts are centred.
    bool centred = strstr(dot, "layout=nop2") == NULL, head = false;
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, in) > 0) {
        if (strncmp(line, "<svg ", 5) == 0) {
            head = true;
            fputs("<svg role=\"img\" aria-labelledby=\"picture-title"
                  " picture-desc\" ",
                  out);
            fputs(line + 5, out);
        } else if (strncmp(line, "<text ", 6) == 0)
            write_text(out, line, centred);
        else if (strncmp(line, "<title>", 7) != 0)
            fputs(line, out);
        if (head && line[strlen(line) - 1] == '\n' && strchr(line, '>')) {
            head = false;
            write_head(out, dot);
        }
    }
    free(line);
    return !ferror(in) && !ferror(out);
}
