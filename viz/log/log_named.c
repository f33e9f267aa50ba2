// log_named.c -- see log.h: what of the logs a finding is about.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/findings.h"
#include "viz/draw/causes.h"
#include "log.h"

// The number behind "entry " in a finding's first line; 0 when it names none,
// or several.
static uint64_t told_index(const char *text)
{
    static const char word[] = "entry ";
    uint64_t index = 0;
    const char *end = text + strcspn(text, "\n");
    for (const char *at = strstr(text, word); at != NULL && at < end;
         at = strstr(at + 1, word)) {
        uint64_t n = strtoull(at + sizeof word - 1, NULL, 10);
        if (index > 0 && n > 0 && n != index)
            return 0;
        index = n > 0 ? n : index;
    }
    return index;
}

static bool holds(uint64_t from, uint64_t to, uint64_t index)
{
    return from <= index && index <= to;
}

// The entry that an event is about: its own, or, of several, the one that the
// finding tells of.
static uint64_t index_of(const struct trace_event *e, uint64_t told)
{
    switch (e->kind) {
    case TRACE_APPLY:
        return e->index;
    case TRACE_COMMIT:
        return e->to == e->from + 1                          ? e->to
               : told > 0 && holds(e->from + 1, e->to, told) ? told
                                                             : 0;
    case TRACE_APPEND:
        return e->n_entries == 1 ? e->index
               : e->n_entries > 1 &&
                       holds(e->index, e->index + e->n_entries - 1, told)
                   ? told
                   : 0;
    default:
        return 0;
    }
}

static const struct trace_event *first_finding(const struct trace_file *trace)
{
    for (size_t i = 0; i < trace->n_events; i++)
        if (trace->event[i].kind == TRACE_FINDING)
            return &trace->event[i];
    return NULL;
}

void log_named(struct log_named *named, const struct trace_file *trace,
               const struct model *model)
{
    const struct trace_event *finding = first_finding(trace);
    *named = (struct log_named){.finding = NULL};
    if (finding == NULL || model->n > finding->n)
        return;
    // From the first event that shows it on, or from the finding itself.
    if (model->n < (finding->n_shown > 0 ? finding->events[0] : finding->n))
        return;
    uint64_t told = finding->text != NULL ? told_index(finding->text) : 0;
    named->finding = finding;
    for (size_t i = 0; i < finding->n_shown && named->n < LOG_NAMED; i++) {
        size_t at = causes_position(trace, finding->events[i]);
        if (at >= trace->n_events || trace->event[at].n != finding->events[i] ||
            trace->event[at].n > model->n || trace->event[at].node < 0)
            continue;
        named->of[named->n].server = trace->event[at].node;
        named->of[named->n++].index = index_of(&trace->event[at], told);
    }
}

bool log_names(const struct log_named *named, int server, uint64_t index)
{
    for (size_t i = 0; i < named->n; i++)
        if (named->of[i].server == server &&
            (index == 0 || named->of[i].index == index))
            return true;
    return false;
}

void log_say_finding(const struct log_named *named, char *out, size_t n)
{
    const struct trace_event *f = named->finding;
    const char *text = f->text != NULL ? f->text : "";
    bool tagged = f->tag != NULL && f->tag[0] != '\0';
    snprintf(out, n, "%s%s%s%s: %.*s", finding_headline(f->what),
             tagged ? " [" : "", tagged ? f->tag : "", tagged ? "]" : "",
             (int)strcspn(text, "\n"), text);
}
