// shorten.c -- see shorten.h.
#include "shorten.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/findings.h"
#include "stepper/convert.h"
#include "stepper/shrink.h"
#include "cli.h"
#include "leave_script.h"

enum { AUTOMATIC_S = 20 };

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

static void print_reason(const struct shrink_report *report)
{
    const struct lab_result *result = &report->result;
    printf("no script: the %zu actions of this run ", report->n_before);
    if (result->passed) {
        printf("alone break nothing; the finding also needs time, or another"
               " order of threads\n");
        return;
    }
    printf("break something else: ");
    print_finding(result->property, result->tag);
    fputc('\n', stdout);
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
    char *text = script_format(script);
    fputs(text, stdout);
    free(text);
}

int shorten_trace(const struct shorten *how, const struct trace_file *trace)
{
    struct script script;
    struct shrink_report report;
    char error[300], name[64];
    const struct trace_event *finding = find_finding(trace);
    if (finding == NULL)
        return EXIT_FINDING;
    struct shrink_plan plan = {.run = how->run,
                               .property = finding->what,
                               .tag = finding->tag != NULL ? finding->tag : "",
                               .most_s = how->most_s,
                               .stopped = how->stopped};
    report.breaks = false;
    for (int late = 0; late < 2 && !report.breaks; late++) {
        if (late > 0)
            script_free(&script);
        if (!convert(&how->run, trace, late > 0, &script, error)) {
            printf("no script: %s\n", error);
            return EXIT_FINDING;
        }
        shrink(&plan, &script, &report);
    }
    if (!report.breaks) {
        print_reason(&report);
        script_free(&script);
        return EXIT_FINDING;
    }
    print_script(&script, &report);
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
    how.run.cover = NULL;
    if (trace_load(&trace, result->trace))
        shorten_trace(&how, &trace);
    else
        fprintf(stderr, "glassraft: %s\n", trace.error);
    trace_unload(&trace);
}
