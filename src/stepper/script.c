// script.c -- see script.h.
#include "script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/text.h"

enum { DEFAULT_SERVERS = 3 };

void script_add(struct script *script, const struct step_action *action,
                int line)
{
    if (script->n == script->room) {
        script->room = 2 * script->room + 16;
        script->action =
            must_realloc(script->action, script->room * sizeof *script->action);
        script->line =
            must_realloc(script->line, script->room * sizeof *script->line);
    }
    script->action[script->n] = *action;
    script->line[script->n++] = line;
}

void script_free(struct script *script)
{
    free(script->action);
    free(script->line);
    *script = (struct script){0};
}

// What a line before the first action may set.
static const struct setting {
    const char *word, *what;
    uint64_t most;
} settings[] = {
    {"servers", "servers", STEP_SERVERS},
    {"entries", "entries of a message", 1000},
    {"chunk", "bytes of a snapshot's chunk", 1000000},
};
enum { N_SETTINGS = sizeof settings / sizeof settings[0] };

static const struct setting *setting_of(const char *line)
{
    for (int i = 0; i < N_SETTINGS; i++) {
        size_t n = strlen(settings[i].word);
        if (strncmp(line, settings[i].word, n) == 0 &&
            (line[n] == '\0' || strchr(" \t", line[n]) != NULL))
            return &settings[i];
    }
    return NULL;
}

static bool take_setting(const struct setting *setting, const char *line,
                         struct script *script, char *error, size_t n)
{
    uint64_t number = 0;
    const char *digits = line + strcspn(line, " \t");
    digits += strspn(digits, " \t");
    if (!text_number(digits, &number) || number < 1 || number > setting->most) {
        snprintf(error, n,
                 "'%.40s', expected a number of %s from 1 to %" PRIu64, line,
                 setting->what, setting->most);
        return false;
    }
    if (script->n > 0) {
        snprintf(error, n, "the number of %s comes before all actions",
                 setting->what);
        return false;
    }
    if (setting == &settings[0])
        script->n_servers = (int)number;
    else if (setting == &settings[1])
        script->max_entries = number;
    else
        script->snapshot_chunk = number;
    return true;
}

// A line without comment and blanks at its ends.
static bool take_line(char *line, int number, struct script *script,
                      char *error, size_t n)
{
    char *comment = line[0] == '#' ? line : strstr(line, " #");
    if (comment != NULL)
        *comment = '\0';
    line += strspn(line, " \t");
    for (size_t end = strlen(line);
         end > 0 && strchr(" \t\r", line[end - 1]) != NULL; end--)
        line[end - 1] = '\0';
    if (*line == '\0')
        return true;
    const struct setting *setting = setting_of(line);
    if (setting != NULL)
        return take_setting(setting, line, script, error, n);
    for (const char *at = line; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' && *at != '\t') {
            snprintf(error, n, "byte 0x%02x, expected text",
                     (unsigned)(unsigned char)*at);
            return false;
        }
    struct step_action action;
    char why[STEP_LINE];
    if (!step_parse(line, script->n_servers, &action, why)) {
        snprintf(error, n, "%s", why);
        return false;
    }
    script_add(script, &action, number);
    return true;
}

bool script_parse(const char *name, const char *text, struct script *script,
                  char error[300])
{
    char *copy = must_copy(text, strlen(text) + 1), why[190];
    *script = (struct script){.n_servers = DEFAULT_SERVERS};
    int number = 0;
    for (char *line = copy, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        if (take_line(line, number, script, why, sizeof why))
            continue;
        snprintf(error, 300, "%.90s:%d: %s", name, number, why);
        free(copy);
        script_free(script);
        return false;
    }
    free(copy);
    return true;
}

char *script_format(const struct script *script)
{
    char *text = NULL, line[STEP_LINE];
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    fprintf(out, "servers %d\n", script->n_servers);
    if (script->max_entries > 0)
        fprintf(out, "entries %zu\n", script->max_entries);
    if (script->snapshot_chunk > 0)
        fprintf(out, "chunk %zu\n", script->snapshot_chunk);
    for (size_t i = 0; i < script->n; i++) {
        step_format(&script->action[i], line);
        fprintf(out, "%s\n", line);
    }
    fclose(out);
    return text;
}
