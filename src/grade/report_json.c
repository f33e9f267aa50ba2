// report_json.c -- see report.h: Gradescope's results.json, and our own.
#include "report.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/version.h"
#include "base/text.h"
#include "check/findings.h"

static void print(cJSON *whole, FILE *out)
{
    char *text = cJSON_Print(whole);
    fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(whole);
}

static void add_text(cJSON *object, const char *name, char *text)
{
    cJSON_AddStringToObject(object, name, text);
    free(text);
}

static cJSON *gradescope_test(const struct grade *grade, int task)
{
    const struct rubric_task *asked = &grade->rubric->task[task];
    int points = grade_task_points(grade, task), number = 1;
    for (int i = 0; i < task; i++)
        number += grade->rubric->task[i].part == asked->part;
    char text[200];
    cJSON *test = cJSON_CreateObject();
    snprintf(text, sizeof text, "%s: %s", grade->rubric->part[asked->part],
             asked->scenario->name);
    cJSON_AddStringToObject(test, "name", text);
    snprintf(text, sizeof text, "%d.%d", asked->part + 1, number);
    cJSON_AddStringToObject(test, "number", text);
    cJSON_AddNumberToObject(test, "score", points);
    cJSON_AddNumberToObject(test, "max_score", asked->points);
    bool good =
        points == asked->points && grade->task[task].state == GRADE_PASSED;
    cJSON_AddStringToObject(test, "status", good ? "passed" : "failed");
    char *why = report_why(grade, task);
    grade_state_text(grade, task, text, sizeof text);
    cJSON_AddStringToObject(test, "output", why[0] != '\0' ? why : text);
    free(why);
    cJSON_AddStringToObject(test, "output_format", "text");
    cJSON *tags = cJSON_AddArrayToObject(test, "tags");
    snprintf(text, sizeof text, "lab%u", grade->rubric->lab);
    cJSON_AddItemToArray(tags, cJSON_CreateString(text));
    cJSON_AddItemToArray(tags,
                         cJSON_CreateString(grade->rubric->part[asked->part]));
    cJSON_AddStringToObject(test, "visibility", "visible");
    return test;
}

// What a rubric asks of coverage, behind all parts.
static cJSON *gradescope_coverage(const struct grade *grade)
{
    char number[16];
    int points = grade_coverage_points(grade);
    int most = grade->rubric->lines_points;
    cJSON *test = cJSON_CreateObject();
    cJSON_AddStringToObject(test, "name", "coverage: lines");
    snprintf(number, sizeof number, "%d", grade->rubric->n_parts + 1);
    cJSON_AddStringToObject(test, "number", number);
    cJSON_AddNumberToObject(test, "score", points);
    cJSON_AddNumberToObject(test, "max_score", most);
    cJSON_AddStringToObject(test, "status",
                            points == most ? "passed" : "failed");
    cJSON_AddStringToObject(test, "output",
                            grade->coverage != NULL ? grade->coverage
                                                    : "not counted");
    cJSON_AddStringToObject(test, "output_format", "text");
    cJSON_AddStringToObject(test, "visibility", "visible");
    return test;
}

void report_gradescope(const struct grade *grade, FILE *out)
{
    cJSON *whole = cJSON_CreateObject();
    cJSON_AddNumberToObject(whole, "score", grade_points(grade));
    add_text(whole, "output", report_remarks(grade));
    cJSON_AddStringToObject(whole, "output_format", "text");
    cJSON_AddStringToObject(whole, "visibility", "visible");
    cJSON_AddStringToObject(whole, "stdout_visibility", "hidden");
    cJSON *tests = cJSON_AddArrayToObject(whole, "tests");
    for (int i = 0; i < grade->rubric->n_tasks; i++)
        cJSON_AddItemToArray(tests, gradescope_test(grade, i));
    if (grade->rubric->lines > 0)
        cJSON_AddItemToArray(tests, gradescope_coverage(grade));
    print(whole, out);
}

static void add_share(cJSON *object, const char *name, struct cover_share share)
{
    cJSON *item = cJSON_AddObjectToObject(object, name);
    cJSON_AddNumberToObject(item, "all", (double)share.n);
    cJSON_AddNumberToObject(item, "reached", (double)share.n_reached);
}

static void add_finding(cJSON *object, const struct grade *grade, int task)
{
    static const char *const kinds[] = {"own", "safety", "foul"};
    const struct grade_finding *finding = &grade->task[task].first;
    char text[300];
    cJSON *item = cJSON_AddObjectToObject(object, "finding");
    cJSON_AddStringToObject(item, "kind", kinds[finding->kind]);
    cJSON_AddStringToObject(item, "property", finding->property);
    cJSON_AddStringToObject(item, "headline",
                            finding_headline(finding->property));
    cJSON_AddStringToObject(item, "rule", finding->tag);
    cJSON_AddStringToObject(item, "text", finding->text);
    grade_replay(grade, task, text, sizeof text);
    if (text[0] != '\0')
        cJSON_AddStringToObject(item, "replay", text);
    if (finding->secret && !grade->reveal)
        snprintf(text, sizeof text, "secret");
    else
        snprintf(text, sizeof text, "0x%" PRIx64, finding->seed);
    cJSON_AddStringToObject(item, "seed", text);
    if (finding->printed != NULL)
        cJSON_AddStringToObject(item, "printed", finding->printed);
}

static cJSON *json_task(const struct grade *grade, int i)
{
    static const char *const states[] = {"not run", "passed", "failed"};
    const struct grade_task *task = &grade->task[i];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name",
                            grade->rubric->task[i].scenario->name);
    cJSON_AddNumberToObject(object, "points", grade_task_points(grade, i));
    cJSON_AddNumberToObject(object, "max_points",
                            grade->rubric->task[i].points);
    cJSON_AddStringToObject(object, "status", states[task->state]);
    cJSON_AddNumberToObject(object, "seeds", (double)task->n_seeds);
    cJSON_AddNumberToObject(object, "run", (double)task->n_run);
    cJSON_AddNumberToObject(object, "failed", (double)task->n_failed);
    cJSON_AddNumberToObject(object, "not_set_up", (double)task->n_not_set_up);
    if (task->state == GRADE_FAILED)
        add_finding(object, grade, i);
    return object;
}

static cJSON *json_part(const struct grade *grade, int part)
{
    int cause = grade_zeroed_by(grade, part);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", grade->rubric->part[part]);
    cJSON_AddNumberToObject(object, "points", grade_part_points(grade, part));
    cJSON_AddNumberToObject(object, "max_points",
                            rubric_part_points(grade->rubric, part));
    if (cause >= 0)
        cJSON_AddStringToObject(object, "zeroed_by",
                                grade->rubric->task[cause].scenario->name);
    cJSON *tasks = cJSON_AddArrayToObject(object, "scenarios");
    for (int i = 0; i < grade->rubric->n_tasks; i++)
        if (grade->rubric->task[i].part == part)
            cJSON_AddItemToArray(tasks, json_task(grade, i));
    return object;
}

void report_json(const struct grade *grade, FILE *out)
{
    const struct submission *s = &grade->submission;
    char text[200];
    cJSON *whole = cJSON_CreateObject();
    cJSON_AddStringToObject(whole, "glassraft", GLASSRAFT_VERSION);
    cJSON_AddStringToObject(whole, "submission", s->name);
    grade_key(grade->plan, s->digest, text, sizeof text);
    cJSON_AddStringToObject(whole, "key", text);
    cJSON_AddBoolToObject(whole, "complete", grade->complete);
    if (grade->trouble != NULL)
        cJSON_AddStringToObject(whole, "infrastructure", grade->trouble);
    cJSON_AddBoolToObject(whole, "builds", grade->built && s->problem == NULL);
    cJSON_AddNumberToObject(whole, "lab", grade->rubric->lab);
    cJSON_AddStringToObject(whole, "title", grade->rubric->title);
    cJSON_AddNumberToObject(whole, "points", grade_points(grade));
    cJSON_AddNumberToObject(whole, "max_points", rubric_points(grade->rubric));
    add_text(whole, "remarks", report_remarks(grade));
    if (grade->coverage != NULL) {
        cJSON *reached = cJSON_AddObjectToObject(whole, "coverage");
        add_share(reached, "lines", grade->reached.lines);
        add_share(reached, "branches", grade->reached.branches);
        add_share(reached, "functions", grade->reached.functions);
    }
    if (grade->rubric->lines > 0) {
        cJSON *asked = cJSON_AddObjectToObject(whole, "coverage_asked");
        cJSON_AddNumberToObject(asked, "lines", grade->rubric->lines);
        cJSON_AddNumberToObject(asked, "points", grade_coverage_points(grade));
        cJSON_AddNumberToObject(asked, "max_points",
                                grade->rubric->lines_points);
    }
    cJSON *parts = cJSON_AddArrayToObject(whole, "parts");
    for (int part = 0; part < grade->rubric->n_parts; part++)
        cJSON_AddItemToArray(parts, json_part(grade, part));
    print(whole, out);
}
