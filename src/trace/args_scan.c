// args_scan.c -- the fields of a message in the text that they stand in.
#include "args.h"

#include <stdlib.h>

#include "base/die.h"
#include "scan.h"

enum { NAME_ROOM = 64, TEXT_ROOM = 256 };

struct value {
    enum trace_arg_type type;
    uint64_t number;
    struct span text;
    struct cursor list;
    size_t n_entries;
};

static bool take_entry(struct cursor *from, struct trace_entry *entry)
{
    struct span command;
    *entry = (struct trace_entry){0};
    if (!take(from, '{') || !take_name(from, "term") ||
        !take_number(from, &entry->term) || !take(from, ',') ||
        !take_name(from, "command") || !take_text(from, &command) ||
        command.n >= sizeof entry->command || !take(from, ',') ||
        !take_name(from, "bytes") || !take_number(from, &entry->bytes))
        return false;
    memcpy(entry->command, command.at, command.n);
    return take(from, '}');
}

bool args_entries(struct cursor *from, struct trace_entry *entry, size_t room,
                  size_t *n)
{
    struct trace_entry spare;
    *n = 0;
    if (!take(from, '['))
        return false;
    if (take(from, ']'))
        return true;
    do {
        if (!take_entry(from, *n < room ? &entry[*n] : &spare))
            return false;
        ++*n;
    } while (take(from, ','));
    return take(from, ']');
}

static bool take_value(struct cursor *from, struct span name,
                       struct value *value)
{
    while (*from->at == ' ')
        from->at++;
    value->n_entries = 0;
    switch (*from->at) {
    case '"':
        if (!take_text(from, &value->text))
            return false;
        value->type =
            span_number(value->text, &value->number) ? ARG_NUMBER : ARG_TEXT;
        return value->text.n < TEXT_ROOM;
    case '{': // what stands for a byte string
        value->type = ARG_BYTES;
        return take(from, '{') && take_name(from, "bytes") &&
               take_number(from, &value->number) && take(from, ',') &&
               take_name(from, "digest") && take_text(from, &value->text) &&
               value->text.n < TEXT_ROOM && take(from, '}');
    case '[':
        value->type = ARG_ENTRIES;
        value->list = *from;
        return span_is(name, "entries") &&
               args_entries(from, NULL, 0, &value->n_entries);
    case 't':
    case 'f':
        value->type = ARG_BOOL;
        value->number = *from->at == 't';
        return take_word(from, value->number ? "true" : "false");
    default:
        value->type = ARG_NUMBER;
        return take_digits(from, &value->number);
    }
}

static const char *copy(struct span text, char *room)
{
    memcpy(room, text.at, text.n);
    room[text.n] = '\0';
    return room;
}

static void show(struct span name, const struct value *value,
                 void (*visit)(void *context, const struct trace_arg *arg),
                 void *context)
{
    char name_room[NAME_ROOM], text_room[TEXT_ROOM];
    struct trace_arg arg = {.name = copy(name, name_room),
                            .type = value->type,
                            .number = value->number,
                            .n_entries = value->n_entries};
    struct trace_entry *entry = NULL;
    if (value->type == ARG_TEXT || value->type == ARG_BYTES)
        arg.text = copy(value->text, text_room);
    if (value->type == ARG_ENTRIES) {
        struct cursor list = value->list;
        entry = must_calloc(value->n_entries, sizeof *entry);
        args_entries(&list, entry, value->n_entries, &arg.n_entries);
        arg.entry = entry;
    }
    visit(context, &arg);
    free(entry);
}

// The next field, from its quote or the comma before it.
static bool take_field(struct cursor *from, struct span *name,
                       struct value *value)
{
    return take_text(from, name) && name->n < NAME_ROOM && take(from, ':') &&
           take_value(from, *name, value);
}

bool args_scan(struct cursor *from,
               void (*visit)(void *context, const struct trace_arg *arg),
               void *context)
{
    struct span name;
    struct value value;
    if (!take(from, '{'))
        return false;
    if (take(from, '}'))
        return true;
    do {
        if (!take_field(from, &name, &value))
            return false;
        if (visit != NULL)
            show(name, &value, visit, context);
    } while (take(from, ','));
    return take(from, '}');
}

bool args_find(const char *json, const char *name, enum trace_arg_type type,
               uint64_t *number, struct cursor *list)
{
    struct cursor from = {json};
    struct span found;
    struct value value;
    for (char before = '{'; take(&from, before); before = ',') {
        if (!take_field(&from, &found, &value))
            return false;
        if (value.type != type || (name != NULL && !span_is(found, name)))
            continue;
        *number = value.number;
        *list = value.list;
        return true;
    }
    return false;
}
