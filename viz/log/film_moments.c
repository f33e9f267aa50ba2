// film_moments.c -- which moments of a run are worth a table of its logs.
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/causes.h"
#include "viz/draw/viz.h"
#include "viz/draw/window.h"

static bool changes_a_log(const struct trace_event *event)
{
    return event->kind == TRACE_APPEND || event->kind == TRACE_TRUNCATE ||
           event->kind == TRACE_INSTALL;
}

// Does an era end where this begins: does somebody stand up against the
// leader, or is somebody lost?
static bool ends_an_era(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_ROLE:
        return event->to_role == TRACE_CANDIDATE;
    case TRACE_TIMEOUT:
    case TRACE_CRASH:
    case TRACE_DISCONNECT:
    case TRACE_PARTITION:
    case TRACE_ACT:
        return true;
    default:
        return false;
    }
}

// What an era has to show: entries that went, snapshots that came, a new
// leader; entries that were only added are the least.
static int worth_of(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_TRUNCATE:
        return 8;
    case TRACE_INSTALL:
        return 6;
    case TRACE_ROLE:
        return event->to_role == TRACE_LEADER ? 4 : 0;
    default:
        return 0;
    }
}

struct moment {
    uint64_t event;
    int worth;
};

struct moments {
    struct moment *all;
    size_t n, room;
};

static void keep(struct moments *moments, uint64_t event, int worth)
{
    moments->all = must_grow(moments->all, moments->n, &moments->room,
                             sizeof *moments->all);
    moments->all[moments->n++] = (struct moment){event, worth};
}

// The ends of all eras in which logs changed, up to the finding.
static void find_moments(struct moments *moments,
                         const struct trace_file *trace,
                         const struct viz_window *window)
{
    size_t begin =
        window->first > 0 ? causes_position(trace, window->first) : 0;
    bool changed = false, down[TRACE_MAX_SERVERS] = {false};
    uint64_t last = 0;
    int worth = 0;
    for (size_t i = begin; i < trace->n_events; i++) {
        const struct trace_event *e = &trace->event[i];
        bool over = (window->last > 0 && e->n > window->last) ||
                    e->kind == TRACE_VERDICT || part_over(down, e);
        if (over || (changed && ends_an_era(e))) {
            if (changed && last > 0)
                keep(moments, last, worth);
            changed = false;
            worth = 0;
        }
        if (over)
            break;
        changed = changed || changes_a_log(e) || e->kind == TRACE_FINDING;
        worth += worth_of(e);
        last = e->n;
        if (e->kind != TRACE_FINDING)
            continue;
        keep(moments, e->n, worth);
        return;
    }
    // A trace that was cut, or one in which no log changes.
    if (last > 0 && (changed || moments->n == 0))
        keep(moments, last, worth);
}

// Takes the moment with the least to show away, the earliest of equal ones.
// The last one stays: it is where all leads to.
static void drop_least(struct moments *moments)
{
    size_t least = 0;
    for (size_t i = 1; i + 1 < moments->n; i++)
        if (moments->all[i].worth < moments->all[least].worth)
            least = i;
    moments->n--;
    memmove(&moments->all[least], &moments->all[least + 1],
            (moments->n - least) * sizeof *moments->all);
}

size_t viz_film_moments(const struct trace_file *trace,
                        const struct viz_window *window, uint64_t *event,
                        size_t most)
{
    enum { LOOKED_AT = 2000 }; // of so many the last
    struct moments moments = {NULL, 0, 0};
    find_moments(&moments, trace, window);
    size_t n_all = moments.n;
    if (moments.n > LOOKED_AT) {
        memmove(moments.all, &moments.all[moments.n - LOOKED_AT],
                LOOKED_AT * sizeof *moments.all);
        moments.n = LOOKED_AT;
    }
    while (moments.n > most)
        drop_least(&moments);
    for (size_t i = 0; i < moments.n; i++)
        event[i] = moments.all[i].event;
    free(moments.all);
    return n_all;
}
