// places.c -- see places.h.
#include "places.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../trace/die.h"
#include "cage.h"

enum { MOST = 24, OUTPUT = 16384, WALL_S = 20, CPU_S = 10 };

// The next place of this kind in the text, NULL when there is none; its offset
// as text.
static char *next_mark(char *text, char kind, char offset[20])
{
    const char mark[] = {'{', kind, '0', 'x', '\0'};
    for (char *at = text; (at = strstr(at, mark)) != NULL; at++) {
        size_t n = strspn(at + 4, "0123456789abcdef");
        if (n == 0 || n > 16 || at[4 + n] != '}')
            continue;
        snprintf(offset, 20, "0x%.*s", (int)n, at + 4);
        return at;
    }
    return NULL;
}

// The line of the answer, cut off; "" when there is no more.
static char *take_line(char **answer)
{
    char *line = *answer;
    size_t n = strcspn(line, "\n");
    *answer += n + (line[n] == '\n');
    line[n] = '\0';
    return line;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

// addr2line says "function\nfile:line" for each.
static void put_places(char *text, size_t room, char kind, char *answer)
{
    char offset[20];
    char *whole = must_malloc(room);
    size_t used = 0;
    char *from = text;
    for (char *at; (at = next_mark(from, kind, offset)) != NULL;) {
        char *function = take_line(&answer), *place = take_line(&answer);
        char *note = strstr(place, " (discriminator");
        if (note != NULL)
            *note = '\0';
        bool known = function[0] != '\0' && function[0] != '?';
        used +=
            (size_t)snprintf(whole + used, room - used, "%.*s%.80s%s%.80s",
                             (int)(at - from), from,
                             known         ? function
                             : kind == '+' ? "the submission"
                                           : "the harness",
                             known && place[0] != '?' ? " at " : "",
                             known && place[0] != '?' ? name_of(place) : "");
        if (used >= room)
            used = room - 1;
        from = strchr(at, '}') + 1;
    }
    snprintf(whole + used, room - used, "%s", from);
    memcpy(text, whole, room);
    free(whole);
}

static void resolve(const struct lab_run *run, const char *object, char kind,
                    char *text, size_t n)
{
    static char offset[MOST][20], answer[OUTPUT];
    const char *argv[MOST + 6] = {"addr2line", "-f", "-s", "-e", object};
    int n_places = 0;
    char *at = text;
    while (n_places < MOST &&
           (at = next_mark(at, kind, offset[n_places])) != NULL) {
        argv[5 + n_places] = offset[n_places];
        n_places++;
        at++;
    }
    if (n_places == 0)
        return;
    struct sandbox_tool tool = {.argv = argv,
                                .folder = "/",
                                .readable = object,
                                .wall_s = WALL_S,
                                .cpu_s = CPU_S,
                                .sandbox = run->sandbox};
    answer[0] = '\0';
    if (object == NULL || sandbox_run_tool(&tool, answer, OUTPUT) != 0)
        answer[0] = '\0';
    put_places(text, n, kind, answer);
}

void places_resolve(const struct lab_run *run, char *text, size_t n)
{
    char program[PATH_MAX + 32];
    resolve(run, run->raft, '+', text, n);
    resolve(run, cage_program(program, sizeof program) ? program : NULL, '=',
            text, n);
}
