// places.c -- see places.h.
#include "sandbox/home.h"
#include "places.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../sim/addr2line.h"
#include "base/die.h"
#include "base/save.h"
#include "cage.h"

enum { MOST = 96, OUTPUT = 16384, WALL_S = 20, CPU_S = 10 };

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

// A text that grows into its room.
struct room {
    char *at;
    size_t n, room;
};

static void put(struct room *room, const char *text, size_t n)
{
    n = n < room->room - 1 - room->n ? n : room->room - 1 - room->n;
    memcpy(room->at + room->n, text, n);
    room->n += n;
    room->at[room->n] = '\0';
}

// A function and its place; of the harness's runtime nobody needs to know.
static bool put_place(struct room *room, char kind, char *function, char *path)
{
    char text[170];
    const char *file = addr2line_file(path);
    bool known = function[0] != '\0' && function[0] != '?';
    if (kind == '=' && strstr(path, "src/sim/") != NULL)
        return false;
    int n = snprintf(text, sizeof text, "%.80s%s%.80s",
                     known         ? function
                     : kind == '+' ? "the submission"
                                   : "the harness",
                     known && path[0] != '?' ? " at " : "",
                     known && path[0] != '?' ? file : "");
    put(room, text, (size_t)n);
    return true;
}

static bool is_place(const char *answer)
{
    return *answer != '\0' && strncmp(answer, "0x", 2) != 0;
}

// addr2line says the address, then "function" and "file:line": of the place,
// and of each function into which that was inlined. Where a place stands in a
// line of its own, as in a stack, those get lines as well.
static void put_places(char *text, size_t n, char kind, char *answer)
{
    char offset[20];
    struct room room = {.at = must_calloc(1, n), .room = n};
    char *from = text;
    for (char *at; (at = next_mark(from, kind, offset)) != NULL;) {
        char *line = at;
        while (line > from && line[-1] == ' ')
            line--;
        char *behind = strchr(at, '}') + 1;
        bool alone = line > from && line[-1] == '\n' &&
                     (*behind == '\n' || *behind == '\0');
        put(&room, from, (size_t)((alone ? line - 1 : at) - from));
        if (strncmp(answer, "0x", 2) == 0)
            addr2line_next(&answer);
        for (int k = 0; k == 0 || is_place(answer); k++) {
            char *function = addr2line_next(&answer);
            char *path = addr2line_next(&answer);
            size_t before = room.n;
            if (k > 0 && !alone)
                continue;
            if (alone)
                put(&room, line - 1, (size_t)(at - line) + 1);
            if (!put_place(&room, kind, function, path) && alone)
                room.n = before;
            else if (room.n == before)
                put(&room, "the harness", strlen("the harness"));
            room.at[room.n] = '\0';
        }
        from = behind;
    }
    put(&room, from, strlen(from));
    memcpy(text, room.at, n);
    free(room.at);
}

static void resolve(const struct lab_run *run, const char *object, char kind,
                    char *text, size_t n)
{
    static char offset[MOST][20], answer[OUTPUT];
    const char *argv[MOST + 7] = {"addr2line", "-a", "-f", "-i", "-e", object};
    int n_places = 0;
    char *at = text;
    while (n_places < MOST &&
           (at = next_mark(at, kind, offset[n_places])) != NULL) {
        argv[6 + n_places] = offset[n_places];
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

// A string of JSON, as src/trace/write.c has it.
static void put_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (const char *at = text; *at != '\0'; at++)
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if ((unsigned char)*at < 0x20 || *at == 0x7f)
            fprintf(out, "\\u%04x", (unsigned char)*at);
        else
            fputc(*at, out);
    fputc('"', out);
}

// One line of a trace, with the places that its text has.
static void put_line(const struct lab_run *run, FILE *out, const char *line)
{
    enum { ROOM = 8192 };
    static const char key[] = "\"text\":";
    const char *at = strstr(line, key), *end = NULL;
    at = at != NULL ? at + sizeof key - 1 : line;
    cJSON *string = cJSON_ParseWithOpts(at, &end, false);
    if (!cJSON_IsString(string)) {
        fputs(line, out);
    } else {
        char text[ROOM];
        snprintf(text, sizeof text, "%s", string->valuestring);
        places_resolve(run, text, sizeof text);
        fwrite(line, 1, (size_t)(at - line), out);
        put_string(out, text);
        fputs(end, out);
    }
    cJSON_Delete(string);
}

static bool has_marks(const char *line)
{
    return strstr(line, "{+0x") != NULL || strstr(line, "{=0x") != NULL;
}

void places_in_trace(const struct lab_run *run, const char *path)
{
    struct stat about;
    FILE *in = stat(path, &about) == 0 && S_ISREG(about.st_mode)
                   ? fopen(path, "r")
                   : NULL;
    struct save save;
    char *line = NULL;
    size_t room = 0;
    bool any = false;
    if (in == NULL)
        return;
    bool good = save_begin(&save, path);
    while (good && getline(&line, &room, in) > 0) {
        bool marked = has_marks(line);
        any |= marked;
        if (marked)
            put_line(run, save.out, line);
        else
            fputs(line, save.out);
    }
    save_end(&save, good && any && !ferror(in) && !ferror(save.out));
    free(line);
    fclose(in);
}
