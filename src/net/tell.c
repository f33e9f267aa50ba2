// tell.c -- what becomes of a call, as events of the trace.
#include "internal.h"

#include <string.h>

void net_tell_drop(struct net *net, const struct job *job, const char *leg,
                   const char *why)
{
    bool reply = strcmp(leg, "reply") == 0;
    struct trace_event event = {.kind = TRACE_DROP,
                                .node = TRACE_NONE,
                                .inc = TRACE_NONE,
                                .cause = job->send_event,
                                .msg = job->msg,
                                .rpc = job->method,
                                .from = (uint64_t)(reply ? job->to : job->from),
                                .to = (uint64_t)(reply ? job->from : job->to),
                                .leg = leg,
                                .why = why};
    trace_emit(net->config.trace, &event);
}

uint64_t net_tell_send(struct net *net, const struct job *job, bool duplicate)
{
    struct trace_event event = {.kind = TRACE_SEND,
                                .node = job->from,
                                .inc = TRACE_NONE,
                                .msg = job->msg,
                                .to = (uint64_t)job->to,
                                .rpc = job->method,
                                .ok = duplicate};
    if (job->rpc != NULL) {
        event.args.type = job->rpc->args;
        event.args.encoded = (struct message_bytes){job->args, job->n_args};
    }
    return trace_emit(net->config.trace, &event);
}

uint64_t net_tell_at_server(struct net *net, const struct job *job,
                            enum trace_kind kind, uint64_t cause)
{
    struct trace_event event = {.kind = kind,
                                .node = job->to,
                                .inc = TRACE_NONE,
                                .msg = job->msg,
                                .from = (uint64_t)job->from,
                                .rpc = job->method,
                                .cause = cause};
    uint64_t n = trace_emit(net->config.trace, &event);
    trace_set_cause(net->config.trace, n);
    return n;
}

uint64_t net_tell_reply(struct net *net, const struct job *job, uint64_t cause,
                        struct message_bytes reply)
{
    struct trace_event event = {.kind = TRACE_REPLY,
                                .node = job->to,
                                .inc = TRACE_NONE,
                                .msg = job->msg,
                                .to = (uint64_t)job->from,
                                .rpc = job->method,
                                .cause = cause};
    if (job->rpc != NULL) {
        event.args.type = job->rpc->reply;
        event.args.encoded = reply;
    }
    return trace_emit(net->config.trace, &event);
}
