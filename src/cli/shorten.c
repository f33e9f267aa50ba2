// shorten.c -- see shorten.h.
#include "shorten.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/findings.h"
#include "stepper/convert.h"
#include "stepper/explore.h"
#include "stepper/shrink.h"
#include "cli.h"
#include "leave_script.h"

enum {
    AUTOMATIC_S = 20,
    SHORT = 16, // actions; of more, another list is looked for
    MANY = 150, // and first of all
    MOST_STATES = 500,
    MOST_WALKS = 3000,
    STALLED_WALKS = 12000, // where the order of threads is one of the choices
};

static void print_finding(const char *property, const char *tag)
{
    printf("%s", finding_headline(property));
    if (tag != NULL && tag[0] != '\0')
        printf(" [%s]", tag);
}

// What the trace was found to break; NULL: nothing that a script can show.
static const struct trace_event *find_finding(const struct trace_file *trace)
{
    const struct trace_event *found = NULL;
    for (size_t i = 0; i < trace->n_events && found == NULL; i++)
        if (trace->event[i].kind == TRACE_FINDING)
            found = &trace->event[i];
    if (found == NULL) {
        printf("no script: this trace has no finding\n");
        return NULL;
    }
    if (finding_cost(found->what, found->tag) == FINDING_IS_SAFETY)
        return found;
    printf("no script: ");
    print_finding(found->what, found->tag);
    printf(" is no broken rule of safety, and no time passes in a script\n");
    return NULL;
}

// n_lists: that exploring has drawn.
static void print_reason(const struct shrink_report *report, uint64_t n_lists)
{
    const struct lab_result *result = &report->result;
    printf("no script: the %zu actions of this run ", report->n_before);
    if (result->passed) {
        printf("alone break nothing, nor do %" PRIu64 " lists drawn at random:"
               " the finding also needs time, another order of threads, or a"
               " message that no server sent\n",
               n_lists);
        return;
    }
    printf("break something else: ");
    print_finding(result->property, result->tag);
    fputc('\n', stdout);
}

static void print_text(const struct script *script)
{
    char *text = script_format(script);
    fputs(text, stdout);
    free(text);
}

static void print_script(const struct script *script,
                         const struct shrink_report *report)
{
    printf("%zu actions of %d server%s became %zu of %d, in %" PRIu64
           " runs and %.1f s%s\n",
           report->n_before, report->servers_before,
           report->servers_before == 1 ? "" : "s", report->n_after,
           report->servers_after, report->n_runs, report->seconds,
           report->ended ? "" : "; the time was up, it may get shorter");
    print_text(script);
}

// ------------------------------------------------- another list, by exploring

// What is looked for: the same finding, in a cluster of three.
struct search {
    const struct shorten *how;
    const struct shrink_plan *plan;
    unsigned snapshots;
    bool stalls;
    bool tried;       // without a thread that stalls
    uint64_t n_lists; // drawn so far
    size_t entries;
    size_t n_before; // actions of the run
    int servers_before;
};

static bool look_for(struct search *search, size_t entries, unsigned preempts,
                     struct explore_report *report)
{
    struct explore_plan plan = {.bound = {.n_servers = 3,
                                          .terms = 3,
                                          .log = 3,
                                          .entries = entries,
                                          .commands = 3,
                                          .heartbeats = 3,
                                          .crashes = 1,
                                          .losses = 1,
                                          .snapshots = search->snapshots,
                                          .preempts = preempts},
                                .interchangeable = true,
                                .n_workers = 1,
                                .most_states = MOST_STATES,
                                .most_walks =
                                    preempts > 0 ? STALLED_WALKS : MOST_WALKS,
                                .memory = 64 << 20,
                                .property = search->plan->property,
                                .tag = search->plan->tag,
                                .run = search->how->run,
                                .stopped = search->how->stopped};
    explore(&plan, report);
    search->n_lists += report->n_walks;
    return report->end == EXPLORE_FOUND;
}

// Of a run whose actions are so many: another list with the same finding, or
// false.
static bool find_other(struct search *search, const char *actions, size_t most,
                       struct script *script)
{
    struct explore_report report;
    bool found =
        !search->tried && look_for(search, search->entries, 0, &report);
    // What shows where a log comes in pieces takes a long log otherwise.
    if (!found && !search->tried && search->entries != 1)
        found = look_for(search, 1, 0, &report);
    if (!found && search->stalls)
        found = look_for(search, search->entries, 1, &report);
    search->tried = true;
    if (!found)
        return false;
    if (report.script.n >= most) {
        script_free(&report.script);
        return false;
    }
    printf("%zu actions of %d servers %s; exploring found %zu of %d that break"
           " the same rule, in %.1f s\n",
           search->n_before, search->servers_before, actions, report.script.n,
           report.script.n_servers, report.seconds);
    script_free(script);
    *script = report.script;
    print_text(script);
    return true;
}

// The script of a run, made short: from its own actions, or, when these are
// many or break nothing, from all that there are. False with one line: none.
static bool make_short(struct search *search, const struct trace_file *trace,
                       struct script *script)
{
    struct shrink_report report = {.breaks = false};
    char error[300];
    for (int late = 0; late < 2 && !report.breaks; late++) {
        if (late > 0)
            script_free(script);
        if (!convert(&search->how->run, trace, late > 0, script, error)) {
            printf("no script: %s\n", error);
            return false;
        }
        search->n_before = script->n;
        search->servers_before = script->n_servers;
        if (script->n > MANY && !search->tried &&
            find_other(search, "are many", script->n, script))
            return true;
        shrink(search->plan, script, &report);
    }
    search->stalls = !report.breaks;
    if (report.breaks
            ? script->n > SHORT && !search->tried &&
                  find_other(search, "break it", script->n, script)
            : find_other(search, "alone break nothing", SIZE_MAX, script))
        return true;
    if (report.breaks)
        print_script(script, &report);
    else
        print_reason(&report, search->n_lists);
    return report.breaks;
}

// One or two: what a second one does to a first needs no third.
static unsigned count_snapshots(const struct trace_file *trace)
{
    unsigned n = 0;
    for (size_t i = 0; i < trace->n_events && n < 2; i++)
        n += trace->event[i].kind == TRACE_COMPACT;
    return n;
}

int shorten_trace(const struct shorten *how, const struct trace_file *trace)
{
    struct script script = {0};
    char name[64];
    const struct trace_event *finding = find_finding(trace);
    if (finding == NULL)
        return EXIT_FINDING;
    struct shrink_plan plan = {.run = how->run,
                               .property = finding->what,
                               .tag = finding->tag != NULL ? finding->tag : "",
                               .most_s = how->most_s,
                               .stopped = how->stopped};
    struct search search = {.how = how, .plan = &plan};
    search.snapshots = count_snapshots(trace);
    if (how->run.scenario != NULL)
        search.entries = how->run.scenario->max_entries;
    if (!make_short(&search, trace, &script)) {
        script_free(&script);
        return EXIT_FINDING;
    }
    snprintf(name, sizeof name, "shrunk-%.40s", trace->header.scenario);
    bool left = leave_script(&how->run, &script, name, how->out);
    script_free(&script);
    return left ? EXIT_FINDING : EXIT_USAGE;
}

bool shorten_asked(bool *automatic)
{
    const char *text = getenv("GLASSRAFT_SHRINK");
    *automatic = text != NULL && strcmp(text, "auto") == 0;
    if (text == NULL || text[0] == '\0' || *automatic)
        return true;
    fprintf(stderr, "glassraft: GLASSRAFT_SHRINK=%s: expected auto\n", text);
    return false;
}

void shorten_run(const struct lab_run *run, const struct lab_result *result)
{
    struct trace_file trace;
    struct shorten how = {.run = *run, .out = run->out, .most_s = AUTOMATIC_S};
    if (result->trace[0] == '\0' || run->out == NULL ||
        run->scenario->rpcs != NULL || run->script != NULL)
        return;
    how.run.real = how.run.shown = false;
    how.run.crash_at = 0;
    how.run.schedule = SIM_ROTATE;
    how.run.sandbox = NULL;
    how.run.memory_bytes = LAB_MEMORY;
    how.run.cover = NULL;
    if (trace_load(&trace, result->trace))
        shorten_trace(&how, &trace);
    else
        fprintf(stderr, "glassraft: %s\n", trace.error);
    trace_unload(&trace);
}
