// export.c -- see export.h.
#include "base/plain.h"
#include "export.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "trace/args.h"
#include "trace/fields.h"
#include "viz/draw/causes.h"

struct export_range export_range(const struct trace_file *trace,
                                 const struct viz_window *window)
{
    struct export_range range = {0, trace->n_events};
    if (window->first > 0)
        range.begin = causes_position(trace, window->first);
    if (window->last > 0)
        range.end = causes_position(trace, window->last + 1);
    return range;
}

int export_node(const struct trace_file *trace, const struct trace_event *event)
{
    bool known = event->node >= 0 && event->node < trace->header.n_servers;
    return known ? event->node : TRACE_NONE;
}

// ------------------------------------------------------------------- a line

struct line {
    char *at;
    size_t n, room;
};

static void put(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t left = line->room - line->n;
    int n = vsnprintf(line->at + line->n, left, format, args);
    va_end(args);
    if (n > 0)
        line->n += (size_t)n < left ? (size_t)n : left - 1;
}

static void put_server(struct line *line, int server)
{
    if (server < 0)
        put(line, "nobody");
    else
        put(line, "S%d", server + 1);
}

static void put_groups(struct line *line, const int *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = group[k] != group[i];
        if (!first)
            continue;
        put(line, "%s", i > 0 ? " |" : "");
        for (size_t k = i; k < n; k++)
            if (group[k] == group[i])
                put(line, " S%zu", k + 1);
    }
}

static void put_arg(void *context, const struct trace_arg *arg)
{
    struct line *line = context;
    put(line, ", %s ", arg->name);
    switch (arg->type) {
    case ARG_NUMBER:
        put(line, "%" PRIu64, arg->number);
        break;
    case ARG_BOOL:
        put(line, "%s", arg->number != 0 ? "true" : "false");
        break;
    case ARG_TEXT:
        put(line, "%s", arg->text);
        break;
    case ARG_BYTES:
        put(line, "%" PRIu64 " bytes", arg->number);
        break;
    case ARG_ENTRIES:
        put(line, "%zu", arg->n_entries);
        break;
    }
}

static void put_value(struct line *line, const struct trace_event *event,
                      const struct trace_field *field)
{
    switch (field->type) {
    case TRACE_AS_NUMBER:
        put(line, "%" PRIu64, FIELD(uint64_t, event, field));
        break;
    case TRACE_AS_PEER:
        put_server(line, FIELD(int, event, field));
        break;
    case TRACE_AS_ENDPOINT:
        put_server(line, trace_endpoint(FIELD(uint64_t, event, field)));
        break;
    case TRACE_AS_BOOL:
        put(line, "%s", FIELD(bool, event, field) ? "true" : "false");
        break;
    case TRACE_AS_ROLE:
        put(line, "%s", trace_role_name(FIELD(enum trace_role, event, field)));
        break;
    case TRACE_AS_TEXT:
        put(line, "%s", FIELD(const char *, event, field));
        break;
    case TRACE_AS_ENTRIES:
        put(line, "%zu", event->n_entries);
        break;
    case TRACE_AS_EVENTS:
        for (size_t i = 0; i < event->n_shown; i++)
            put(line, " %" PRIu64, event->events[i]);
        break;
    case TRACE_AS_GROUPS:
        put_groups(line, event->groups, event->n_groups);
        break;
    default:
        break;
    }
}

static bool is_absent(const struct trace_event *event,
                      const struct trace_field *field)
{
    if (field->type == TRACE_AS_TEXT)
        return FIELD(const char *, event, field) == NULL;
    if (field->type == TRACE_AS_BOOL)
        return field->optional && !FIELD(bool, event, field);
    return field->type == TRACE_AS_OBJECT ||
           (field->type == TRACE_AS_NUMBER && field->optional &&
            FIELD(uint64_t, event, field) == 0);
}

// Control characters would end a line in the tools that read it, and so would
// the line and paragraph separators of Unicode (E2 80 A8, E2 80 A9); a
// character that was cut in the middle goes.
static void clean(char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        size_t size = utf8_size(text + i, n - i);
        bool separates =
            size == 3 && (memcmp(text + i, "\xE2\x80\xA8", 3) == 0 ||
                          memcmp(text + i, "\xE2\x80\xA9", 3) == 0);
        bool control = (unsigned char)text[i] < ' ' || text[i] == 0x7f;
        if (size == 0 || separates || control)
            memset(text + i, ' ', separates ? 3 : 1);
        i += size > 0 ? size : 1;
    }
}

void export_line(const struct trace_event *event, char *out, size_t n)
{
    struct line line = {out, 0, n};
    put(&line, "%s", trace_kinds[event->kind].name);
    for
        EACH_FIELD(field, event->kind)
        {
            if (field->type == TRACE_AS_MESSAGE)
                args_each(&event->args, put_arg, &line);
            else if (!is_absent(event, field)) {
                put(&line, ", %s ", field->name);
                put_value(&line, event, field);
            }
        }
    if (event->rule != NULL)
        put(&line, " [%s]", event->rule);
    clean(out);
}

void export_quoted(FILE *out, const char *text)
{
    char quoted[6 * EXPORT_LINE + 3];
    size_t n = trace_quote(text, quoted, sizeof quoted);
    fwrite(quoted, 1, n < sizeof quoted ? n : 0, out);
}
