// plain.c -- see plain.h.
#include "plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t utf8_size(const char *s, size_t n)
{
    const uint8_t *b = (const uint8_t *)s;
    if (n == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    size_t size = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
    if (b[0] < 0xc2 || b[0] > 0xf4 || size > n)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    // Longer than need be, a surrogate, or beyond the last character.
    bool bad = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ||
               (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f);
    return bad ? 0 : size;
}

// The character of n bytes that begins here.
static unsigned decode(const char *in, size_t n)
{
    unsigned c = (unsigned char)in[0];
    c = n > 1 ? c & (0xffu >> (n + 1)) : c;
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)in[i] & 0x3fu);
    return c;
}

static bool is_plain(unsigned c)
{
    if (c == '\n' || c == '\t')
        return true;
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    // Marks of direction, ends of lines and paragraphs, what has no width.
    bool mark = c == 0x061c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
                (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
                (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
    bool none = (c & 0xfffe) == 0xfffe || c == 0xfeff;
    return !control && !mark && !none;
}

// How long a terminal's escape sequence is.
static size_t escape_length(const char *in)
{
    size_t n = 1;
    if (in[1] == '[') {
        n = 2;
        while (in[n] != '\0' && (in[n] < '@' || in[n] > '~'))
            n++;
        n += in[n] != '\0';
    } else if (in[1] == ']') {
        n = 2 + strcspn(in + 2, "\a\033");
        n += in[n] == '\a';
    } else if (in[1] != '\0') {
        n = 2;
    }
    return n;
}

void plain_text(const char *in, char *out, size_t n)
{
    static const char unknown[] = "\xef\xbf\xbd", more[] = "...";
    size_t used = 0, room = n - sizeof more;
    for (const char *end = in + strlen(in); in < end;) {
        size_t length = utf8_size(in, (size_t)(end - in));
        unsigned c = decode(in, length);
        const char *from = in;
        if (c == 033) {
            in += escape_length(in);
            continue;
        }
        in += length > 0 ? length : 1;
        if (length == 0) {
            from = unknown;
            length = sizeof unknown - 1;
        } else if (!is_plain(c)) {
            continue;
        }
        if (used + length > room) {
            memcpy(out + used, more, sizeof more - 1);
            used += sizeof more - 1;
            break;
        }
        memcpy(out + used, from, length);
        used += length;
    }
    out[used] = '\0';
}

// How long a sequence that colours is; 0 when there is none.
static size_t colour_length(const char *in, size_t n)
{
    size_t at = 2;
    if (n < 3 || in[0] != 033 || in[1] != '[')
        return 0;
    while (at < n && ((in[at] >= '0' && in[at] <= '9') || in[at] == ';'))
        at++;
    return at < n && in[at] == 'm' ? at + 1 : 0;
}

void plain_output(char *text, size_t n, bool colours)
{
    static const char *const instead[] = {"", "?", "\xc2\xbf", "\xef\xbf\xbd",
                                          "\xef\xbf\xbd?"};
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)text[i];
        // Most of a text is neither controls nor the beginning of a mark.
        bool suspect = c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xd8 ||
                       c == 0xe1 || c == 0xe2 || c == 0xef || c >= 0xf3;
        size_t length = suspect ? utf8_size(text + i, n - i) : 1;
        size_t colour = colours ? colour_length(text + i, n - i) : 0;
        if (colour > 0)
            length = colour;
        else if (suspect && length > 0 && !is_plain(decode(text + i, length)))
            memcpy(text + i, instead[length], length);
        i += length > 0 ? length : 1;
    }
}

void plain_escapes(char *json, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        unsigned c;
        if (json[i] != '\\')
            continue;
        if (json[++i] != 'u' || n - i < 5 ||
            sscanf(json + i + 1, "%4x", &c) < 1)
            continue;
        // The first half of a character beyond U+E0000.
        if (!is_plain(c) || c == 0xdb40)
            memcpy(json + i + 1, "fffd", 4);
    }
}
