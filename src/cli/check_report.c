// check_report.c -- see check_report.h.
#include "check_report.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check/findings.h"
#include "labs/suites/suites.h"

enum { WIDTH = 80 };

// A list in lines of WIDTH, set in behind a title.
struct list {
    FILE *out;
    const char *title;
    int column; // 0 before the first item
};

static void put_item(struct list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put_item(struct list *list, const char *format, ...)
{
    char item[128];
    va_list args;
    va_start(args, format);
    vsnprintf(item, sizeof item, format, args);
    va_end(args);
    int length = (int)strlen(item);
    if (list->column == 0)
        list->column = fprintf(list->out, "  %-10s ", list->title);
    else if (list->column + 2 + length < WIDTH)
        list->column += fprintf(list->out, ", ");
    else
        list->column = fprintf(list->out, ",\n%13s", "") - 2;
    list->column += fprintf(list->out, "%s", item);
}

static bool is_judged(const struct check_area *area)
{
    return area->missing == NULL && area->because == NULL;
}

// The next area behind i, or from 0 on, that lacks the same; n_areas for none.
static size_t next_alike(const struct judgement *j, size_t i, size_t from)
{
    while (from < j->n_areas && (j->area[from].missing != j->area[i].missing ||
                                 j->area[from].because != j->area[i].because))
        from++;
    return from;
}

// What was judged; then, by the kind of events that is missing, what was not.
static void print_areas(FILE *out, const struct judgement *j)
{
    for (size_t i = 0; i < j->n_areas; i++) {
        const struct check_area *area = &j->area[i];
        if (next_alike(j, i, 0) < i)
            continue;
        struct list list = {out, is_judged(area) ? "judged" : "not judged", 0};
        for (size_t k = i, next; k < j->n_areas; k = next) {
            next = next_alike(j, i, k + 1);
            if (area->missing != NULL && next == j->n_areas)
                put_item(&list, "%s: no \"%s\" events", j->area[k].name,
                         area->missing);
            else if (area->because != NULL && next == j->n_areas)
                put_item(&list, "%s: %s", j->area[k].name, area->because);
            else
                put_item(&list, "%s", j->area[k].name);
        }
        fprintf(out, "\n");
    }
    if (j->n_unknown > 0)
        fprintf(out, "  unknown    %" PRIu64 " event%s of unknown kinds\n",
                j->n_unknown, j->n_unknown == 1 ? "" : "s");
    if (j->verdict[0] == '\0' && j->error[0] == '\0')
        fprintf(out, "  verdict    none: the run may have been cut off\n");
}

// The run that a trace is of. Where its scenario is none of ours, or it does
// not say which Raft ran, it has no body and cannot be replayed.
static void run_of(const struct judgement *j, struct lab_scenario *foreign,
                   struct lab_run *run)
{
    const struct lab_scenario *ours = suites_find(j->header->scenario);
    const char *raft = j->header->raft;
    *foreign = (struct lab_scenario){.name = j->header->scenario};
    *run = (struct lab_run){
        .scenario = ours != NULL && raft[0] ? ours : foreign,
        .seed = strtoull(j->header->seed, NULL, 0),
        .given = raft[0] && strcmp(raft, "reference") != 0 ? raft : NULL,
        .real = j->header->real};
}

static void print_finding(FILE *out, const struct judgement *j)
{
    const struct check_finding *finding = j->finding;
    struct lab_scenario foreign;
    struct lab_run run;
    struct lab_result result = {.n_shown = finding->n_events};
    run_of(j, &foreign, &run);
    snprintf(result.property, sizeof result.property, "%s", finding->property);
    snprintf(result.tag, sizeof result.tag, "%s", finding->tag);
    snprintf(result.text, sizeof result.text, "%s", finding->text);
    snprintf(result.trace, sizeof result.trace, "%s", j->path);
    result.left = j->left;
    for (size_t i = 0; i < finding->n_events; i++)
        result.events[i] = finding->events[i];
    lab_print_failure(out, &run, &result);
    if (run.scenario->run == NULL && suites_find(j->header->scenario) != NULL)
        fprintf(out, "  replay   unknown: the trace does not say which Raft"
                     " ran\n");
    for (size_t i = 0; i < finding->n_servers; i++)
        fprintf(out, "%s S%d", i > 0 ? "," : "  servers ",
                finding->servers[i] + 1);
    fputs(finding->n_servers > 0 ? "\n" : "", out);
    if (finding->n_events > 0 && j->path[0] != '(')
        fprintf(out, "  why      glassraft why %s %" PRIu64 "\n", j->path,
                finding->events[0]);
}

void judgement_print(FILE *out, const struct judgement *j)
{
    if (j->finding != NULL) {
        print_finding(out, j);
        return;
    }
    fprintf(out,
            "%s: %s (seed %s), %d server%s, %" PRIu64
            " events, nothing broken%s\n",
            j->path, j->header->scenario, j->header->seed, j->header->n_servers,
            j->header->n_servers == 1 ? "" : "s", j->n_events,
            j->error[0] != '\0' ? " so far" : "");
    print_areas(out, j);
}

static void add_areas(cJSON *line, const struct judgement *j)
{
    cJSON *judged = cJSON_AddArrayToObject(line, "judged");
    cJSON *lacking = cJSON_AddArrayToObject(line, "not_judged");
    for (size_t i = 0; i < j->n_areas; i++) {
        const struct check_area *area = &j->area[i];
        if (is_judged(area)) {
            cJSON_AddItemToArray(judged, cJSON_CreateString(area->name));
            continue;
        }
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "area", area->name);
        if (area->missing != NULL)
            cJSON_AddStringToObject(item, "missing", area->missing);
        else
            cJSON_AddStringToObject(item, "because", area->because);
        cJSON_AddItemToArray(lacking, item);
    }
}

static void add_finding(cJSON *line, const struct judgement *j)
{
    const struct check_finding *finding = j->finding;
    struct lab_scenario foreign;
    struct lab_run run;
    char replay[256];
    run_of(j, &foreign, &run);
    cJSON *item = cJSON_AddObjectToObject(line, "finding");
    cJSON_AddStringToObject(item, "property", finding->property);
    cJSON_AddStringToObject(item, "headline",
                            finding_headline(finding->property));
    cJSON_AddStringToObject(item, "tag", finding->tag);
    cJSON_AddStringToObject(item, "text", finding->text);
    double number[sizeof finding->events / sizeof finding->events[0]];
    for (size_t i = 0; i < finding->n_events; i++)
        number[i] = (double)finding->events[i];
    cJSON_AddItemToObject(
        item, "events",
        cJSON_CreateDoubleArray(number, (int)finding->n_events));
    cJSON_AddItemToObject(
        item, "servers",
        cJSON_CreateIntArray(finding->servers, (int)finding->n_servers));
    if (lab_replay(&run, replay, sizeof replay) > 0)
        cJSON_AddStringToObject(item, "replay", replay);
    lab_add_left(item, &j->left);
}

void judgement_print_json(FILE *out, const struct judgement *j)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "trace", j->path);
    if (j->header != NULL) {
        cJSON_AddStringToObject(line, "scenario", j->header->scenario);
        cJSON_AddStringToObject(line, "seed", j->header->seed);
        cJSON_AddStringToObject(line, "mode", j->header->real ? "real" : "sim");
        cJSON_AddNumberToObject(line, "servers", j->header->n_servers);
        cJSON_AddNumberToObject(line, "events", (double)j->n_events);
        cJSON_AddNumberToObject(line, "unknown", (double)j->n_unknown);
        cJSON_AddNumberToObject(line, "us", (double)j->us);
        if (j->verdict[0] != '\0')
            cJSON_AddStringToObject(line, "verdict", j->verdict);
        else
            cJSON_AddNullToObject(line, "verdict");
        add_areas(line, j);
    }
    cJSON_AddBoolToObject(line, "good",
                          j->finding == NULL && j->error[0] == '\0');
    if (j->finding != NULL)
        add_finding(line, j);
    if (j->error[0] != '\0')
        cJSON_AddStringToObject(line, "error", j->error);
    char *text = cJSON_PrintUnformatted(line);
    fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(line);
}
