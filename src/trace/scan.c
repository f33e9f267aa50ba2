// scan.c -- see scan.h.
#include "scan.h"

#include <string.h>

#include "args.h"
#include "fields.h"

enum trace_kind scan_kind(const char *name, size_t n)
{
    struct span span = {name, n};
    for (int kind = TRACE_UNKNOWN + 1; n > 0 && kind < TRACE_N_KINDS; kind++)
        if (trace_kinds[kind].name[0] == name[0] &&
            span_is(span, trace_kinds[kind].name))
            return (enum trace_kind)kind;
    return TRACE_UNKNOWN;
}

// The fields in front of all others, as far as *event's own go.
static bool take_head(struct cursor *from, struct trace_event *event)
{
    uint64_t node = 0, inc = 0;
    struct span name;
    if (!take(from, '{') || !take_name(from, "n") ||
        !take_digits(from, &event->n) || !take(from, ',') ||
        !take_name(from, "us") || !take_digits(from, &event->us) ||
        !take(from, ','))
        return false;
    event->node = TRACE_NONE;
    if (take_name(from, "node")) {
        if (!take_digits(from, &node) || !take(from, ','))
            return false;
        event->node = node < TRACE_MAX_SERVERS ? (int)node : TRACE_MAX_SERVERS;
    }
    if (take_name(from, "inc") &&
        (!take_digits(from, &inc) || !take(from, ',')))
        return false;
    event->inc = inc < INT32_MAX ? (int)inc : INT32_MAX;
    if (!take_name(from, "ev") || !take_text(from, &name))
        return false;
    event->kind = scan_kind(name.at, name.n);
    return true;
}

bool scan_head(const char *line, struct scan_head *head)
{
    struct cursor from = {line};
    struct trace_event event;
    if (!take_head(&from, &event))
        return false;
    *head = (struct scan_head){event.n, event.us, event.kind};
    return true;
}

static bool take_entries(struct parse *parse, struct cursor *from,
                         struct trace_event *event)
{
    struct cursor again = *from;
    size_t n;
    if (!args_entries(from, NULL, 0, &n))
        return false;
    struct trace_entry *entry = arena_get(parse->arena, n, sizeof *entry);
    event->entries = entry;
    return args_entries(&again, entry, n, &event->n_entries);
}

static bool take_server(struct parse *parse, struct cursor *from, int *node)
{
    uint64_t number;
    *node = TRACE_NONE;
    while (*from->at == ' ')
        from->at++;
    if (*from->at == 'n')
        return take_word(from, "null");
    if (!take_digits(from, &number) || number >= (uint64_t)parse->n_servers)
        return false;
    *node = (int)number;
    return true;
}

static bool take_role(struct cursor *from, enum trace_role *role)
{
    struct span text;
    if (!take_text(from, &text))
        return false;
    for (int i = TRACE_FOLLOWER; i <= TRACE_LEADER; i++)
        if (span_is(text, trace_role_name((enum trace_role)i))) {
            *role = (enum trace_role)i;
            return true;
        }
    return false;
}

static bool take_copy(struct parse *parse, struct cursor *from,
                      const char **copy)
{
    struct span text;
    if (!take_text(from, &text))
        return false;
    *copy = arena_bytes(parse->arena, text.at, text.n);
    return true;
}

static bool take_message(struct parse *parse, struct cursor *from,
                         struct trace_message *message)
{
    while (*from->at == ' ')
        from->at++;
    const char *json = from->at;
    if (!args_scan(from, NULL, NULL))
        return false;
    struct trace_args *args = arena_get(parse->arena, 1, sizeof *args);
    args->json =
        parse->keep ? arena_bytes(parse->arena, json, (size_t)(from->at - json))
                    : json;
    message->parsed = args;
    return true;
}

static bool take_field(struct parse *parse, const struct trace_field *field,
                       struct cursor *from, struct trace_event *event)
{
    void *at = (char *)event + field->offset;
    int node;
    switch (field->type) {
    case TRACE_AS_NUMBER:
        return take_number(from, at);
    case TRACE_AS_PEER:
        return take_server(parse, from, at);
    case TRACE_AS_ENDPOINT:
        if (!take_server(parse, from, &node))
            return false;
        *(uint64_t *)at = (uint64_t)(int64_t)node;
        return true;
    case TRACE_AS_BOOL:
        while (*from->at == ' ')
            from->at++;
        *(bool *)at = *from->at == 't';
        return take_word(from, *(bool *)at ? "true" : "false");
    case TRACE_AS_ROLE:
        return take_role(from, at);
    case TRACE_AS_TEXT:
        return take_copy(parse, from, at);
    case TRACE_AS_ENTRIES:
        return take_entries(parse, from, event);
    case TRACE_AS_MESSAGE:
        return take_message(parse, from, &event->args);
    case TRACE_AS_EVENTS:
    case TRACE_AS_GROUPS:
    case TRACE_AS_OBJECT:
        return false; // too rare to be worth a second way
    }
    return false;
}

// A comma and the name behind it, or neither.
static bool take_next(struct cursor *from, const char *name)
{
    struct cursor at = *from;
    if (!take(&at, ',') || !take_name(&at, name))
        return false;
    *from = at;
    return true;
}

bool scan_event(struct parse *parse, const char *line, size_t n,
                struct trace_event *event)
{
    struct cursor from = {line};
    *event = (struct trace_event){0};
    if (!take_head(&from, event) || event->n <= parse->n ||
        event->us < parse->us || event->node >= parse->n_servers)
        return false;
    for
        EACH_FIELD(field, event->kind)
        {
            if (take_next(&from, field->name)) {
                if (!take_field(parse, field, &from, event))
                    return false;
            } else if (!field->optional)
                return false;
        }
    if (take_next(&from, "rule") && !take_copy(parse, &from, &event->rule))
        return false;
    if (take_next(&from, "cause") &&
        (!take_number(&from, &event->cause) || event->cause >= event->n))
        return false;
    if (!take(&from, '}') || from.at != line + n)
        return false;
    parse->n = event->n;
    parse->us = event->us;
    return true;
}
