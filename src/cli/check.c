// check.c -- glassraft check: judges traces, event by event.
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check/check.h"
#include "cli.h"

static void print_json(const char *path, const struct check_finding *finding,
                       uint64_t n_events, const char *error)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "trace", path);
    cJSON_AddNumberToObject(line, "events", (double)n_events);
    cJSON_AddBoolToObject(line, "good", finding == NULL && error == NULL);
    if (error != NULL)
        cJSON_AddStringToObject(line, "error", error);
    if (finding != NULL) {
        cJSON_AddStringToObject(line, "property", finding->property);
        cJSON_AddStringToObject(line, "tag", finding->tag);
        cJSON_AddStringToObject(line, "text", finding->text);
        cJSON *events = cJSON_AddArrayToObject(line, "shown_by");
        for (size_t i = 0; i < finding->n_events; i++)
            cJSON_AddItemToArray(
                events, cJSON_CreateNumber((double)finding->events[i]));
    }
    char *text = cJSON_PrintUnformatted(line);
    printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(line);
}

static void print_text(const char *path, const struct check *check,
                       const struct check_finding *finding, uint64_t n_events)
{
    if (finding == NULL) {
        char coverage[1000];
        check_coverage(check, coverage, sizeof coverage);
        printf("%s: %" PRIu64 " events, nothing broken\n%s", path, n_events,
               coverage);
        return;
    }
    printf("%s: %s [%s]\n  %s\n  events ", path, finding->property,
           finding->tag, finding->text);
    for (size_t i = 0; i < finding->n_events; i++)
        printf("%s %" PRIu64, i > 0 ? "," : "", finding->events[i]);
    printf("\n");
}

static int check_file(const char *path, bool json)
{
    char error[300];
    struct trace_reader *reader = trace_open(path, error, sizeof error);
    if (reader == NULL) {
        fprintf(stderr, "glassraft: %s\n", error);
        if (json)
            print_json(path, NULL, 0, error);
        return EXIT_USAGE;
    }
    struct check *check = check_make(trace_reader_header(reader)->n_servers);
    struct trace_event event;
    enum trace_status status;
    uint64_t n_events = 0;
    trace_want(reader, ~(UINT64_C(1) << TRACE_STATE));
    while ((status = trace_read(reader, &event)) == TRACE_OK) {
        n_events++;
        if (event.kind != TRACE_UNKNOWN && event.kind != TRACE_STATE &&
            !check_step(check, &event))
            break;
    }
    const struct check_finding *finding = check_finding(check);
    const char *bad = status == TRACE_BAD ? trace_reader_error(reader) : NULL;
    if (bad != NULL)
        fprintf(stderr, "glassraft: %s\n", bad);
    if (json)
        print_json(path, finding, n_events, bad);
    else if (bad == NULL || finding != NULL)
        print_text(path, check, finding, n_events);
    int result = bad != NULL       ? EXIT_USAGE
                 : finding != NULL ? EXIT_FINDING
                                   : EXIT_GOOD;
    check_free(check);
    trace_close(reader);
    return result;
}

int cli_check(int argc, char **argv)
{
    bool json = false;
    int n_traces = 0, worst = EXIT_GOOD;
    struct options o = options_begin(argc, argv, "check");
    const char **traces = calloc((size_t)argc, sizeof *traces);
    if (traces == NULL)
        return EXIT_BUG;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf("usage: glassraft check TRACE ... [--json]\n\n"
                   "Judges traces by the five properties of Figure 3 and the"
                   " rules of Figure 2.\nExit code 0: good, 1: something is"
                   " broken, 2: a trace cannot be read.\n\n"
                   "example: glassraft check out/demo/trace.jsonl\n");
            free(traces);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--json"))
            json = true;
        else if (options_rest(&o))
            traces[n_traces++] = arg;
    }
    if (!o.failed && n_traces == 0)
        fprintf(stderr, "glassraft check: which trace?\n");
    if (o.failed || n_traces == 0) {
        free(traces);
        return EXIT_USAGE;
    }
    for (int i = 0; i < n_traces; i++) {
        int result = check_file(traces[i], json);
        worst = result > worst ? result : worst;
    }
    free(traces);
    return worst;
}
