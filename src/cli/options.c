// options.c -- see cli.h.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct options options_begin(int argc, char **argv, const char *command)
{
    return (struct options){.argc = argc, .argv = argv, .command = command};
}

const char *options_next(struct options *o)
{
    if (o->failed || ++o->at >= o->argc)
        return NULL;
    return o->now = o->argv[o->at];
}

bool options_is(const struct options *o, const char *name)
{
    return strcmp(o->now, name) == 0;
}

const char *options_value(struct options *o)
{
    if (o->at + 1 < o->argc)
        return o->argv[++o->at];
    fprintf(stderr, "glassraft %s: %s needs a value\n", o->command, o->now);
    o->failed = true;
    return "";
}

bool options_parse(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    if (!isdigit((unsigned char)text[0]))
        return false;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    *number = strtoull(text, &end, hex ? 16 : 10);
    return errno == 0 && *end == '\0' && !(hex && text[2] == '\0');
}

uint64_t options_number(struct options *o)
{
    uint64_t number = 0;
    const char *name = o->now, *text = options_value(o);
    if (!o->failed && !options_parse(text, &number)) {
        fprintf(stderr, "glassraft %s: %s %s: not a number\n", o->command, name,
                text);
        o->failed = true;
    }
    return number;
}

bool options_range(struct options *o, uint64_t *first, uint64_t *last)
{
    const char *name = o->now, *text = options_value(o);
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    char *dots = strstr(copy, "..");
    if (dots != NULL)
        *dots = '\0';
    if (!o->failed && (dots == NULL || !options_parse(copy, first) ||
                       !options_parse(dots + 2, last) || *first > *last)) {
        fprintf(stderr, "glassraft %s: %s %s: expected A..B with A <= B\n",
                o->command, name, text);
        o->failed = true;
    }
    return !o->failed;
}

bool options_rest(struct options *o)
{
    if (o->now[0] != '-' || o->now[1] == '\0')
        return true;
    fprintf(stderr,
            "glassraft %s: %s: no such option; see `glassraft %s"
            " --help`\n",
            o->command, o->now, o->command);
    o->failed = true;
    return false;
}
