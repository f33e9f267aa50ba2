// part.c -- see part.h.
#include "part.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "causes.h"

enum {
    RADIUS = 150,
    SMALL = 3000,     // events that are drawn without asking
    BEHIND = 20,      // events shown behind a finding
    PER_MESSAGE = 40, // events read for each message of the budget
    BUDGET = 300,
};

// A part of the trace by event numbers and times, as trace_load_part() takes
// it.
static bool load(struct trace_file *trace, const char *path,
                 const struct viz_window *window,
                 const struct part_asked *asked, uint64_t kinds)
{
    (void)window;
    (void)asked;
    (void)kinds;
    return trace_load(trace, path);
}

// ------------------------------------------------- which events are asked for

// What the choice is made from: the few events of a trace that begin and end
// acts, terms and stories.
struct survey {
    struct trace_file trace;
    uint64_t last; // number of the trace's last event
};

static bool fail(struct part *part, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct part *part, const char *path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = snprintf(part->error, sizeof part->error, "%.120s: ", path);
    vsnprintf(part->error + n, sizeof part->error - (size_t)n, format, args);
    va_end(args);
    return false;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

// Both must hold; 0 is open.
static void narrow(struct viz_window *window, uint64_t first, uint64_t last)
{
    window->first = later(window->first, first);
    if (window->last == 0 || (last > 0 && last < window->last))
        window->last = last;
}

static bool choose_act(struct part *part, const char *path,
                       const struct trace_file *trace, uint64_t act)
{
    struct viz_window found = {0};
    const char *text;
    int n_acts = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        n_acts += trace->event[i].kind == TRACE_ACT;
    if (act > INT32_MAX || !viz_act(trace, (int)act, &found, &text)) {
        if (n_acts == 0)
            return fail(part, path, "has no acts");
        return fail(part, path, "has no act %" PRIu64 "; acts 1..%d", act,
                    n_acts);
    }
    narrow(&part->window, found.first, found.last);
    return true;
}

// The term that a server enters by this event; 0 for none.
static uint64_t entered(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_TERM:
        return event->to;
    case TRACE_ROLE:
    case TRACE_BOOT:
    case TRACE_VOTE:
        return event->term;
    default:
        return 0;
    }
}

// An election begins with the timeout that causes it.
static uint64_t beginning(const struct trace_file *trace, size_t at)
{
    const struct trace_event *event = &trace->event[at];
    for (size_t i = at; i > 0 && event->us - trace->event[i - 1].us < 50; i--)
        if (trace->event[i - 1].kind == TRACE_TIMEOUT &&
            trace->event[i - 1].node == event->node)
            return trace->event[i - 1].n;
    return event->n;
}

// From the first server in the term to the first one in a later term.
static bool choose_term(struct part *part, const char *path,
                        const struct trace_file *trace, uint64_t term)
{
    uint64_t lowest = UINT64_MAX, highest = 0, first = 0, last = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        uint64_t now = entered(&trace->event[i]);
        if (now == 0)
            continue;
        lowest = now < lowest ? now : lowest;
        highest = later(highest, now);
        if (now == term && first == 0)
            first = beginning(trace, i);
        if (now > term && first > 0 && last == 0)
            last = beginning(trace, i) - 1;
    }
    if (highest == 0)
        return fail(part, path, "has no terms");
    if (first == 0)
        return fail(part, path,
                    "has no term %" PRIu64 "; terms %" PRIu64 "..%" PRIu64,
                    term, lowest, highest);
    narrow(&part->window, first, last);
    return true;
}

// From the first to the last event in which the entry's fate changes.
static bool choose_index(struct part *part, const char *path,
                         const struct trace_file *trace, uint64_t index)
{
    uint64_t first = 0, last = 0, highest = 0;
    struct viz_filter one = {.index = index};
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        bool fate = event->kind == TRACE_START || event->kind == TRACE_APPEND ||
                    event->kind == TRACE_TRUNCATE ||
                    event->kind == TRACE_COMMIT || event->kind == TRACE_APPLY;
        if (event->kind == TRACE_APPEND)
            highest = later(highest, event->index + event->n_entries - 1);
        bool born = event->kind == TRACE_START || event->kind == TRACE_APPEND;
        if (!fate || !viz_shows(&one, event) || (first == 0 && !born))
            continue;
        if (first == 0)
            first = event->n;
        last = event->n;
    }
    if (first == 0)
        return fail(part, path, "has no index %" PRIu64 "; indexes 1..%" PRIu64,
                    index, highest);
    narrow(&part->window, first, last);
    return true;
}

static const struct trace_event *find_kind(const struct trace_file *trace,
                                           enum trace_kind kind)
{
    for (size_t i = 0; i < trace->n_events; i++)
        if (trace->event[i].kind == kind)
            return &trace->event[i];
    return NULL;
}

static uint64_t reach(const struct part_asked *asked)
{
    return PER_MESSAGE * (uint64_t)(asked->budget > 0 ? asked->budget : BUDGET);
}

// What led to the finding, as far as the budget goes, and a little behind.
static void to_finding(struct part *part, const struct trace_event *finding,
                       const struct part_asked *asked)
{
    uint64_t n = finding->n, behind = asked->last > 0 ? 0 : BEHIND;
    uint64_t before = asked->radius > 0 ? asked->radius : reach(asked);
    narrow(&part->window, n > before ? n - before : 1, n + behind);
    part->window.ends = true;
}

// A large trace and nothing asked for: the finding, else the elections.
static void choose_readable(struct part *part, const struct survey *survey,
                            const struct part_asked *asked)
{
    const struct trace_event *finding =
        find_kind(&survey->trace, TRACE_FINDING);
    if (finding != NULL) {
        to_finding(part, finding, asked);
        snprintf(part->note, sizeof part->note,
                 "the way to the finding, of %" PRIu64 " events in all",
                 survey->last);
        return;
    }
    const struct trace_event *first = find_kind(&survey->trace, TRACE_TIMEOUT);
    uint64_t n = first != NULL ? first->n : 1;
    narrow(&part->window, n, n + reach(asked));
    snprintf(part->note, sizeof part->note,
             "from the first election on, of %" PRIu64 " events in all",
             survey->last);
}

static bool choose(struct part *part, const char *path,
                   const struct survey *survey, const struct part_asked *asked,
                   enum part_extent extent)
{
    const struct trace_file *trace = &survey->trace;
    struct viz_window *window = &part->window;
    bool timed = asked->since || asked->until || asked->act > 0 ||
                 asked->term > 0 || asked->around > 0 || asked->finding ||
                 asked->last > 0 || asked->filter.index > 0;
    if (asked->around > survey->last)
        return fail(part, path, "has no event %" PRIu64 "; events 1..%" PRIu64,
                    asked->around, survey->last);
    if (asked->around > 0) {
        uint64_t radius = asked->radius > 0 ? asked->radius : RADIUS;
        narrow(window, asked->around > radius ? asked->around - radius : 1,
               asked->around + radius);
    }
    if (asked->act > 0 && !choose_act(part, path, trace, asked->act))
        return false;
    if (asked->term > 0 && !choose_term(part, path, trace, asked->term))
        return false;
    if (asked->filter.index > 0 &&
        !choose_index(part, path, trace, asked->filter.index))
        return false;
    const struct trace_event *finding = find_kind(trace, TRACE_FINDING);
    if (asked->finding && finding == NULL)
        return fail(part, path, "has no finding; nothing is broken in it");
    if (asked->finding)
        to_finding(part, finding, asked);
    if (!timed && extent == PART_READABLE && survey->last > SMALL)
        choose_readable(part, survey, asked);
    return true;
}

// ------------------------------------------------------------ what is loaded

// Turns times into event numbers, and keeps the last events if so asked.
static bool settle(struct part *part, const char *path,
                   const struct part_asked *asked)
{
    const struct trace_file *trace = &part->trace;
    struct viz_window *window = &part->window;
    uint64_t first = 0, last = 0, n = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->n == 0)
            continue;
        n = event->n;
        if (asked->since && event->us < asked->from_us)
            first = event->n + 1;
        if (!asked->until || event->us <= asked->to_us)
            last = event->n;
    }
    if (asked->since && first > n)
        return fail(part, path, "ends at %.1f ms, before --from",
                    trace->n_events > 0
                        ? (double)trace->event[trace->n_events - 1].us / 1000
                        : 0.0);
    if (asked->until && last == 0)
        return fail(part, path, "nothing happens before --to");
    narrow(window, first, asked->until ? last : 0);
    uint64_t end = window->last > 0 && window->last < n ? window->last : n;
    if (asked->last > 0 && end > asked->last)
        narrow(window, end - asked->last + 1, end);
    if (window->last > 0 && window->first > window->last + 1)
        return fail(part, path, "what is asked for has no event in common");
    return true;
}

bool part_load(struct part *part, const char *path,
               const struct part_asked *asked, enum part_extent extent,
               uint64_t kinds)
{
    *part = (struct part){.window = {.heartbeats = asked->heartbeats,
                                     .most = asked->budget,
                                     .filter = asked->filter}};
    struct survey survey = {.last = 0};
    if (!load(&survey.trace, path, NULL, NULL, 0)) {
        snprintf(part->error, sizeof part->error, "%s", survey.trace.error);
        return false;
    }
    for (size_t i = 0; i < survey.trace.n_events; i++)
        survey.last = later(survey.last, survey.trace.event[i].n);
    bool good = choose(part, path, &survey, asked, extent);
    trace_unload(&survey.trace);
    if (!good)
        return false;
    if (!load(&part->trace, path, &part->window, asked, kinds)) {
        snprintf(part->error, sizeof part->error, "%s", part->trace.error);
        return false;
    }
    if (!settle(part, path, asked)) {
        trace_unload(&part->trace);
        return false;
    }
    return true;
}

void part_unload(struct part *part)
{
    trace_unload(&part->trace);
}

void part_model(struct model *model, const struct trace_file *trace, uint64_t n)
{
    model_init(model, trace->header.n_servers);
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (n > 0 && (event->n > n || event->n == 0))
            break;
        model_step(model, event);
    }
}
