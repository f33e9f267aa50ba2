// args.c -- see args.h.
#include "args.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "scan.h"

// The field of a decoded message as an argument; digest lends room.
static struct trace_arg arg_of(const struct message_field *field,
                               const void *value, char digest[MESSAGE_DIGEST])
{
    const void *at = (const char *)value + field->offset;
    struct trace_arg arg = {.name = field->name};
    switch (field->type) {
    case MESSAGE_NUMBER:
        arg.type = ARG_NUMBER;
        arg.number = *(const uint64_t *)at;
        break;
    case MESSAGE_BOOL:
        arg.type = ARG_BOOL;
        arg.number = *(const bool *)at;
        break;
    case MESSAGE_BYTES: {
        const struct message_bytes *bytes = at;
        arg.type = ARG_BYTES;
        arg.number = bytes->n;
        message_digest(bytes->at, bytes->n, digest);
        arg.text = digest;
        break;
    }
    case MESSAGE_LIST:
    case MESSAGE_ENTRIES: {
        const struct message_entries *entries = at;
        arg.type = ARG_ENTRIES;
        arg.n_entries = entries->n;
        arg.raw = entries->entry;
        break;
    }
    }
    return arg;
}

static bool each_encoded(const struct trace_message *message,
                         void (*visit)(void *, const struct trace_arg *),
                         void *context)
{
    const struct message_type *type = message->type;
    // Most messages fit the stack.
    _Alignas(max_align_t) char small[256];
    void *value = type->size <= sizeof small ? small : must_malloc(type->size);
    bool good =
        message_decode(type, message->encoded.at, message->encoded.n, value);
    char digest[MESSAGE_DIGEST];
    const struct message_field *field = type->fields;
    for (; good && field->name != NULL; field++) {
        struct trace_arg arg = arg_of(field, value, digest);
        visit(context, &arg);
    }
    if (good)
        message_clear(type, value);
    if (value != small)
        free(value);
    return good;
}

bool args_each(const struct trace_message *message,
               void (*visit)(void *context, const struct trace_arg *arg),
               void *context)
{
    if (message->type != NULL)
        return each_encoded(message, visit, context);
    const struct trace_args *args = message->parsed;
    if (args != NULL && args->json != NULL) {
        struct cursor from = {args->json};
        return args_scan(&from, visit, context);
    }
    for (size_t i = 0; args != NULL && i < args->n; i++)
        visit(context, &args->arg[i]);
    return true;
}

struct trace_entry args_entry(const struct trace_arg *arg, size_t i)
{
    if (arg->raw == NULL)
        return arg->entry[i];
    const struct message_entry *raw = &arg->raw[i];
    struct trace_entry entry = {raw->term, raw->command.n, ""};
    message_digest(raw->command.at, raw->command.n, entry.command);
    return entry;
}

// A search for one field, and what it found.
struct search {
    const char *name;
    enum trace_arg_type type;
    bool found;
    uint64_t number;
    struct trace_entry *entry;
    size_t most, n_entries;
};

static void look(void *context, const struct trace_arg *arg)
{
    struct search *search = context;
    if (search->found || arg->type != search->type ||
        (search->name != NULL && strcmp(search->name, arg->name) != 0))
        return;
    search->found = true;
    search->number = arg->number;
    search->n_entries = arg->n_entries;
    for (size_t i = 0; i < arg->n_entries && i < search->most; i++)
        search->entry[i] = args_entry(arg, i);
}

// Looks for the field without making all of them where their text is at hand.
static bool find(const struct trace_message *message, struct search *search)
{
    const struct trace_args *args = message->parsed;
    if (message->type != NULL || args == NULL || args->json == NULL) {
        args_each(message, look, search);
        return search->found;
    }
    struct cursor list;
    search->found = args_find(args->json, search->name, search->type,
                              &search->number, &list);
    if (search->found && search->type == ARG_ENTRIES)
        args_entries(&list, search->entry, search->most, &search->n_entries);
    return search->found;
}

bool trace_message_number(const struct trace_message *message, const char *name,
                          uint64_t *value)
{
    struct search search = {.name = name, .type = ARG_NUMBER};
    if (find(message, &search))
        *value = search.number;
    return search.found;
}

bool trace_message_bool(const struct trace_message *message, const char *name,
                        bool *value)
{
    struct search search = {.name = name, .type = ARG_BOOL};
    if (find(message, &search))
        *value = search.number != 0;
    return search.found;
}

size_t trace_message_entries(const struct trace_message *message,
                             struct trace_entry *out, size_t most)
{
    struct search search = {.type = ARG_ENTRIES, .entry = out, .most = most};
    find(message, &search);
    return search.n_entries;
}
