// quote.c -- texts of a trace, made fit for DOT and for Graphviz' HTML.
#include "paint.h"

#include <string.h>

#include "base/plain.h"

// The bytes of one character into out; what is no UTF-8, such as the rest of a
// character that was cut, becomes '?', control characters become spaces.
// Returns how many bytes it has taken.
static size_t next_character(const char *text, char out[8])
{
    size_t n = utf8_size(text, strnlen(text, 4));
    if (n == 0 || (unsigned char)*text < ' ') {
        snprintf(out, 8, "%c", n == 0 ? '?' : ' ');
        return 1;
    }
    snprintf(out, 8, "%.*s", (int)n, text);
    return n;
}

void paint_quoted(FILE *out, const char *text)
{
    char one[8];
    fputc('"', out);
    while (*text != '\0') {
        text += next_character(text, one);
        if (one[0] == '"' || one[0] == '\\')
            fputc('\\', out);
        fputs(one, out);
    }
    fputc('"', out);
}

void paint_html(FILE *out, const char *text)
{
    char one[8];
    while (*text != '\0') {
        text += next_character(text, one);
        if (one[0] == '<')
            fputs("&lt;", out);
        else if (one[0] == '>')
            fputs("&gt;", out);
        else if (one[0] == '&')
            fputs("&amp;", out);
        else if (one[0] == '"')
            fputs("&quot;", out);
        else
            fputs(one, out);
    }
}

void paint_alt(FILE *out, const char *title, const char *sentence)
{
    char one[8];
    const char *const part[] = {"// title: ", title, "\n// desc: ", sentence,
                                "\n"};
    for (int i = 0; i < 5; i++)
        if (i % 2 == 0)
            fputs(part[i], out);
        else
            for (const char *at = part[i]; *at != '\0'; fputs(one, out))
                at += next_character(at, one);
}
