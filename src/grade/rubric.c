// rubric.c -- see rubric.h.
#include "rubric.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "labs/suites/course.h"
#include "labs/suites/suites.h"
#include "base/die.h"
#include "trace/fields.h"
#include "wire/message.h"
#include "base/text.h"

static void add_part(struct rubric *rubric, const char *name)
{
    rubric->part = must_realloc(rubric->part, (size_t)(rubric->n_parts + 1) *
                                                  sizeof rubric->part[0]);
    snprintf(rubric->part[rubric->n_parts++], sizeof rubric->part[0], "%s",
             name);
}

static struct rubric_task *
add_task(struct rubric *rubric, const struct lab_scenario *scenario, int points)
{
    rubric->task = must_realloc(rubric->task, (size_t)(rubric->n_tasks + 1) *
                                                  sizeof rubric->task[0]);
    struct rubric_task *task = &rubric->task[rubric->n_tasks++];
    *task = (struct rubric_task){
        .scenario = scenario, .part = rubric->n_parts - 1, .points = points};
    return task;
}

bool rubric_default(struct rubric *rubric, unsigned lab, char error[300])
{
    *rubric =
        (struct rubric){.lab = lab, .first = RUBRIC_FIRST, .last = RUBRIC_LAST};
    const struct course_lab *found = course;
    while (found->name != NULL && found->number != lab)
        found++;
    if (found->name == NULL) {
        snprintf(error, 300, "there is no lab %u to grade", lab);
        return false;
    }
    snprintf(rubric->title, sizeof rubric->title, "%s", found->title);
    for (const struct course_part *part = found->parts; part->name != NULL;
         part++) {
        add_part(rubric, part->name);
        for (const struct course_task *task = part->tasks;
             task->scenario != NULL; task++) {
            const struct lab_scenario *scenario = suites_find(task->scenario);
            if (scenario == NULL)
                die("course.c: %s: no such scenario", task->scenario);
            add_task(rubric, scenario, task->points);
        }
    }
    return true;
}

// What is read, and where it failed.
struct reader {
    const char *path;
    char *error;
};

static bool wrong(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool wrong(struct reader *reader, const char *format, ...)
{
    va_list list;
    int n = snprintf(reader->error, 300, "%.120s: ", reader->path);
    va_start(list, format);
    vsnprintf(reader->error + n, 300 - (size_t)n, format, list);
    va_end(list);
    return false;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

// A misspelt name must not pass for one that was left out.
static bool only(struct reader *reader, const cJSON *object, const char *where,
                 const char *const *names)
{
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        int i = 0;
        while (names[i] != NULL && strcmp(names[i], item->string) != 0)
            i++;
        if (names[i] == NULL)
            return wrong(reader, "%s: \"%.40s\" is not known", where,
                         item->string);
    }
    return true;
}

static bool read_seeds(struct reader *reader, const cJSON *object,
                       const char *where, uint64_t *first, uint64_t *last)
{
    const cJSON *item = member(object, "seeds");
    if (item == NULL)
        return true;
    if (!cJSON_IsString(item) ||
        !text_pair(item->valuestring, "..", first, last) ||
        *last - *first >= RUBRIC_MOST_SEEDS)
        return wrong(reader,
                     "%s: \"seeds\": expected \"A..B\" with A <= B, at most"
                     " %d of them",
                     where, RUBRIC_MOST_SEEDS);
    return true;
}

static bool read_task(struct reader *reader, struct rubric *rubric,
                      const cJSON *object)
{
    static const char *const names[] = {"name", "points", "seeds", NULL};
    const cJSON *name = member(object, "name");
    const cJSON *points = member(object, "points");
    if (!cJSON_IsString(name))
        return wrong(reader, "%s: a scenario without \"name\"",
                     rubric->part[rubric->n_parts - 1]);
    const char *what = name->valuestring;
    const struct lab_scenario *scenario = suites_find(what);
    if (scenario == NULL)
        return wrong(reader,
                     "%.60s: no such scenario; `glassraft list` lists"
                     " them",
                     what);
    for (int i = 0; i < rubric->n_tasks; i++)
        if (rubric->task[i].scenario == scenario)
            return wrong(reader, "%s: is listed twice", what);
    if (!cJSON_IsNumber(points) || points->valuedouble < 0 ||
        points->valuedouble > 10000 ||
        points->valuedouble != (double)points->valueint)
        return wrong(reader,
                     "%s: \"points\": expected a whole number from 0"
                     " to 10000",
                     what);
    if (rubric->n_tasks == RUBRIC_MOST_TASKS)
        return wrong(reader, "more than %d scenarios", RUBRIC_MOST_TASKS);
    struct rubric_task *task = add_task(rubric, scenario, points->valueint);
    return only(reader, object, what, names) &&
           read_seeds(reader, object, what, &task->first, &task->last);
}

static bool read_part(struct reader *reader, struct rubric *rubric,
                      const cJSON *object)
{
    static const char *const names[] = {"name", "scenarios", NULL};
    const cJSON *name = member(object, "name");
    const cJSON *tasks = member(object, "scenarios");
    if (!cJSON_IsString(name) || name->valuestring[0] == '\0' ||
        strlen(name->valuestring) >= sizeof rubric->part[0])
        return wrong(reader, "a part without \"name\"");
    if (!cJSON_IsArray(tasks) || cJSON_GetArraySize(tasks) == 0)
        return wrong(reader, "%s: expected \"scenarios\": [...]",
                     name->valuestring);
    add_part(rubric, name->valuestring);
    bool good = only(reader, object, name->valuestring, names);
    const cJSON *task;
    cJSON_ArrayForEach(task, tasks) good =
        good && read_task(reader, rubric, task);
    return good;
}

static bool is_whole(const cJSON *item, int least, int most)
{
    return cJSON_IsNumber(item) && item->valuedouble >= least &&
           item->valuedouble <= most &&
           item->valuedouble == (double)item->valueint;
}

static bool read_coverage(struct reader *reader, struct rubric *rubric,
                          const cJSON *whole)
{
    static const char *const names[] = {"lines", "points", NULL};
    const cJSON *asked = member(whole, "coverage");
    if (asked == NULL)
        return true;
    const cJSON *lines = member(asked, "lines");
    const cJSON *points = member(asked, "points");
    if (!is_whole(lines, 1, 100) || !is_whole(points, 0, 10000))
        return wrong(reader, "\"coverage\": expected {\"lines\": 1 to 100,"
                             " \"points\": 0 to 10000}");
    rubric->lines = lines->valueint;
    rubric->lines_points = points->valueint;
    return only(reader, asked, "coverage", names);
}

static bool read_all(struct reader *reader, struct rubric *rubric,
                     const cJSON *whole, unsigned lab)
{
    static const char *const names[] = {"lab",      "title", "seeds",
                                        "coverage", "parts", NULL};
    const cJSON *number = member(whole, "lab");
    const cJSON *title = member(whole, "title");
    const cJSON *parts = member(whole, "parts");
    if (!cJSON_IsObject(whole))
        return wrong(reader, "no JSON object, see `glassraft grade"
                             " --print-rubric`");
    if (!cJSON_IsNumber(number) || number->valueint < 0 || number->valueint > 9)
        return wrong(reader, "\"lab\": expected the number of a lab");
    if (lab != RUBRIC_ANY_LAB && (unsigned)number->valueint != lab)
        return wrong(reader, "is for lab %d, not for lab %u", number->valueint,
                     lab);
    if (!cJSON_IsArray(parts) || cJSON_GetArraySize(parts) == 0)
        return wrong(reader, "expected \"parts\": [...]");
    rubric->lab = (unsigned)number->valueint;
    if (cJSON_IsString(title))
        snprintf(rubric->title, sizeof rubric->title, "%s", title->valuestring);
    bool good =
        only(reader, whole, "rubric", names) &&
        read_seeds(reader, whole, "rubric", &rubric->first, &rubric->last) &&
        read_coverage(reader, rubric, whole);
    const cJSON *part;
    cJSON_ArrayForEach(part, parts) good =
        good && read_part(reader, rubric, part);
    return good;
}

bool rubric_read(struct rubric *rubric, const char *path, unsigned lab,
                 char error[300])
{
    struct reader reader = {path, error};
    *rubric = (struct rubric){.first = RUBRIC_FIRST, .last = RUBRIC_LAST};
    size_t n = 0;
    char *text = text_read_file(path, 1 << 20, &n);
    if (text == NULL)
        return wrong(&reader, "%s", strerror(errno));
    const char *end = text;
    cJSON *whole = cJSON_ParseWithLengthOpts(text, n + 1, &end, true);
    size_t line = 1;
    for (const char *at = text; at < end; at++)
        line += *at == '\n';
    bool good = whole != NULL
                    ? read_all(&reader, rubric, whole, lab)
                    : wrong(&reader, "line %zu: this is not JSON", line);
    cJSON_Delete(whole);
    free(text);
    if (!good)
        rubric_free(rubric);
    return good;
}

void rubric_free(struct rubric *rubric)
{
    free(rubric->part);
    free(rubric->task);
    *rubric = (struct rubric){.lab = 0};
}

void rubric_print(const struct rubric *rubric, FILE *out)
{
    char name[2 * sizeof rubric->title];
    trace_quote(rubric->title, name, sizeof name);
    fprintf(out,
            "{\n  \"lab\": %u,\n  \"title\": %s,\n  \"seeds\": \"%" PRIu64
            "..%" PRIu64 "\",\n",
            rubric->lab, name, rubric->first, rubric->last);
    if (rubric->lines > 0)
        fprintf(out, "  \"coverage\": {\"lines\": %d, \"points\": %d},\n",
                rubric->lines, rubric->lines_points);
    fprintf(out, "  \"parts\": [");
    int part = -1;
    for (int i = 0; i < rubric->n_tasks; i++) {
        const struct rubric_task *task = &rubric->task[i];
        if (task->part != part) {
            trace_quote(rubric->part[task->part], name, sizeof name);
            fprintf(out, "%s\n    {\"name\": %s, \"scenarios\": [",
                    part >= 0 ? "\n    ]}," : "", name);
        }
        fprintf(out, "%s\n      {\"name\": \"%s\", \"points\": %d",
                task->part == part ? "," : "", task->scenario->name,
                task->points);
        if (task->last > 0)
            fprintf(out, ", \"seeds\": \"%" PRIu64 "..%" PRIu64 "\"",
                    task->first, task->last);
        fputc('}', out);
        part = task->part;
    }
    fprintf(out, "\n    ]}\n  ]\n}\n");
}

int rubric_part_points(const struct rubric *rubric, int part)
{
    int points = 0;
    for (int i = 0; i < rubric->n_tasks; i++)
        if (rubric->task[i].part == part)
            points += rubric->task[i].points;
    return points;
}

int rubric_points(const struct rubric *rubric)
{
    int points = rubric->lines_points;
    for (int i = 0; i < rubric->n_tasks; i++)
        points += rubric->task[i].points;
    return points;
}

uint64_t rubric_hash(const struct rubric *rubric)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    rubric_print(rubric, out);
    fclose(out);
    uint64_t hash = message_hash(14695981039346656037u, text, n);
    free(text);
    return hash;
}
