// perfetto.c -- a trace as Chrome trace events, for ui.perfetto.dev.
//
// A process a server, with tracks for its role, its term, its messages and
// what happens to it, and counters of commit_index and last_applied; a process
// for the cluster, with its story and its partitions. Slices follow the model:
// whatever changes a role or a term ends one slice and begins the next.
#include <inttypes.h>
#include <stdlib.h>

#include "base/die.h"
#include "trace/fields.h"
#include "viz/draw/causes.h"
#include "export.h"
#include "viz/draw/window.h"

enum track { ROLE = 1, TERM, MESSAGES, EVENTS, STORY, PARTITION };

static const char *const track_names[] = {
    NULL, "role", "term", "messages", "events", "story", "partition"};

// What of a server's state is a slice under way.
struct lane {
    bool up;
    enum trace_role role;
    uint64_t term, role_us, term_us;
    uint64_t commit_index, last_applied;
};

struct perfetto {
    const struct trace_file *trace;
    const struct viz_window *window;
    struct export_range range;
    FILE *out;
    bool *arrives; // [position - begin]: a sending that is received later
    struct lane *lane;
    const struct trace_event *act, *partition; // under way; NULL
    uint64_t begins_us;
    size_t n_written;
};

// Begins an object: name (quoted), phase, time, and where it belongs.
static void begin(struct perfetto *p, const char *name, const char *phase,
                  uint64_t us, int server, enum track track)
{
    fputs(p->n_written++ > 0 ? ",\n{\"name\":" : "\n{\"name\":", p->out);
    export_quoted(p->out, name);
    fprintf(p->out, ",\"ph\":\"%s\",\"ts\":%" PRIu64 ",\"pid\":%d,\"tid\":%d",
            phase, us, server + 1, (int)track);
}

static void slice(struct perfetto *p, const char *name, uint64_t from_us,
                  uint64_t to_us, int server, enum track track)
{
    begin(p, name, "X", from_us, server, track);
    fprintf(p->out, ",\"dur\":%" PRIu64, to_us - from_us);
}

static void details(struct perfetto *p, const struct trace_event *event)
{
    char line[EXPORT_LINE];
    export_line(event, line, sizeof line);
    fprintf(p->out, ",\"args\":{\"event\":%" PRIu64 ",\"says\":", event->n);
    export_quoted(p->out, line);
    fputs("}}", p->out);
}

static void metadata(struct perfetto *p, const char *what, int server,
                     enum track track, const char *name)
{
    begin(p, what, "M", 0, server, track);
    fputs(",\"args\":{\"name\":", p->out);
    export_quoted(p->out, name);
    fputs("}}", p->out);
}

static void put_names(struct perfetto *p)
{
    metadata(p, "process_name", -1, STORY, "cluster");
    metadata(p, "thread_name", -1, STORY, track_names[STORY]);
    metadata(p, "thread_name", -1, PARTITION, track_names[PARTITION]);
    metadata(p, "thread_name", -1, EVENTS, track_names[EVENTS]);
    for (int s = 0; s < p->trace->header.n_servers; s++) {
        char name[16];
        snprintf(name, sizeof name, "S%d", s + 1);
        metadata(p, "process_name", s, ROLE, name);
        begin(p, "process_sort_index", "M", 0, s, ROLE);
        fprintf(p->out, ",\"args\":{\"sort_index\":%d}}", s + 1);
        for (int track = ROLE; track <= EVENTS; track++)
            metadata(p, "thread_name", s, (enum track)track,
                     track_names[track]);
    }
}

// -------------------------------------------------------- slices and counters

static void end_role(struct perfetto *p, int server, uint64_t us)
{
    const struct lane *lane = &p->lane[server];
    slice(p, trace_role_name(lane->role), lane->role_us, us, server, ROLE);
    fprintf(p->out, ",\"args\":{\"term\":%" PRIu64 "}}", lane->term);
}

static void end_term(struct perfetto *p, int server, uint64_t us)
{
    const struct lane *lane = &p->lane[server];
    char name[32];
    snprintf(name, sizeof name, "term %" PRIu64, lane->term);
    slice(p, name, lane->term_us, us, server, TERM);
    fprintf(p->out, ",\"args\":{\"term\":%" PRIu64 "}}", lane->term);
}

static void counter(struct perfetto *p, const char *name, int server,
                    uint64_t us, uint64_t value)
{
    begin(p, name, "C", us, server, ROLE);
    fprintf(p->out, ",\"args\":{\"%s\":%" PRIu64 "}}", name, value);
}

// Brings the slices and counters of a server up to its state at a time; now
// NULL: everything ends.
static void follow(struct perfetto *p, int server,
                   const struct model_server *now, uint64_t us)
{
    struct lane *lane = &p->lane[server];
    bool up = now != NULL && now->up;
    bool role = up != lane->up || (up && now->role != lane->role);
    bool term = up != lane->up || (up && now->term != lane->term);
    if (!viz_shows_server(&p->window->filter, server))
        return;
    if (lane->up && role)
        end_role(p, server, us);
    if (lane->up && term)
        end_term(p, server, us);
    if (now == NULL)
        return;
    bool fresh = up && !lane->up;
    lane->up = up;
    lane->role = now->role;
    lane->term = now->term;
    lane->role_us = role ? us : lane->role_us;
    lane->term_us = term ? us : lane->term_us;
    if (up && (fresh || now->commit_index != lane->commit_index))
        counter(p, "commit_index", server, us, now->commit_index);
    if (up && (fresh || now->last_applied != lane->last_applied))
        counter(p, "last_applied", server, us, now->last_applied);
    lane->commit_index = now->commit_index;
    lane->last_applied = now->last_applied;
}

// The story's slices: an act, or a partition, lasts until the next one.
static void tell(struct perfetto *p, const struct trace_event **now,
                 const struct trace_event *next, uint64_t us, enum track track)
{
    const struct trace_event *e = *now;
    *now = next;
    if (e == NULL)
        return;
    char line[EXPORT_LINE];
    export_line(e, line, sizeof line);
    const char *name = e->kind != TRACE_ACT ? line
                       : e->text != NULL    ? e->text
                                            : "";
    slice(p, name, e->us > p->begins_us ? e->us : p->begins_us, us, TRACE_NONE,
          track);
    details(p, e);
}

// What of the story began before the window.
static void recall(struct perfetto *p)
{
    for (size_t at = 0; at < p->range.begin; at++) {
        const struct trace_event *event = &p->trace->event[at];
        if (event->kind == TRACE_ACT)
            p->act = event;
        if (event->kind == TRACE_PARTITION || event->kind == TRACE_HEAL)
            p->partition = event->kind == TRACE_HEAL ? NULL : event;
    }
}

// ------------------------------------------------------ messages and instants

static void instant(struct perfetto *p, const char *name,
                    const struct trace_event *event, int server)
{
    begin(p, name, "i", event->us, server, EVENTS);
    fprintf(p->out, ",\"s\":\"%s\"", event->kind == TRACE_FINDING ? "g" : "t");
    details(p, event);
}

// A leg of a call at one of its ends: a slice of a microsecond, for the flow
// to begin or end at. The flow's number is that of the sending.
static void message(struct perfetto *p, size_t at, int server)
{
    const struct trace_event *event = &p->trace->event[at];
    bool sends = event->kind == TRACE_SEND || event->kind == TRACE_REPLY;
    size_t sent = sends ? at : causes_sending(p->trace, at);
    const char *rpc = event->rpc != NULL ? event->rpc : "message";
    char name[128];
    snprintf(name, sizeof name, "%s %.100s", trace_kinds[event->kind].name,
             rpc);
    slice(p, name, event->us, event->us + 1, server, MESSAGES);
    details(p, event);
    bool flows = sent >= p->range.begin && sent < p->range.end &&
                 p->arrives[sent - p->range.begin];
    if (!flows)
        return;
    // A flow ends where it is first received.
    if (!sends)
        p->arrives[sent - p->range.begin] = false;
    begin(p, rpc, sends ? "s" : "f", event->us, server, MESSAGES);
    fprintf(p->out, ",\"cat\":\"rpc\",\"id\":%" PRIu64 "%s}",
            p->trace->event[sent].n, sends ? "" : ",\"bp\":\"e\"");
}

static void lost(struct perfetto *p, const struct trace_event *event)
{
    int to = trace_endpoint(event->to);
    char name[128];
    bool known = to >= 0 && to < p->trace->header.n_servers;
    snprintf(name, sizeof name, "lost %s %.90s",
             event->leg != NULL ? event->leg : "",
             event->rpc != NULL ? event->rpc : "");
    instant(p, name, event, known ? to : TRACE_NONE);
}

// Which sendings are received where the window shows both ends?
static void find_arrivals(struct perfetto *p)
{
    size_t n = p->range.end - p->range.begin;
    p->arrives = must_calloc(n + 1, sizeof *p->arrives);
    for (size_t at = p->range.begin; at < p->range.end; at++) {
        const struct trace_event *event = &p->trace->event[at];
        if (event->kind != TRACE_RECV && event->kind != TRACE_REPLY_RECV)
            continue;
        size_t sent = causes_sending(p->trace, at);
        if (sent >= p->range.begin && sent < p->range.end &&
            export_node(p->trace, event) >= 0 &&
            export_node(p->trace, &p->trace->event[sent]) >= 0 &&
            viz_shows(&p->window->filter, event) &&
            viz_shows(&p->window->filter, &p->trace->event[sent]))
            p->arrives[sent - p->range.begin] = true;
    }
}

static void put_event(struct perfetto *p, size_t at)
{
    const struct trace_event *event = &p->trace->event[at];
    int server = export_node(p->trace, event);
    switch (event->kind) {
    case TRACE_SEND:
    case TRACE_RECV:
    case TRACE_REPLY:
    case TRACE_REPLY_RECV:
        if (server >= 0)
            message(p, at, server);
        break;
    case TRACE_DROP:
        lost(p, event);
        break;
    case TRACE_ACT:
        tell(p, &p->act, event, event->us, STORY);
        break;
    case TRACE_PARTITION:
    case TRACE_HEAL:
        tell(p, &p->partition, event->kind == TRACE_HEAL ? NULL : event,
             event->us, PARTITION);
        break;
    // What slices and counters show.
    case TRACE_ROLE:
    case TRACE_TERM:
    case TRACE_COMMIT:
    case TRACE_APPLY:
    case TRACE_NEXT:
    case TRACE_MATCH:
    case TRACE_PERSIST:
    case TRACE_UNKNOWN:
    case TRACE_VERDICT:
        break;
    default:
        instant(p, trace_kinds[event->kind].name, event, server);
        break;
    }
}

static void put_events(struct perfetto *p)
{
    const struct trace_event *event = p->trace->event;
    size_t begins = p->range.begin, ends = p->range.end;
    struct model model;
    part_before(&model, p->trace, begins);
    uint64_t us = begins < ends ? event[begins].us : 0;
    p->begins_us = us;
    recall(p);
    for (int s = 0; s < model.n_servers; s++)
        follow(p, s, &model.server[s], us);
    for (size_t at = begins; at < ends; at++) {
        int server = export_node(p->trace, &event[at]);
        us = event[at].us;
        model_step(&model, &event[at]);
        if (server >= 0)
            follow(p, server, &model.server[server], us);
        if (viz_shows(&p->window->filter, &event[at]))
            put_event(p, at);
    }
    for (int s = 0; s < model.n_servers; s++)
        follow(p, s, NULL, us);
    tell(p, &p->act, NULL, us, STORY);
    tell(p, &p->partition, NULL, us, PARTITION);
    model_free(&model);
}

size_t viz_perfetto(const struct trace_file *trace,
                    const struct viz_window *window, FILE *out)
{
    struct perfetto p = {.trace = trace,
                         .window = window,
                         .range = export_range(trace, window),
                         .out = out};
    p.lane = must_calloc((size_t)trace->header.n_servers, sizeof *p.lane);
    fputs("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"scenario\":", out);
    export_quoted(out, trace->header.scenario);
    fputs(",\"seed\":", out);
    export_quoted(out, trace->header.seed);
    fputs("},\"traceEvents\":[", out);
    find_arrivals(&p);
    put_names(&p);
    put_events(&p);
    fputs("\n]}\n", out);
    free(p.arrives);
    free(p.lane);
    return p.n_written;
}
