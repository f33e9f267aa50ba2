// cursor.h -- what is left of a line of JSON, and what stands next in it.
//
// Each take_ function passes over what it names and the spaces before it, or
// says no; the cursor stands anywhere then. They take only what our writer
// writes: no escapes, no fractions, ASCII. The text ends with a zero byte,
// which is none of the characters they look for.
#ifndef GLASSRAFT_CURSOR_H
#define GLASSRAFT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const char *at;
};

// A run of bytes in the line.
struct span {
    const char *at;
    size_t n;
};

static inline bool take(struct cursor *from, char c)
{
    while (*from->at == ' ')
        from->at++;
    if (*from->at != c)
        return false;
    from->at++;
    return true;
}

// A word such as true, null.
static inline bool take_word(struct cursor *from, const char *word)
{
    while (*from->at == ' ')
        from->at++;
    while (*word != '\0' && *from->at == *word) {
        from->at++;
        word++;
    }
    return *word == '\0';
}

// "name": with its colon; unless it stands there the cursor stays.
static inline bool take_name(struct cursor *from, const char *name)
{
    struct cursor at = *from;
    if (!take(&at, '"'))
        return false;
    while (*name != '\0' && *at.at == *name) {
        at.at++;
        name++;
    }
    if (*name != '\0' || *at.at++ != '"' || !take(&at, ':'))
        return false;
    *from = at;
    return true;
}

// A string without escapes; the span is what stands between the quotes.
static inline bool take_text(struct cursor *from, struct span *text)
{
    if (!take(from, '"'))
        return false;
    text->at = from->at;
    while (*from->at >= ' ' && *from->at < 0x7f && *from->at != '"' &&
           *from->at != '\\')
        from->at++;
    text->n = (size_t)(from->at - text->at);
    return *from->at++ == '"';
}

static inline bool span_is(struct span span, const char *text)
{
    return strncmp(span.at, text, span.n) == 0 && text[span.n] == '\0';
}

// A whole number below 10^15 in digits.
static inline bool take_digits(struct cursor *from, uint64_t *number)
{
    uint64_t value = 0;
    while (*from->at == ' ')
        from->at++;
    const char *first = from->at;
    while (*from->at >= '0' && *from->at <= '9')
        value = 10 * value + (uint64_t)(*from->at++ - '0');
    size_t n = (size_t)(from->at - first);
    *number = value;
    return n > 0 && n <= 15 && (n == 1 || *first != '0') && *from->at != '.' &&
           *from->at != 'e' && *from->at != 'E';
}

// A string that stands for a large number, "0x2a".
static inline bool span_number(struct span text, uint64_t *number)
{
    if (text.n < 3 || text.n > 18 || text.at[0] != '0' || text.at[1] != 'x')
        return false;
    *number = 0;
    for (size_t i = 2; i < text.n; i++) {
        char c = text.at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *number = *number << 4 | (uint64_t)digit;
    }
    return true;
}

// A number in either form.
static inline bool take_number(struct cursor *from, uint64_t *number)
{
    struct span text;
    while (*from->at == ' ')
        from->at++;
    if (*from->at != '"')
        return take_digits(from, number);
    return take_text(from, &text) && span_number(text, number);
}

#endif
