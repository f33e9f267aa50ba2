// filter.c -- which events of a window are shown.
#include <string.h>

#include "trace/fields.h"
#include "viz.h"

bool viz_shows_server(const struct viz_filter *filter, int server)
{
    return !filter->chosen || (server >= 0 && server < TRACE_MAX_SERVERS &&
                               filter->server[server]);
}

static bool is_message(const struct trace_event *event)
{
    return event->kind >= TRACE_SEND && event->kind <= TRACE_DROP;
}

// A message is shown when one of its ends is.
static bool shows_place(const struct viz_filter *filter,
                        const struct trace_event *event)
{
    if (!filter->chosen || viz_shows_server(filter, event->node))
        return true;
    if (!is_message(event))
        return event->node < 0;
    return viz_shows_server(filter, trace_endpoint(event->to)) ||
           viz_shows_server(filter, trace_endpoint(event->from));
}

// Of a heartbeat only its sending is known to be one.
static bool shows_rpc(const struct viz_filter *filter,
                      const struct trace_event *event)
{
    const char *rpc = event->rpc != NULL ? event->rpc : "";
    unsigned wanted = 1u << VIZ_OTHER;
    if (strcmp(rpc, "RequestVote") == 0)
        wanted = 1u << VIZ_VOTES;
    else if (strcmp(rpc, "AppendEntries") == 0)
        wanted = 1u << VIZ_APPENDS | 1u << VIZ_HEARTBEATS;
    else if (strcmp(rpc, "InstallSnapshot") == 0)
        wanted = 1u << VIZ_SNAPSHOTS;
    return filter->rpcs == 0 || (filter->rpcs & wanted) != 0;
}

static bool concerns(const struct trace_event *event, uint64_t index)
{
    switch (event->kind) {
    case TRACE_START:
    case TRACE_RETURN:
        return event->index == index;
    case TRACE_APPEND:
        return event->index <= index && index < event->index + event->n_entries;
    case TRACE_TRUNCATE:
        return event->index <= index;
    case TRACE_COMMIT:
    case TRACE_MATCH:
        return event->from < index && index <= event->to;
    case TRACE_APPLY:
        return event->ok ? event->index >= index : event->index == index;
    case TRACE_COMPACT:
    case TRACE_INSTALL:
        return event->index >= index;
    case TRACE_NEXT:
    case TRACE_PERSIST:
    case TRACE_REFUSE:
    case TRACE_INVOKE:
        return false;
    default:
        return true;
    }
}

bool viz_shows(const struct viz_filter *filter, const struct trace_event *event)
{
    if (event->kind == TRACE_ACT || event->kind == TRACE_FINDING ||
        event->kind == TRACE_VERDICT)
        return true;
    if (filter->kinds != 0 && (filter->kinds >> event->kind & 1) == 0)
        return false;
    if (is_message(event) && !shows_rpc(filter, event))
        return false;
    if (filter->index > 0 && !concerns(event, filter->index))
        return false;
    return shows_place(filter, event);
}
