// check.c -- glassraft check: judges traces, event by event.
//
// A trace is read once and forgotten as it goes by; what stays in memory grows
// with the cluster and its log.
#include "../check/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lab/runner.h"
#include "check_history.h"
#include "choose.h"
#include "cli.h"
#include "judgement.h"
#include "leave.h"

enum { PROGRESS_EVERY = 1 << 16 };

static void show_progress(uint64_t n_events, time_t began, const char *path)
{
    if (n_events % PROGRESS_EVERY == 0 && time(NULL) > began + 1 &&
        isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s: %" PRIu64 " events\033[K", path, n_events);
}

static void end_progress(uint64_t n_events, time_t began)
{
    if (n_events >= PROGRESS_EVERY && time(NULL) > began + 1 &&
        isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

// A finding that the run itself has written down.
static void note_finding(struct judgement *j, const struct trace_event *event)
{
    struct check_finding *found = &j->recorded;
    snprintf(j->property, sizeof j->property, "%s", event->what);
    snprintf(j->tag, sizeof j->tag, "%s", event->tag != NULL ? event->tag : "");
    snprintf(found->text, sizeof found->text, "%s", event->text);
    found->property = j->property;
    found->tag = j->tag;
    found->n_events = found->n_servers = 0;
    size_t most = sizeof found->events / sizeof found->events[0];
    for (size_t i = 0; i < event->n_shown && i < most; i++)
        found->events[found->n_events++] = event->events[i];
    if (event->node >= 0)
        found->servers[found->n_servers++] = event->node;
    j->finding = found;
}

static void note(struct judgement *j, const struct trace_event *event)
{
    j->us = event->us;
    j->n_unknown += event->kind == TRACE_UNKNOWN;
    if (event->kind == TRACE_FINDING && j->finding == NULL)
        note_finding(j, event);
    if (event->kind == TRACE_VERDICT)
        snprintf(j->verdict, sizeof j->verdict, "%s", event->what);
    else
        j->n_events++;
}

static void judge(struct judgement *j, struct trace_reader *reader,
                  struct check *check)
{
    struct trace_event event;
    enum trace_status status;
    time_t began = time(NULL);
    trace_want(reader, ~(UINT64_C(1) << TRACE_STATE));
    while ((status = trace_read(reader, &event)) == TRACE_OK) {
        note(j, &event);
        show_progress(j->n_events, began, j->path);
        if (event.kind != TRACE_UNKNOWN && !check_step(check, &event))
            break;
    }
    end_progress(j->n_events, began);
    if (check_finding(check) != NULL)
        j->finding = check_finding(check);
    if (status == TRACE_BAD)
        snprintf(j->error, sizeof j->error, "%s", trace_reader_error(reader));
    j->n_areas = check_areas(check, j->area, JUDGEMENT_AREAS);
}

// explain: a folder for story and pictures of a finding, or NULL.
static int check_file(const char *path, bool json, const char *explain)
{
    static struct judgement j;
    j = (struct judgement){.path = strcmp(path, "-") == 0 ? "(standard input)"
                                                          : path};
    struct trace_reader *reader = trace_open(path, j.error, sizeof j.error);
    struct check *check = NULL;
    if (reader != NULL) {
        j.header = trace_reader_header(reader);
        check = check_make(j.header->n_servers);
        if (j.header->real)
            check_untimed(check);
        judge(&j, reader, check);
    }
    if (j.error[0] != '\0')
        fprintf(stderr, "glassraft: %s%s\n", j.error,
                j.n_events > 0 ? "; the events before it are judged" : "");
    bool left = explain == NULL || j.finding == NULL ||
                leave_finding(path, j.finding, explain, &j.left);
    if (json)
        judgement_print_json(stdout, &j);
    else if (j.header != NULL)
        judgement_print(stdout, &j);
    check_free(check);
    trace_close(reader);
    return j.error[0] != '\0' || !left ? EXIT_USAGE
           : j.finding != NULL         ? EXIT_FINDING
                                       : EXIT_GOOD;
}

static void print_help(void)
{
    printf("usage: glassraft check TRACE ... [--json] [--explain FOLDER]\n\n"
           "Judges traces by the five properties of Figure 3 and the rules of"
           " Figure 2, each\nup to the first event that breaks one; - is"
           " standard input. What a trace lacks\nthe events for is not judged,"
           " and named.\n\n"
           "--json prints one object a trace: trace, scenario, seed, mode,"
           " servers, events,\nunknown (events of kinds that we do not know),"
           " us, verdict (the run's own: pass,\nfail or null), good, judged"
           " (names), not_judged ({area, missing}), and, where\nthey apply,"
           " finding ({property, tag, text, events, servers, replay}) and"
           " error.\nServers are numbered from 0 in it, as in traces.\n\n"
           "--explain leaves the story, the pictures and the page of a finding"
           " in FOLDER, as\na failing run does.\n\n"
           "Exit code 0: nothing broken, 1: something is, 2: a trace cannot be"
           " read (to its\nend). Of several traces the worst counts.\n\n"
           "--history: the files are histories of what clients asked and were"
           " answered, one\nevent a line, and are judged for linearizability: "
           "could"
           " the answers have come\nfrom one machine? Two forms are read:\n"
           "  {:process 3, :type :invoke, :f :append, :key \"k\", :value"
           " \"x\"}\n"
           "  INFO  jepsen.util - 3  :invoke  :write  4\n"
           "An illegal history is told in a sentence, with the operations that"
           " show it.\n\n"
           "example: glassraft check out/demo/trace.jsonl\n"
           "         glassraft check --history clients.txt\n");
}

int cli_check(int argc, char **argv)
{
    bool json = false, history = false;
    const char *explain = NULL;
    int n_traces = 0, worst = EXIT_GOOD;
    struct options o = options_begin(argc, argv, "check");
    const char **traces = calloc((size_t)argc, sizeof *traces);
    if (traces == NULL)
        return EXIT_BUG;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            print_help();
            free(traces);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--json"))
            json = true;
        else if (options_is(&o, "--history"))
            history = true;
        else if (options_is(&o, "--explain"))
            explain = options_value(&o);
        else if (options_rest(&o))
            traces[n_traces++] = arg;
    }
    bool several = explain != NULL &&
                   (n_traces > 1 || (n_traces == 1 && traces[0][0] == '-'));
    if (!o.failed && n_traces == 0)
        fprintf(stderr, "glassraft check: which trace?\n");
    else if (!o.failed && several)
        fprintf(stderr, "glassraft check: --explain wants one file\n");
    if (o.failed || n_traces == 0 || several) {
        free(traces);
        return EXIT_USAGE;
    }
    for (int i = 0; i < n_traces; i++) {
        int result = history ? check_history(traces[i], json)
                             : check_file(traces[i], json, explain);
        worst = result > worst ? result : worst;
    }
    free(traces);
    return worst;
}
