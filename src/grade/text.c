// text.c -- see text.h.
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../trace/die.h"
#include "../trace/save.h"
#include "../trace/fields.h"

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
    bool direction = c == 0x200e || c == 0x200f || c == 0x061c ||
                     (c >= 0x202a && c <= 0x202e) ||
                     (c >= 0x2066 && c <= 0x2069);
    bool none = (c & 0xfffe) == 0xfffe || c == 0xfeff;
    return !control && !direction && !none;
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

void text_clean(const char *in, char *out, size_t n)
{
    static const char unknown[] = "\xef\xbf\xbd", more[] = "...";
    size_t used = 0, room = n - sizeof more;
    for (const char *end = in + strlen(in); in < end;) {
        size_t length = trace_utf8(in, (size_t)(end - in));
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

char *text_cleaned(const char *in, size_t most)
{
    char *out = must_malloc(most);
    text_clean(in, out, most);
    return must_realloc(out, strlen(out) + 1);
}

void text_xml(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\n':
            fputs("&#10;", out);
            break;
        default:
            fputc(*text, out);
        }
}

void text_csv(FILE *out, const char *text)
{
    fputc('"', out);
    if (*text != '\0' && strchr("=+-@\t", *text) != NULL)
        fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void text_replace(char *text, size_t n, const char *what, const char *with)
{
    size_t length = strlen(what), other = strlen(with);
    for (char *at = text; (at = strstr(at, what)) != NULL; at += other) {
        size_t before = (size_t)(at - text), rest = strlen(at + length) + 1;
        if (before + other + 1 > n) {
            *at = '\0';
            return;
        }
        if (before + other + rest > n)
            rest = n - before - other;
        memmove(at + other, at + length, rest);
        memcpy(at, with, other);
        text[n - 1] = '\0';
    }
}

bool text_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    if (!isdigit((unsigned char)text[0]))
        return false;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    *number = strtoull(text, &end, hex ? 16 : 10);
    return errno == 0 && *end == '\0' && !(hex && text[2] == '\0');
}

bool text_pair(const char *text, const char *between, uint64_t *first,
               uint64_t *second)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    char *middle = strstr(copy, between);
    if (middle == NULL)
        return false;
    *middle = '\0';
    return text_number(copy, first) &&
           text_number(middle + strlen(between), second) && *first <= *second;
}

// No stdio: its buffer would keep a copy of what may be secret.
char *text_read_file(const char *path, size_t most, size_t *n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *text = must_malloc(most + 2);
    ssize_t now = 1;
    for (*n = 0; now > 0 && *n <= most; *n += (size_t)now) {
        now = read(fd, text + *n, most + 1 - *n);
        if (now < 0)
            break;
    }
    int error = now < 0 ? errno : *n > most ? EFBIG : 0;
    close(fd);
    text[error == 0 ? *n : 0] = '\0';
    if (error == 0)
        return must_realloc(text, *n + 1);
    free(text);
    errno = error;
    return NULL;
}

bool text_write_file(const char *path, const char *text, size_t n)
{
    bool good = save_file(path, text, n);
    if (!good)
        fprintf(stderr, "glassraft grade: %s: %s\n", path, strerror(errno));
    return good;
}
