// scan.c -- see scan.h.
#include "scan.h"

#include <string.h>

// What is left of a line.
struct cursor {
    const char *at, *end;
};

static void skip_spaces(struct cursor *from)
{
    while (from->at < from->end && *from->at == ' ')
        from->at++;
}

static bool take(struct cursor *from, char c)
{
    skip_spaces(from);
    if (from->at == from->end || *from->at != c)
        return false;
    from->at++;
    return true;
}

// "name": as it stands next.
static bool take_name(struct cursor *from, const char *name)
{
    struct cursor at = *from;
    if (!take(&at, '"'))
        return false;
    while (*name != '\0' && at.at < at.end && *at.at == *name) {
        at.at++;
        name++;
    }
    if (*name != '\0' || at.at == at.end || *at.at++ != '"' || !take(&at, ':'))
        return false;
    *from = at;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// A whole number of at most 15 digits, as JSON has them.
static bool take_number(struct cursor *from, uint64_t *number)
{
    skip_spaces(from);
    const char *first = from->at;
    uint64_t value = 0;
    while (from->at < from->end && is_digit(*from->at))
        value = 10 * value + (uint64_t)(*from->at++ - '0');
    size_t n = (size_t)(from->at - first);
    *number = value;
    return n > 0 && n <= 15 && (n == 1 || *first != '0') &&
           from->at < from->end && strchr(".eE", *from->at) == NULL;
}

bool scan_head(const char *line, size_t n, struct scan_head *head)
{
    struct cursor from = {line, line + n};
    uint64_t skipped;
    if (!take(&from, '{') || !take_name(&from, "n") ||
        !take_number(&from, &head->n) || !take(&from, ',') ||
        !take_name(&from, "us") || !take_number(&from, &head->us) ||
        !take(&from, ','))
        return false;
    if (take_name(&from, "node") &&
        (!take_number(&from, &skipped) || !take(&from, ',')))
        return false;
    if (take_name(&from, "inc") &&
        (!take_number(&from, &skipped) || !take(&from, ',')))
        return false;
    if (!take_name(&from, "ev") || !take(&from, '"'))
        return false;
    const char *name = from.at;
    while (from.at < from.end && *from.at != '"' && *from.at != '\\')
        from.at++;
    if (from.at == from.end || *from.at == '\\')
        return false;
    head->kind = scan_kind(name, (size_t)(from.at - name));
    return true;
}

enum trace_kind scan_kind(const char *name, size_t n)
{
    for (int kind = TRACE_UNKNOWN + 1; kind < TRACE_N_KINDS; kind++)
        if (strlen(trace_kinds[kind].name) == n &&
            memcmp(trace_kinds[kind].name, name, n) == 0)
            return (enum trace_kind)kind;
    return TRACE_UNKNOWN;
}
