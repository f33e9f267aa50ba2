// alt.c -- see alt.h.
#include "alt.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "paint.h"
#include "shapes.h"

enum { MOST = 14, ROOM = 1600 };

struct alt {
    char text[ROOM];
    size_t n;
    int n_said, n_left_out;
};

static void put(struct alt *alt, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct alt *alt, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(alt->text + alt->n, ROOM - alt->n, format, args);
    va_end(args);
    alt->n += (size_t)n < ROOM - alt->n ? (size_t)n : ROOM - alt->n - 1;
}

// What happens to the cluster, as the end of "S3 ...", or NULL.
static const char *fate(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_ROLE:
        return event->to_role == TRACE_LEADER ? "becomes leader" : NULL;
    case TRACE_CRASH:
        return "crashes";
    case TRACE_RESTART:
        return "restarts";
    case TRACE_DISCONNECT:
        return "is cut off";
    case TRACE_PAUSE:
        return event->ok ? "freezes" : "goes on";
    case TRACE_PARTITION:
        return "the network is partitioned";
    case TRACE_HEAL:
        return "the partition heals";
    default:
        return NULL;
    }
}

static void tell(struct alt *alt, const struct trace_event *event)
{
    char time[32];
    const char *what = fate(event);
    if (what == NULL)
        return;
    if (alt->n_said >= MOST) {
        alt->n_left_out++;
        return;
    }
    put(alt, "%s", alt->n_said++ == 0 ? ": " : "; ");
    if (event->node >= 0)
        put(alt, "S%d ", event->node + 1);
    put(alt, "%s", what);
    if (event->kind == TRACE_ROLE)
        put(alt, " of term %" PRIu64, event->term);
    put(alt, " at %s", shapes_time(event->us, time));
}

static void tell_finding(struct alt *alt, const struct trace_event *event)
{
    const char *text = event->text != NULL ? event->text : "";
    put(alt, " Found at event %" PRIu64 ": %.60s%s%.12s%s. %.*s", event->n,
        event->what != NULL ? event->what : "", event->tag != NULL ? " [" : "",
        event->tag != NULL ? event->tag : "", event->tag != NULL ? "]" : "",
        (int)strcspn(text, "\n"), text);
}

static void title(const struct trace_file *trace, const char *kind,
                  char out[200])
{
    snprintf(out, 200, "%.80s, seed %.30s: %.60s", trace->header.scenario,
             trace->header.seed, kind);
}

void alt_events(FILE *out, const struct trace_file *trace, size_t begin,
                size_t end, const char *kind)
{
    struct alt alt = {.n = 0};
    char name[200], from[32], to[32];
    int n = trace->header.n_servers;
    uint64_t highest = 0;
    const struct trace_event *finding = NULL;
    put(&alt, "%d server%s", n, n == 1 ? "" : "s");
    if (end > begin)
        put(&alt, " from %s to %s", shapes_time(trace->event[begin].us, from),
            shapes_time(trace->event[end - 1].us, to));
    for (size_t i = begin; i < end; i++) {
        const struct trace_event *event = &trace->event[i];
        tell(&alt, event);
        if (event->kind == TRACE_COMMIT && event->to > highest)
            highest = event->to;
        if (event->kind == TRACE_FINDING && finding == NULL)
            finding = event;
    }
    if (alt.n_left_out > 0)
        put(&alt, "; and %d more such events", alt.n_left_out);
    if (highest > 0)
        put(&alt, "; commit_index reaches %" PRIu64, highest);
    put(&alt, ".");
    if (finding != NULL)
        tell_finding(&alt, finding);
    title(trace, kind, name);
    paint_alt(out, name, alt.text);
}

void alt_logs(FILE *out, const struct trace_file *trace,
              const struct model *model, size_t n)
{
    struct alt alt = {.n = 0};
    char name[200], time[32];
    const struct model *last = &model[n > 0 ? n - 1 : 0];
    int leader = model_leader(last);
    if (n > 1)
        put(&alt, "Logs at %zu moments; the last: ", n);
    put(&alt, "at %s, after event %" PRIu64 ", %s", shapes_time(last->us, time),
        last->n, leader < 0 ? "without a leader" : "");
    if (leader >= 0)
        put(&alt, "S%d leads term %" PRIu64, leader + 1,
            last->server[leader].term);
    for (int i = 0; i < last->n_servers; i++) {
        const struct model_server *s = &last->server[i];
        uint64_t index = model_last_index(s);
        if (!model_appeared(s))
            continue;
        put(&alt, "; S%d%s ", i + 1, s->up ? "" : ", down,");
        if (index == 0)
            put(&alt, "has no entry");
        else
            put(&alt, "has entries to %" PRIu64 ", the last of term %" PRIu64,
                index, model_term_at(s, index));
        if (s->up)
            put(&alt, ", commit_index %" PRIu64, s->commit_index);
    }
    put(&alt, ".");
    title(trace, "logs", name);
    paint_alt(out, name, alt.text);
}
