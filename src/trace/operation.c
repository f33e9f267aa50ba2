// operation.c -- the events of clients.
#include "trace.h"

static struct trace_event event_of(enum trace_kind kind,
                                   const struct trace_operation *operation)
{
    return (struct trace_event){.kind = kind,
                                .node = TRACE_NONE,
                                .inc = TRACE_NONE,
                                .client = operation->client,
                                .operation = operation->number,
                                .what = operation->call,
                                .key = operation->key};
}

void trace_invoke(struct trace *trace, const struct trace_operation *operation)
{
    struct trace_event event = event_of(TRACE_INVOKE, operation);
    event.text = operation->value;
    event.expected = operation->expected;
    trace_set_cause(trace, 0);
    trace_set_cause(trace, trace_emit(trace, &event));
}

void trace_return(struct trace *trace, const struct trace_operation *operation,
                  const char *result, const char *value, uint64_t index)
{
    struct trace_event event = event_of(TRACE_RETURN, operation);
    event.text = value;
    event.result = result;
    event.index = index;
    trace_emit(trace, &event);
    trace_set_cause(trace, 0);
}
