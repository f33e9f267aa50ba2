// emit.h -- the events of one server, with the names of their fields.
//
//     EMIT(rf, TRACE_TERM, .from = 1, .to = 2, .rule = "ALL.2");
//
// rf is any pointer to a struct whose member `config` has me, inc and trace,
// as raft_config has them.
#ifndef GLASSRAFT_EMIT_H
#define GLASSRAFT_EMIT_H

#include "trace.h"

// Emits an event of this server; gives its number. EVENT is the event itself.
#define EVENT(rf, ...)                                                         \
    (struct trace_event)                                                       \
    {                                                                          \
        .node = (rf)->config.me, .inc = (rf)->config.inc, .kind = __VA_ARGS__  \
    }
// Nothing is filled in for a server that is not traced: its fields are not
// even worked out.
#define EMIT(rf, ...)                                                          \
    ((rf)->config.trace == NULL                                                \
         ? 0                                                                   \
         : trace_emit((rf)->config.trace, &EVENT(rf, __VA_ARGS__)))
#define EMIT_ENTRIES(rf, entries, ...)                                         \
    ((rf)->config.trace == NULL                                                \
         ? 0                                                                   \
         : trace_emit_entries((rf)->config.trace, EVENT(rf, __VA_ARGS__),      \
                              entries))
// With a command's bytes (a struct message_bytes *, NULL: none) as it is shown.
#define EMIT_COMMAND(rf, command, ...)                                         \
    ((rf)->config.trace == NULL                                                \
         ? 0                                                                   \
         : trace_emit_command((rf)->config.trace, EVENT(rf, __VA_ARGS__),      \
                              command))
// Tells that a message was refused, by which rule and why.
#define refuse(rf, broken_rule, reason)                                        \
    (void)EMIT(rf, TRACE_REFUSE, .rule = (broken_rule), .why = (reason))
// Makes an event the cause of what the calling thread does next.
#define because(rf, event) trace_set_cause((rf)->config.trace, event)

#endif
