// args.h -- the decoded fields of a message, recorded or read from a file.
#ifndef GLASSRAFT_ARGS_H
#define GLASSRAFT_ARGS_H

#include "base/cursor.h"
#include "trace.h"

enum trace_arg_type { ARG_NUMBER, ARG_BOOL, ARG_TEXT, ARG_BYTES, ARG_ENTRIES };

struct trace_arg {
    const char *name;
    enum trace_arg_type type;
    uint64_t number;  // ARG_NUMBER, ARG_BOOL; ARG_BYTES: their length
    const char *text; // ARG_TEXT; ARG_BYTES: their digest
    size_t n_entries;
    const struct trace_entry *entry; // ARG_ENTRIES, of a file, or
    const struct message_entry *raw; // ARG_ENTRIES, of the recorder
};

// What the reader puts behind trace_message.parsed: the fields, or the text
// that they stand in, which nobody has asked yet.
struct trace_args {
    const char *json; // of a form that args_scan() takes, or NULL
    size_t n;
    const struct trace_arg *arg;
};

// Passes over a list of entries; the first `room` of them go into entry.
bool args_entries(struct cursor *from, struct trace_entry *entry, size_t room,
                  size_t *n);

// Passes over a message's object and shows each field to visit (NULL: to
// nobody). False when it is not of the form that our writer writes.
bool args_scan(struct cursor *from,
               void (*visit)(void *context, const struct trace_arg *arg),
               void *context);

// The first field of that name and type (name NULL: any) in such a text: its
// number, and where its list begins. False when there is none.
bool args_find(const char *json, const char *name, enum trace_arg_type type,
               uint64_t *number, struct cursor *list);

// Shows each field to visit; all is borrowed for the call. False when the
// encoded bytes are not of their type: then visit saw nothing.
bool args_each(const struct trace_message *message,
               void (*visit)(void *context, const struct trace_arg *arg),
               void *context);

// Entry number i of an ARG_ENTRIES.
struct trace_entry args_entry(const struct trace_arg *arg, size_t i);

#endif
