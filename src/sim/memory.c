// memory.c -- what AddressSanitizer and UBSan say becomes a report of the run.
//
// Both print their report and end the process. They call these hooks before,
// with the simulated thread still there; what they say is cut down to what
// stays the same from run to run: no addresses, no process numbers.
#define _GNU_SOURCE
#include "internal.h"

#include <stdio.h>
#include <string.h>

#define WEAK __attribute__((weak))

void __asan_set_error_report_callback(void (*callback)(const char *)) WEAK;
void __ubsan_get_current_report_data(const char **kind, const char **message,
                                     const char **file, unsigned *line,
                                     unsigned *column, char **address) WEAK;
void __ubsan_on_report(void);

enum { ROOM = 2000, MOST_LINES = 20 };
static char lines[ROOM];

static void add(const char *indent, const char *text, size_t n)
{
    size_t used = strlen(lines);
    snprintf(lines + used, ROOM - used, "\n%s%.*s", indent, (int)n, text);
}

// "    #3 0x55d0 in take src/raft/apply.c:17" becomes "take at apply.c:17".
static void add_frame(const char *line, size_t n)
{
    const char *name = memmem(line, n, " in ", 4);
    if (name == NULL)
        return;
    name += 4;
    size_t left = n - (size_t)(name - line);
    const char *blank = memchr(name, ' ', left);
    char text[160];
    if (blank == NULL)
        return;
    const char *place = blank + 1, *end = line + n;
    for (const char *at = place; at < end; at++)
        if (*at == '/')
            place = at + 1;
    snprintf(text, sizeof text, "%.*s at %.*s", (int)(blank - name), name,
             (int)(end - place), place);
    add("      ", text, strlen(text));
}

// The kind of error, the access, and the three backtraces that there may be:
// of the access, of the free and of the allocation.
static void on_error(const char *report)
{
    char kind[120] = "a memory error";
    int n_lines = 0;
    lines[0] = '\0';
    while (*report != '\0' && n_lines < MOST_LINES) {
        size_t n = strcspn(report, "\n");
        const char *error = memmem(report, n, "ERROR: ", 7);
        const char *address = memmem(report, n, " 0x", 3);
        size_t words = address != NULL ? (size_t)(address - report) : n;
        n_lines++;
        if (memmem(report, n, "SUMMARY", 7) != NULL)
            break;
        if (error != NULL)
            snprintf(kind, sizeof kind, "%.*s",
                     (int)(words - (size_t)(error + 7 - report)), error + 7);
        else if (memmem(report, n, "#", 1) != NULL && address != NULL)
            add_frame(report, n);
        else if (strncmp(report, "READ", 4) == 0 ||
                 strncmp(report, "WRITE", 5) == 0)
            add("    ", report, words);
        else if (strncmp(report, "freed by", 8) == 0)
            add("    ", "freed by", 8);
        else if (memmem(report, n, "allocated by", 12) != NULL)
            add("    ", "allocated by", 12);
        else
            n_lines--;
        report += n + (report[n] == '\n');
    }
    size_t n = strlen(kind);
    if (n > 3 && strcmp(kind + n - 3, " on") == 0)
        kind[n - 3] = '\0';
    if (sim.active && !sim.over)
        sim_report_memory(kind, lines);
}

void __ubsan_on_report(void)
{
    const char *kind = "", *message = "", *file = "";
    unsigned line = 0, column = 0;
    char *address = NULL;
    char text[160], place[120];
    if (__ubsan_get_current_report_data == NULL)
        return;
    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column,
                                    &address);
    snprintf(text, sizeof text, "UndefinedBehaviorSanitizer: %.100s", kind);
    snprintf(place, sizeof place, "\n      at %.80s:%u", file, line);
    if (sim.active && !sim.over)
        sim_report_memory(text, place);
}

void sim_watch_memory(void)
{
    if (__asan_set_error_report_callback != NULL)
        __asan_set_error_report_callback(on_error);
}
