// shrink.c -- see shrink.h.
#include "shrink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/die.h"
#include "trial.h"

// Of fewer, what a finding says of a majority is hardly true any more: no entry
// of a cluster of one is ever overwritten.
enum { LEAST_SERVERS = 3 };

struct work {
    const struct shrink_plan *plan;
    struct shrink_report *report;
    struct trial now; // breaks it
    struct timespec begin;
    bool over;
};

static double since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) +
           (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static bool is_over(struct work *work)
{
    const struct shrink_plan *plan = work->plan;
    if ((plan->stopped != NULL && plan->stopped(plan->context)) ||
        (plan->most_runs > 0 && work->report->n_runs >= plan->most_runs) ||
        (plan->most_s > 0 && since(&work->begin) >= plan->most_s))
        work->over = true;
    return work->over;
}

// Tries this one. If it breaks the same, what was done of it is what we have
// now. Frees its items.
static bool take(struct work *work, struct trial *other)
{
    const struct shrink_plan *plan = work->plan;
    struct lab_result *result = &work->report->result;
    struct lab_result last;
    struct trial done = {0};
    if (is_over(work)) {
        free(other->item);
        return false;
    }
    trial_run(&plan->run, other, &done, &last);
    if (work->report->n_runs++ == 0)
        *result = last;
    free(other->item);
    bool breaks = !last.passed && strcmp(last.property, plan->property) == 0 &&
                  strcmp(last.tag, plan->tag) == 0;
    struct trial *gone = breaks ? &work->now : &done;
    free(gone->item);
    if (breaks)
        work->now = done;
    return breaks;
}

static struct trial room_for(const struct work *work, int n_servers)
{
    struct trial other = work->now;
    other.n_servers = n_servers;
    other.n = 0;
    other.item = must_calloc(work->now.n + 1, sizeof *other.item);
    return other;
}

static bool take_out(struct work *work, size_t from, size_t n)
{
    struct trial other = room_for(work, work->now.n_servers);
    for (size_t i = 0; i < work->now.n; i++)
        if (i < from || i >= from + n)
            other.item[other.n++] = work->now.item[i];
    return take(work, &other);
}

// All stretches of so many, from the end on; true when one went. What depends
// on it went with it.
static bool take_out_each(struct work *work, size_t n)
{
    bool any = false;
    for (size_t end = work->now.n; end > 0 && !work->over;) {
        size_t from = end > n ? end - n : 0;
        any |= take_out(work, from, end - from);
        end = from < work->now.n ? from : work->now.n;
    }
    return any;
}

static bool names(const struct step_action *a, int server)
{
    bool pair = a->kind == STEP_DELIVER || a->kind == STEP_LOSE ||
                a->kind == STEP_DOUBLE || a->kind == STEP_HOLD ||
                a->kind == STEP_CUT;
    return a->server == server || (pair && a->peer == server);
}

// Without a server and all that names it; those behind it move up.
static bool take_server(struct work *work, int server)
{
    struct trial other = room_for(work, work->now.n_servers - 1);
    for (size_t i = 0; i < work->now.n; i++) {
        struct trial_item item = work->now.item[i];
        if (names(&item.action, server))
            continue;
        item.action.server -= item.action.server > server;
        item.action.peer -= item.action.peer > server;
        other.item[other.n++] = item;
    }
    return take(work, &other);
}

// Commands as short as they get: x=1, x=2 ...
static void plain_commands(struct work *work)
{
    struct trial other = room_for(work, work->now.n_servers);
    int n = 0;
    for (size_t i = 0; i < work->now.n; i++) {
        struct step_action *action = &other.item[other.n].action;
        other.item[other.n++] = work->now.item[i];
        if (action->kind == STEP_COMMAND)
            snprintf(action->text, sizeof action->text, "x=%d", ++n);
    }
    take(work, &other);
}

static void make_short(struct work *work)
{
    for (bool again = true; again && !work->over;) {
        again = false;
        for (size_t n = work->now.n / 2; n > 1 && !work->over; n /= 2)
            take_out_each(work, n);
        while (!work->over && take_out_each(work, 1))
            continue;
        // Fewer servers need fewer votes: what is left may be short again.
        for (int s = work->now.n_servers - 1;
             s >= 0 && work->now.n_servers > LEAST_SERVERS; s--)
            again |= take_server(work, s);
    }
    plain_commands(work);
}

void shrink(const struct shrink_plan *plan, struct script *script,
            struct shrink_report *report)
{
    struct work work = {.plan = plan, .report = report};
    struct trial first = trial_of(script);
    *report = (struct shrink_report){.n_before = script->n,
                                     .servers_before = script->n_servers};
    clock_gettime(CLOCK_MONOTONIC, &work.begin);
    report->breaks = take(&work, &first);
    if (report->breaks) {
        make_short(&work);
        script_free(script);
        *script = trial_script(&work.now);
    }
    free(work.now.item);
    report->ended = !work.over;
    report->n_after = script->n;
    report->servers_after = script->n_servers;
    report->seconds = since(&work.begin);
}
