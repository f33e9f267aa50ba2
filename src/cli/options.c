// options.c -- see cli.h.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
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
    // Where a value was forgotten, the next option stands.
    if (o->at + 1 < o->argc && strncmp(o->argv[o->at + 1], "--", 2) != 0)
        return o->argv[++o->at];
    fprintf(stderr, "glassraft %s: %s needs a value\n", o->command, o->now);
    o->failed = true;
    return "";
}

bool options_parse(const char *text, uint64_t *number)
{
    return text_number(text, number);
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

uint64_t options_time(struct options *o)
{
    char number[32] = "";
    uint64_t seconds = 0;
    const char *name = o->now, *text = options_value(o);
    size_t n = strspn(text, "0123456789");
    uint64_t unit = strcmp(text + n, "h") == 0   ? 3600
                    : strcmp(text + n, "m") == 0 ? 60
                                                 : 1;
    bool plain = text[n] == '\0' || strcmp(text + n, "s") == 0 || unit > 1;
    if (n < sizeof number)
        memcpy(number, text, n);
    if (!o->failed &&
        (!plain || !options_parse(number, &seconds) || seconds == 0)) {
        fprintf(stderr,
                "glassraft %s: %s %s: expected a time such as 60s, 10m or 2h\n",
                o->command, name, text);
        o->failed = true;
    }
    return seconds * unit;
}

static bool take_pair(struct options *o, const char *between, uint64_t *first,
                      uint64_t *second, const char *expected)
{
    const char *name = o->now, *text = options_value(o);
    if (!o->failed && !text_pair(text, between, first, second)) {
        fprintf(stderr, "glassraft %s: %s %s: expected %s\n", o->command, name,
                text, expected);
        o->failed = true;
    }
    return !o->failed;
}

bool options_range(struct options *o, uint64_t *first, uint64_t *last)
{
    return take_pair(o, "..", first, last, "A..B with A <= B");
}

bool options_shard(struct options *o, uint64_t *shard, uint64_t *n)
{
    if (take_pair(o, "/", shard, n, "I/N with 1 <= I <= N") && *shard > 0)
        return true;
    if (!o->failed)
        fprintf(stderr, "glassraft %s: a shard is 1 or more\n", o->command);
    o->failed = true;
    return false;
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

bool options_output(const char *path, const char *text, size_t n)
{
    if (path != NULL)
        return text_write_file(path, text, n);
    bool good = fwrite(text, 1, n, stdout) == n && fflush(stdout) == 0;
    if (!good)
        perror("glassraft: standard output");
    return good;
}
