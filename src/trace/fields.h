// fields.h -- access to an event's fields through the one table.
#ifndef GLASSRAFT_FIELDS_H
#define GLASSRAFT_FIELDS_H

#include "trace.h"

// The member of type T that a field of the table names.
#define FIELD(T, event, field)                                                 \
    (*(T const *)((const char *)(event) + (field)->offset))
#define FIELD_SET(T, event, field, value)                                      \
    (*(T *)((char *)(event) + (field)->offset) = (value))

// Walks over the fields of a kind.
#define EACH_FIELD(f, kind)                                                    \
    (const struct trace_field *f = trace_kinds[kind].fields; f->name != NULL;  \
     f++)

// Numbers from here on stand in JSON as hexadecimal strings, because readers
// that keep numbers as doubles would change them.
#define TRACE_BIG UINT64_C(1000000000000000)

// The server that an endpoint names; TRACE_NONE for a caller that is none.
static inline int trace_endpoint(uint64_t value)
{
    return value > INT32_MAX ? TRACE_NONE : (int)value;
}

// text as a JSON string in quotes; like snprintf.
size_t trace_quote(const char *text, char *out, size_t n);

#endif
