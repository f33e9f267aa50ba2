// text.c -- see text.h.
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "save.h"
#include "plain.h"

void text_clean(const char *in, char *out, size_t n)
{
    plain_text(in, out, n);
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

uint64_t text_whole(double number)
{
    return !(number > 0)                  ? 0
           : number >= (double)UINT64_MAX ? UINT64_MAX
                                          : (uint64_t)number;
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
        fprintf(stderr, "glassraft: %s: %s\n", path, strerror(errno));
    return good;
}
