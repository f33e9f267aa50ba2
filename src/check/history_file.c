// history_file.c -- histories of clients in the text forms that others use.
#include "history_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum { LINE_BYTES = 1 << 20, N_FIELDS = 5 };

struct reading {
    struct history *history;
    size_t room;
    uint64_t line;
    size_t *running; // process -> its operation, or NONE
    size_t n_processes;
    const char *path;
    char *error;
    size_t n_error;
};
#define NONE SIZE_MAX

static bool bad(struct reading *reading, const char *what)
{
    snprintf(reading->error, reading->n_error, "%s:%llu: %s", reading->path,
             (unsigned long long)reading->line, what);
    return false;
}

// An event's parts, as texts in the line; NULL: absent or nil.
struct event {
    int process;
    const char *type, *f, *key, *value, *second;
};

// Cuts the next word off; a quoted one keeps its blanks. NULL at the end.
static char *next_word(char **rest)
{
    char *at = *rest;
    while (*at != '\0' && strchr(" \t,[]{}", *at) != NULL)
        at++;
    if (*at == '\0')
        return NULL;
    char *word = at, *to = at;
    if (*at == '"') {
        for (at++; *at != '"' && *at != '\0'; at++) {
            if (*at == '\\' && at[1] != '\0')
                at++;
            *to++ = *at;
        }
        at += *at == '"';
    } else {
        while (*at != '\0' && strchr(" \t,[]{}", *at) == NULL)
            *to++ = *at++;
        at += *at != '\0';
    }
    *to = '\0';
    *rest = at;
    return word;
}

static bool read_process(const char *word, int *process)
{
    if (word == NULL || !isdigit((unsigned char)word[0]))
        return false;
    char *end;
    long number = strtol(word, &end, 10);
    *process = (int)number;
    return *end == '\0' && number < 1 << 20;
}

static const char *or_nil(const char *word)
{
    return word != NULL && strcmp(word, "nil") == 0 ? NULL : word;
}

static bool parse_register(char *line, struct event *event)
{
    char *dash = strstr(line, " - ");
    if (dash == NULL)
        return false;
    char *rest = dash + 3;
    bool good = read_process(next_word(&rest), &event->process);
    event->type = next_word(&rest);
    event->f = next_word(&rest);
    event->value = or_nil(next_word(&rest));
    event->second = or_nil(next_word(&rest));
    event->key = "register";
    return good && event->type != NULL && event->f != NULL;
}

static bool parse_store(char *line, struct event *event)
{
    char *rest = line;
    bool good = false;
    for (char *name; (name = next_word(&rest)) != NULL;) {
        char *value = next_word(&rest);
        if (value == NULL)
            return false;
        if (strcmp(name, ":process") == 0)
            good = read_process(value, &event->process);
        else if (strcmp(name, ":type") == 0)
            event->type = value;
        else if (strcmp(name, ":f") == 0)
            event->f = value;
        else if (strcmp(name, ":key") == 0)
            event->key = value;
        else if (strcmp(name, ":value") == 0)
            event->value = or_nil(value);
    }
    return good && event->type != NULL && event->f != NULL &&
           event->key != NULL;
}

static bool read_kind(const char *f, enum linear_kind *kind)
{
    static const struct {
        const char *name;
        enum linear_kind kind;
    } NAMES[] = {{":read", LINEAR_GET},      {":get", LINEAR_GET},
                 {":write", LINEAR_PUT},     {":put", LINEAR_PUT},
                 {":append", LINEAR_APPEND}, {":cas", LINEAR_CAS}};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(f, NAMES[i].name) == 0) {
            *kind = NAMES[i].kind;
            return true;
        }
    return false;
}

static size_t *running(struct reading *reading, int process)
{
    size_t wanted = (size_t)process + 1;
    if (wanted > reading->n_processes) {
        reading->running =
            must_realloc(reading->running, wanted * sizeof reading->running[0]);
        while (reading->n_processes < wanted)
            reading->running[reading->n_processes++] = NONE;
    }
    return &reading->running[process];
}

static const char *keep(struct reading *reading, const char *text)
{
    return text == NULL ? NULL : arena_text(&reading->history->arena, text);
}

static bool call(struct reading *reading, const struct event *event)
{
    struct history *history = reading->history;
    size_t *slot = running(reading, event->process);
    enum linear_kind kind;
    if (*slot != NONE)
        return bad(reading, "this process has a call that has not returned");
    if (!read_kind(event->f, &kind))
        return bad(reading, "an operation is :read, :write, :get, :put, "
                            ":append or :cas");
    if (kind == LINEAR_CAS && event->second == NULL)
        return bad(reading, "a :cas needs two values, [OLD NEW]");
    history->op = must_grow(history->op, history->n_ops, &reading->room,
                            sizeof history->op[0]);
    *slot = history->n_ops++;
    bool cas = kind == LINEAR_CAS;
    history->op[*slot] = (struct linear_operation){
        .client = event->process,
        .kind = kind,
        .key = keep(reading, event->key),
        .value = keep(reading, cas ? event->second : event->value),
        .expected = cas ? keep(reading, event->value) : NULL,
        .called = reading->line};
    return true;
}

static bool end(struct reading *reading, const struct event *event)
{
    size_t *slot = running(reading, event->process);
    if (*slot == NONE)
        return bad(reading, "this process has no call that could return");
    struct linear_operation *op = &reading->history->op[*slot];
    *slot = NONE;
    op->returned = reading->line;
    if (strcmp(event->type, ":info") == 0)
        return true;
    if (strcmp(event->type, ":ok") == 0) {
        op->outcome = LINEAR_DONE;
        if (op->kind == LINEAR_GET)
            op->value = keep(reading, event->value);
        return true;
    }
    if (strcmp(event->type, ":fail") != 0)
        return bad(reading, "a type is :invoke, :ok, :fail or :info");
    // It did not happen: a get that nobody answered says just that.
    if (op->kind == LINEAR_CAS)
        op->outcome = LINEAR_REFUSED;
    else
        op->kind = LINEAR_GET, op->outcome = LINEAR_OPEN;
    return true;
}

static bool read_line(struct reading *reading, char *line)
{
    struct event event = {0};
    size_t n = strcspn(line, "\r\n");
    if (line[n] == '\0' && n >= LINE_BYTES - 1)
        return bad(reading, "the line is longer than a megabyte");
    line[n] = '\0';
    if (line[strspn(line, " \t")] == '\0')
        return true;
    bool good = line[strspn(line, " \t")] == '{' ? parse_store(line, &event)
                                                 : parse_register(line, &event);
    if (!good)
        return bad(reading, "expected an event, as `{:process 0, :type "
                            ":invoke, :f :get, :key \"k\", :value nil}` or "
                            "`INFO  jepsen.util - 0 :invoke :read nil`");
    return strcmp(event.type, ":invoke") == 0 ? call(reading, &event)
                                              : end(reading, &event);
}

bool history_read(const char *path, struct history *history, char *error,
                  size_t room)
{
    *history = (struct history){0};
    bool standard = strcmp(path, "-") == 0;
    struct reading reading = {.history = history,
                              .path = standard ? "(standard input)" : path,
                              .error = error,
                              .n_error = room};
    FILE *file = standard ? stdin : fopen(path, "r");
    if (file == NULL) {
        snprintf(error, room, "%s: %s", path, strerror(errno));
        return false;
    }
    char *line = must_malloc(LINE_BYTES);
    bool good = true;
    while (good && fgets(line, LINE_BYTES, file) != NULL) {
        reading.line++;
        good = read_line(&reading, line);
    }
    if (good && ferror(file))
        good = bad(&reading, strerror(errno));
    if (!standard)
        fclose(file);
    free(line);
    free(reading.running);
    return good;
}

void history_clear(struct history *history)
{
    free(history->op);
    arena_free(&history->arena);
    *history = (struct history){0};
}
