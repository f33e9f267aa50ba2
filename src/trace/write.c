// write.c -- an event as a line of JSON, written without a tree.
#include "trace.h"

#include <inttypes.h>
#include <string.h>

#include "args.h"
#include "base/plain.h"
#include "fields.h"

// Text that is cut when room ends, while n counts on: like snprintf.
struct out {
    char *at;
    size_t n, room;
};

static inline void put_bytes(struct out *out, const char *bytes, size_t n)
{
    if (out->n + n <= out->room)
        memcpy(out->at + out->n, bytes, n);
    else if (out->n < out->room)
        memcpy(out->at + out->n, bytes, out->room - out->n);
    out->n += n;
}

#define PUT(out, literal) put_bytes(out, literal, sizeof literal - 1)

static void put_plain(struct out *out, const char *text)
{
    size_t n = 0;
    for (; text[n] != '\0'; n++)
        if (out->n + n < out->room)
            out->at[out->n + n] = text[n];
    out->n += n;
}

static void put_number(struct out *out, uint64_t value)
{
    char text[24], *at = text + sizeof text;
    if (value >= TRACE_BIG) {
        int n = snprintf(text, sizeof text, "\"0x%" PRIx64 "\"", value);
        put_bytes(out, text, (size_t)n);
        return;
    }
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_bytes(out, at, (size_t)(text + sizeof text - at));
}

static void put_server(struct out *out, int node)
{
    if (node < 0)
        PUT(out, "null");
    else
        put_number(out, (uint64_t)node);
}

static void put_bool(struct out *out, bool value)
{
    if (value)
        PUT(out, "true");
    else
        PUT(out, "false");
}

static void put_escape(struct out *out, uint8_t byte)
{
    char text[8];
    if (byte == '"' || byte == '\\') {
        text[0] = '\\';
        text[1] = (char)byte;
        put_bytes(out, text, 2);
    } else {
        snprintf(text, sizeof text, "\\u%04x", byte);
        put_bytes(out, text, 6);
    }
}

// What stands in a JSON string as it is: ASCII but for control characters,
// the quote and the backslash.
static inline bool plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

// A byte that is no UTF-8 is shown as the character of that number.
static void put_text(struct out *out, const char *text)
{
    PUT(out, "\"");
    while (*text != '\0') {
        size_t n = 0;
        // Byte by byte: most texts are shorter than a call of memcpy is worth.
        for (; plain((uint8_t)text[n]); n++)
            if (out->n + n < out->room)
                out->at[out->n + n] = text[n];
        out->n += n;
        text += n;
        if (*text == '\0')
            break;
        uint8_t byte = (uint8_t)*text;
        size_t size = byte < 0x80 ? 0 : utf8_size(text, strnlen(text, 4));
        if (size > 0)
            put_bytes(out, text, size);
        else
            put_escape(out, byte);
        text += size > 0 ? size : 1;
    }
    PUT(out, "\"");
}

static void put_entry(struct out *out, size_t i,
                      const struct trace_entry *entry)
{
    if (i > 0)
        PUT(out, ",");
    PUT(out, "{\"term\":");
    put_number(out, entry->term);
    PUT(out, ",\"command\":");
    put_text(out, entry->command);
    PUT(out, ",\"bytes\":");
    put_number(out, entry->bytes);
    PUT(out, "}");
}

static void put_name(struct out *out, const char *name)
{
    PUT(out, ",\"");
    put_plain(out, name);
    PUT(out, "\":");
}

struct args_out {
    struct out *out;
    bool any;
};

static void put_arg(void *context, const struct trace_arg *arg)
{
    struct args_out *args = context;
    struct out *out = args->out;
    if (args->any)
        PUT(out, ",");
    args->any = true;
    put_text(out, arg->name);
    PUT(out, ":");
    switch (arg->type) {
    case ARG_NUMBER:
        put_number(out, arg->number);
        break;
    case ARG_BOOL:
        put_bool(out, arg->number != 0);
        break;
    case ARG_TEXT:
        put_text(out, arg->text);
        break;
    case ARG_BYTES:
        PUT(out, "{\"bytes\":");
        put_number(out, arg->number);
        PUT(out, ",\"digest\":");
        put_text(out, arg->text);
        PUT(out, "}");
        break;
    case ARG_ENTRIES:
        PUT(out, "[");
        for (size_t i = 0; i < arg->n_entries; i++) {
            struct trace_entry entry = args_entry(arg, i);
            put_entry(out, i, &entry);
        }
        PUT(out, "]");
        break;
    }
}

static void put_args(struct out *out, const struct trace_message *message)
{
    struct args_out args = {out, false};
    PUT(out, "{");
    if (!args_each(message, put_arg, &args)) {
        PUT(out, "\"undecodable\":{\"bytes\":");
        put_number(out, message->encoded.n);
        PUT(out, "}");
    }
    PUT(out, "}");
}

// Lists: entries, events, groups.
static void put_list(struct out *out, const struct trace_event *event,
                     enum trace_type type)
{
    PUT(out, "[");
    if (type == TRACE_AS_ENTRIES)
        for (size_t i = 0; i < event->n_entries; i++)
            put_entry(out, i, &event->entries[i]);
    if (type == TRACE_AS_EVENTS)
        for (size_t i = 0; i < event->n_shown; i++) {
            put_bytes(out, ",", i > 0);
            put_number(out, event->events[i]);
        }
    if (type == TRACE_AS_GROUPS)
        for (size_t i = 0; i < event->n_groups; i++) {
            put_bytes(out, ",", i > 0);
            put_number(out, (uint64_t)event->groups[i]);
        }
    PUT(out, "]");
}

static bool absent(const struct trace_event *event,
                   const struct trace_field *field)
{
    switch (field->type) {
    case TRACE_AS_NUMBER:
        return FIELD(uint64_t, event, field) == 0;
    case TRACE_AS_BOOL:
        return !FIELD(bool, event, field);
    case TRACE_AS_TEXT:
    case TRACE_AS_OBJECT:
        return FIELD(const char *, event, field) == NULL;
    case TRACE_AS_MESSAGE:
        return event->args.type == NULL && event->args.parsed == NULL;
    case TRACE_AS_EVENTS:
        return event->n_shown == 0;
    default:
        return false;
    }
}

static void put_field(struct out *out, const struct trace_event *event,
                      const struct trace_field *field)
{
    const char *text;
    if (field->optional && absent(event, field))
        return;
    put_name(out, field->name);
    switch (field->type) {
    case TRACE_AS_NUMBER:
        put_number(out, FIELD(uint64_t, event, field));
        break;
    case TRACE_AS_ENDPOINT:
        put_server(out, trace_endpoint(FIELD(uint64_t, event, field)));
        break;
    case TRACE_AS_PEER:
        put_server(out, FIELD(int, event, field));
        break;
    case TRACE_AS_BOOL:
        put_bool(out, FIELD(bool, event, field));
        break;
    case TRACE_AS_ROLE:
        put_text(out, trace_role_name(FIELD(enum trace_role, event, field)));
        break;
    case TRACE_AS_TEXT:
        text = FIELD(const char *, event, field);
        put_text(out, text != NULL ? text : "");
        break;
    case TRACE_AS_OBJECT:
        text = FIELD(const char *, event, field);
        put_plain(out, text != NULL ? text : "{}");
        break;
    case TRACE_AS_MESSAGE:
        put_args(out, &event->args);
        break;
    default:
        put_list(out, event, field->type);
    }
}

// The verdict is no event of the run: it has no number and nobody caused it.
static void put_verdict(struct out *out, const struct trace_event *event)
{
    PUT(out, "{\"ev\":\"verdict\"");
    for
        EACH_FIELD(field, TRACE_VERDICT)
    put_field(out, event, field);
    PUT(out, ",\"us\":");
    put_number(out, event->us);
    PUT(out, "}");
}

static void put_event(struct out *out, const struct trace_event *event)
{
    PUT(out, "{\"n\":");
    put_number(out, event->n);
    PUT(out, ",\"us\":");
    put_number(out, event->us);
    if (event->node != TRACE_NONE) {
        PUT(out, ",\"node\":");
        put_server(out, event->node);
    }
    if (event->inc > 0) {
        PUT(out, ",\"inc\":");
        put_number(out, (uint64_t)event->inc);
    }
    PUT(out, ",\"ev\":\"");
    put_plain(out, trace_kinds[event->kind].name);
    PUT(out, "\"");
    for
        EACH_FIELD(field, event->kind)
    put_field(out, event, field);
    if (event->rule != NULL) {
        PUT(out, ",\"rule\":");
        put_text(out, event->rule);
    }
    if (event->cause != 0) {
        PUT(out, ",\"cause\":");
        put_number(out, event->cause);
    }
    PUT(out, "}");
}

size_t trace_format(const struct trace_event *event, char *out, size_t n)
{
    struct out text = {out, 0, n > 0 ? n - 1 : 0};
    if (event->kind == TRACE_VERDICT)
        put_verdict(&text, event);
    else
        put_event(&text, event);
    if (n > 0)
        out[text.n < n ? text.n : n - 1] = '\0';
    return text.n;
}

size_t trace_quote(const char *text, char *out, size_t n)
{
    struct out quoted = {out, 0, n > 0 ? n - 1 : 0};
    put_text(&quoted, text);
    if (n > 0)
        out[quoted.n < n ? quoted.n : n - 1] = '\0';
    return quoted.n;
}
