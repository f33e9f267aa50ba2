// window.c -- see window.h.
#include "window.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "causes.h"

enum {
    RADIUS = 150,
    SMALL = 3000,     // events that are drawn without asking
    END = 1000,       // events in which the servers are stopped, at most
    BEHIND = 20,      // events shown behind a finding
    PER_MESSAGE = 40, // events read for each message of the budget
    BUDGET = 300,
    TO_FINDING = 60, // messages, unless more are asked for: one screen
};

// ------------------------------------------------- which events are asked for

// What the choice is made from: the few events of a trace that begin and end
// acts, terms and stories.
struct survey {
    struct trace_file trace;
    uint64_t last; // number of the trace's last event
};

#define BIT(kind) (UINT64_C(1) << (kind))

// The kinds that tell where the part that is asked for lies; 0 when that is
// known without a look.
static uint64_t needed(const struct part_asked *asked, enum part_extent extent)
{
    uint64_t kinds = 0;
    if (asked->act > 0)
        kinds |= BIT(TRACE_ACT) | BIT(TRACE_CRASH) | BIT(TRACE_RESTART) |
                 BIT(TRACE_KILL);
    if (asked->term > 0)
        kinds |= BIT(TRACE_TIMEOUT) | BIT(TRACE_TERM) | BIT(TRACE_ROLE) |
                 BIT(TRACE_BOOT) | BIT(TRACE_VOTE);
    if (asked->filter.index > 0)
        kinds |= BIT(TRACE_START) | BIT(TRACE_APPEND) | BIT(TRACE_TRUNCATE) |
                 BIT(TRACE_COMMIT) | BIT(TRACE_APPLY);
    if (asked->finding)
        kinds |= BIT(TRACE_FINDING);
    bool timed =
        asked->since || asked->until || asked->around > 0 || asked->before > 0;
    if (kinds == 0 && !timed && extent != PART_WHOLE)
        kinds = BIT(TRACE_FINDING) | BIT(TRACE_TIMEOUT);
    return kinds;
}

// A trace's last event, by a look at its end.
static void find_end(const char *path, uint64_t *n, uint64_t *us)
{
    const struct trace_part end = {.first = UINT64_MAX};
    struct trace_file trace;
    *n = *us = 0;
    if (trace_load_part(&trace, path, &end))
        *n = trace.keyframe_n;
    for (size_t i = trace.n_events; i > 0; i--) {
        const struct trace_event *event = &trace.event[i - 1];
        if (event->kind == TRACE_VERDICT)
            continue;
        *n = event->n;
        *us = event->us;
        break;
    }
    trace_unload(&trace);
}

uint64_t part_end_us(const char *path)
{
    uint64_t n, us;
    find_end(path, &n, &us);
    return us;
}

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

// What led to an event, as far as the budget goes, and a little behind it.
static void to_event(struct part *part, uint64_t n, uint64_t behind,
                     const struct part_asked *asked)
{
    uint64_t before = asked->radius > 0 ? asked->radius : reach(asked);
    narrow(&part->window, n > before ? n - before : 1, n + behind);
    part->window.ends = true;
    if (asked->budget == 0)
        part->window.most = part->window.fold_above = TO_FINDING;
}

// A large trace and nothing asked for: the finding, else the elections.
static void choose_readable(struct part *part, const struct survey *survey,
                            const struct part_asked *asked)
{
    const struct trace_event *finding =
        find_kind(&survey->trace, TRACE_FINDING);
    if (finding != NULL) {
        to_event(part, finding->n, asked->last > 0 ? 0 : BEHIND, asked);
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
    bool any = asked->since || asked->until || asked->act > 0 ||
               asked->term > 0 || asked->around > 0 || asked->finding ||
               asked->last > 0 || asked->filter.index > 0 || asked->before > 0;
    if (asked->before > 0)
        to_event(part, asked->before, 0, asked);
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
        return fail(part, path,
                    "has no finding; ask for --around EVENT, --act N or --term"
                    " N");
    if (asked->finding)
        to_event(part, finding->n, asked->last > 0 ? 0 : BEHIND, asked);
    if (!any && extent == PART_END)
        narrow(window,
               finding != NULL      ? finding->n
               : survey->last > END ? survey->last - END
                                    : 1,
               finding != NULL ? finding->n : 0);
    if (!any && extent == PART_READABLE && survey->last > SMALL)
        choose_readable(part, survey, asked);
    return true;
}

// ------------------------------------------------------------ what is loaded

// Is there such an event, and such a time?
static bool is_there(struct part *part, const char *path,
                     const struct part_asked *asked, bool beyond)
{
    const struct trace_file *trace = &part->trace;
    uint64_t wanted = asked->around > 0 ? asked->around : asked->before;
    size_t at = causes_position(trace, wanted);
    bool found = at < trace->n_events && trace->event[at].n == wanted;
    uint64_t n, us;
    if ((wanted == 0 || found) && !beyond)
        return true;
    find_end(path, &n, &us);
    if (wanted > 0 && !found && n == 0)
        return fail(part, path, "has no events");
    if (wanted > 0 && !found)
        return fail(part, path, "has no event %" PRIu64 "; events 1..%" PRIu64,
                    wanted, n);
    return us >= asked->from_us ||
           fail(part, path, "ends at %.1f ms, before %.1f ms",
                (double)us / 1000, (double)asked->from_us / 1000);
}

// Turns times into event numbers, and keeps the last events if so asked.
static bool settle(struct part *part, const char *path,
                   const struct part_asked *asked)
{
    const struct trace_file *trace = &part->trace;
    struct viz_window *window = &part->window;
    uint64_t first = 0, last = 0, n = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_VERDICT)
            continue;
        n = event->n;
        if (asked->since && event->us < asked->from_us)
            first = n + 1;
        if (!asked->until || event->us <= asked->to_us)
            last = n;
    }
    if (!is_there(part, path, asked, first > n))
        return false;
    if (asked->until && last == 0)
        return fail(part, path, "nothing happens before --to");
    narrow(window, first, asked->until ? last : 0);
    uint64_t end = window->last > 0 && window->last < n ? window->last : n;
    if (asked->last > 0 && end > asked->last)
        narrow(window, end - asked->last + 1, end < n ? end : 0);
    if (window->last > 0 && window->first > window->last + 1)
        return fail(part, path, "no event matches all these options");
    return true;
}

static bool survey_and_choose(struct part *part, const char *path,
                              const struct part_asked *asked,
                              enum part_extent extent)
{
    struct trace_part all = {.kinds = needed(asked, extent)};
    struct survey survey = {.last = 0};
    uint64_t us;
    if (all.kinds != 0 || asked->last > 0)
        find_end(path, &survey.last, &us);
    if (all.kinds != 0 && !trace_load_part(&survey.trace, path, &all)) {
        snprintf(part->error, sizeof part->error, "%s", survey.trace.error);
        return false;
    }
    bool good = choose(part, path, &survey, asked, extent);
    if (asked->last > 0) {
        uint64_t last = part->window.last;
        last = last > 0 && last < survey.last ? last : survey.last;
        if (!asked->until && last > asked->last)
            narrow(&part->window, last - asked->last + 1, 0);
    }
    trace_unload(&survey.trace);
    return good;
}

// Messages on their way when the window begins are told in full only where
// they were sent: the number of the oldest that was sent before what is
// loaded, 0 for none that is worth it.
static uint64_t find_older(const struct part *part)
{
    enum { FARTHEST = 5000 };
    const struct trace_file *trace = &part->trace;
    uint64_t first = part->window.first, oldest = first;
    struct model model;
    if (first == 0 || trace->keyframe == NULL)
        return 0;
    part_before(&model, trace, causes_position(trace, first));
    for (size_t i = 0; i < model.n_flights; i++) {
        uint64_t n = model.flight[i].sent_n;
        if (n + FARTHEST > first && n < oldest)
            oldest = n;
    }
    model_free(&model);
    return oldest <= trace->keyframe_n ? oldest : 0;
}

static bool read_part(struct part *part, const char *path,
                      const struct trace_part *wanted)
{
    bool good = trace_load_part(&part->trace, path, wanted);
    if (!good)
        snprintf(part->error, sizeof part->error, "%s", part->trace.error);
    return good;
}

bool part_load(struct part *part, const char *path,
               const struct part_asked *asked, enum part_extent extent,
               uint64_t kinds)
{
    *part = (struct part){.window = {.heartbeats = asked->heartbeats,
                                     .most = asked->budget,
                                     .fold_above = asked->budget,
                                     .filter = asked->filter}};
    if (!survey_and_choose(part, path, asked, extent))
        return false;
    struct trace_part wanted = {.first = part->window.first,
                                .last = part->window.last,
                                .from_us = asked->since ? asked->from_us : 0,
                                .to_us =
                                    asked->until ? later(asked->to_us, 1) : 0,
                                .kinds = kinds};
    if (!read_part(part, path, &wanted))
        return false;
    // Of chosen kinds only what is asked for was read.
    if (kinds == 0 && !settle(part, path, asked)) {
        trace_unload(&part->trace);
        return false;
    }
    wanted.first = kinds == 0 ? find_older(part) : 0;
    if (wanted.first > 0) {
        wanted.from_us = 0;
        trace_unload(&part->trace);
        return read_part(part, path, &wanted);
    }
    return true;
}

void part_unload(struct part *part)
{
    trace_unload(&part->trace);
}

// The state at the beginning of what is loaded.
static void begin_model(struct model *model, const struct trace_file *trace)
{
    int n = trace->header.n_servers;
    if (trace->keyframe != NULL && model_restore(model, trace->keyframe)) {
        if (model->n_servers == n)
            return;
        model_free(model);
    }
    model_init(model, n);
}

void part_model(struct model *model, const struct trace_file *trace, uint64_t n)
{
    begin_model(model, trace);
    for (size_t i = 0; i < trace->n_events; i++)
        if (n == 0 || trace->event[i].n <= n)
            model_step(model, &trace->event[i]);
}

void part_before(struct model *model, const struct trace_file *trace, size_t at)
{
    begin_model(model, trace);
    for (size_t i = 0; i < at && i < trace->n_events; i++)
        model_step(model, &trace->event[i]);
}

bool part_over(bool down[TRACE_MAX_SERVERS], const struct trace_event *event)
{
    if (event->node < 0 || event->node >= TRACE_MAX_SERVERS)
        return false;
    if (event->kind == TRACE_CRASH || event->kind == TRACE_RESTART)
        down[event->node] = event->kind == TRACE_CRASH;
    return event->kind == TRACE_KILL && !down[event->node];
}

bool viz_act(const struct trace_file *trace, int k, struct viz_window *window,
             const char **text)
{
    bool found = false, down[TRACE_MAX_SERVERS] = {false};
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        bool over = part_over(down, event);
        if (event->kind != TRACE_ACT && !(found && over))
            continue;
        if (found) {
            window->last = event->n - 1;
            return true;
        }
        if (--k == 0) {
            found = true;
            window->first = event->n;
            window->last = 0;
            *text = event->text != NULL ? event->text : "";
        }
    }
    return found;
}
