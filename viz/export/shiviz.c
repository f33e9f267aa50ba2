// shiviz.c -- a trace as a log with vector clocks, for ShiViz.
//
// Two lines an event, the form that ShiViz reads without being told how: what
// happened, then the host and its clock. A lane a server, one for the network,
// where lost messages end, and one for the harness. A clock grows by one with
// each event of its host and takes over what the causes of the event knew: the
// sending of a message, and whatever `cause` names.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/causes.h"
#include "export.h"

struct clocks {
    const struct trace_file *trace;
    struct export_range range;
    size_t n_hosts;  // the servers, the network, the harness
    uint32_t *now;   // [host * n_hosts + k]: what the host knows of host k
    uint32_t *known; // [(position - begin) * n_hosts + k], after each event
};

static size_t host_of(const struct clocks *clocks,
                      const struct trace_event *event)
{
    int node = export_node(clocks->trace, event);
    if (event->kind == TRACE_DROP)
        return clocks->n_hosts - 2;
    return node >= 0 ? (size_t)node : clocks->n_hosts - 1;
}

static void host_name(const struct clocks *clocks, size_t host, char name[16])
{
    if (host + 2 == clocks->n_hosts)
        snprintf(name, 16, "network");
    else if (host + 1 == clocks->n_hosts)
        snprintf(name, 16, "harness");
    else
        snprintf(name, 16, "S%d", (int)host + 1);
}

// Takes over what was known after the event at a position, if that is shown.
static void merge(struct clocks *clocks, uint32_t *clock, size_t at)
{
    if (at < clocks->range.begin || at >= clocks->range.end)
        return;
    const uint32_t *other =
        clocks->known + (at - clocks->range.begin) * clocks->n_hosts;
    for (size_t k = 0; k < clocks->n_hosts; k++)
        clock[k] = clock[k] > other[k] ? clock[k] : other[k];
}

static void merge_event(struct clocks *clocks, uint32_t *clock, size_t at,
                        uint64_t n)
{
    size_t cause = n > 0 ? causes_position(clocks->trace, n) : at;
    if (cause < at && clocks->trace->event[cause].n == n)
        merge(clocks, clock, cause);
}

static void print(const struct clocks *clocks, const struct trace_event *event,
                  size_t host, FILE *out)
{
    char line[EXPORT_LINE], name[16];
    export_line(event, line, sizeof line);
    host_name(clocks, host, name);
    fprintf(out, "#%" PRIu64 " %" PRIu64 ".%03u ms %s\n%s {", event->n,
            event->us / 1000, (unsigned)(event->us % 1000), line, name);
    const uint32_t *clock = clocks->now + host * clocks->n_hosts;
    for (size_t k = 0, n = 0; k < clocks->n_hosts; k++) {
        if (clock[k] == 0)
            continue;
        host_name(clocks, k, name);
        fprintf(out, "%s\"%s\":%" PRIu32, n++ > 0 ? ", " : "", name, clock[k]);
    }
    fputs("}\n", out);
}

size_t viz_shiviz(const struct trace_file *trace,
                  const struct viz_window *window, FILE *out)
{
    struct clocks clocks = {.trace = trace,
                            .range = export_range(trace, window),
                            .n_hosts = (size_t)trace->header.n_servers + 2};
    size_t n = clocks.n_hosts, n_shown = 0;
    clocks.now = must_calloc(n * n, sizeof *clocks.now);
    clocks.known = must_calloc((clocks.range.end - clocks.range.begin) * n + 1,
                               sizeof *clocks.known);
    for (size_t at = clocks.range.begin; at < clocks.range.end; at++) {
        const struct trace_event *event = &trace->event[at];
        size_t host = host_of(&clocks, event);
        uint32_t *clock = clocks.now + host * n;
        merge(&clocks, clock, causes_sending(trace, at));
        merge_event(&clocks, clock, at, event->cause);
        for (size_t i = 0; i < event->n_shown; i++)
            merge_event(&clocks, clock, at, event->events[i]);
        // What is not shown passes on what it knows all the same.
        if (event->kind != TRACE_UNKNOWN && viz_shows(&window->filter, event)) {
            clock[host]++;
            print(&clocks, event, host, out);
            n_shown++;
        }
        memcpy(clocks.known + (at - clocks.range.begin) * n, clock,
               n * sizeof *clock);
    }
    free(clocks.now);
    free(clocks.known);
    return n_shown;
}
