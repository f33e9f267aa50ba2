// summary.c -- see class.h: a class as one table.
#define _GNU_SOURCE
#include "class.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/text.h"
#include "check/findings.h"

enum { RESULT_BYTES = 16 << 20, WIDTH = 28 };

static bool is_result(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = member(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static int number_of(const cJSON *object, const char *name)
{
    const cJSON *item = member(object, name);
    return cJSON_IsNumber(item) ? item->valueint : 0;
}

// A result is called after its submission; other reports in JSON are not.
static bool is_named(const cJSON *whole, const char *file)
{
    char name[256], clean[256];
    snprintf(name, sizeof name, "%.*s", (int)strlen(file) - 5, file);
    text_clean(name, clean, sizeof clean);
    return strcmp(clean, text_of(whole, "submission")) == 0;
}

static cJSON *read_result(const char *folder, const char *name)
{
    char path[4400];
    size_t n = 0;
    snprintf(path, sizeof path, "%.4000s/%s", folder, name);
    char *text = text_read_file(path, RESULT_BYTES, &n);
    cJSON *whole = text != NULL ? cJSON_Parse(text) : NULL;
    free(text);
    if (cJSON_IsArray(member(whole, "parts")) &&
        cJSON_IsString(member(whole, "key")) && is_named(whole, name))
        return whole;
    size_t length = strlen(name);
    bool other =
        (length > 16 && strcmp(name + length - 16, ".gradescope.json") == 0) ||
        (length > 10 && strcmp(name + length - 10, ".full.json") == 0);
    if (!other)
        fprintf(stderr, "glassraft grade: %s: no result of a grade\n", path);
    cJSON_Delete(whole);
    return NULL;
}

// The first scenario that failed: what and why.
static void first_finding(const cJSON *whole, char *out, size_t n)
{
    const cJSON *part, *task;
    snprintf(out, n, "%s", "");
    if (cJSON_IsFalse(member(whole, "builds"))) {
        snprintf(out, n, "does not build");
        return;
    }
    cJSON_ArrayForEach(part, member(whole, "parts"))
    {
        cJSON_ArrayForEach(task, member(part, "scenarios"))
        {
            const cJSON *finding = member(task, "finding");
            const char *rule = text_of(finding, "rule");
            if (finding == NULL || out[0] != '\0')
                continue;
            snprintf(out, n, "%s: %s%s%s%s", text_of(task, "name"),
                     finding_headline(text_of(finding, "property")),
                     rule[0] != '\0' ? " [" : "", rule,
                     rule[0] != '\0' ? "]" : "");
        }
    }
}

static const char *state_of(const cJSON *whole)
{
    return cJSON_IsTrue(member(whole, "complete"))   ? "complete"
           : member(whole, "infrastructure") != NULL ? "infrastructure"
                                                     : "partial";
}

static void print_head(const cJSON *whole, FILE *table, FILE *csv)
{
    const cJSON *part;
    fprintf(table, "%-*s", WIDTH, "submission");
    fprintf(csv, "submission,lab");
    cJSON_ArrayForEach(part, member(whole, "parts"))
    {
        fprintf(table, " %12.12s", text_of(part, "name"));
        fputc(',', csv);
        text_csv(csv, text_of(part, "name"));
    }
    fprintf(table, " %9s  %s\n", "points", "first finding");
    fprintf(csv, ",points,max_points,state,first_finding\r\n");
}

static void print_row(const cJSON *whole, FILE *table, FILE *csv)
{
    const cJSON *part;
    char finding[200], cell[40];
    first_finding(whole, finding, sizeof finding);
    char note[24] = "";
    if (strcmp(state_of(whole), "complete") != 0)
        snprintf(note, sizeof note, "(%s) ", state_of(whole));
    fprintf(table, "%-*.*s", WIDTH, WIDTH, text_of(whole, "submission"));
    text_csv(csv, text_of(whole, "submission"));
    fprintf(csv, ",%d", number_of(whole, "lab"));
    cJSON_ArrayForEach(part, member(whole, "parts"))
    {
        snprintf(cell, sizeof cell, "%d%s/%d", number_of(part, "points"),
                 member(part, "zeroed_by") != NULL ? "!" : "",
                 number_of(part, "max_points"));
        fprintf(table, " %12s", cell);
        fprintf(csv, ",%d", number_of(part, "points"));
    }
    snprintf(cell, sizeof cell, "%d/%d", number_of(whole, "points"),
             number_of(whole, "max_points"));
    fprintf(table, " %9s  %s%s\n", cell, note, finding);
    fprintf(csv, ",%d,%d,%s,", number_of(whole, "points"),
            number_of(whole, "max_points"), state_of(whole));
    text_csv(csv, finding);
    fprintf(csv, "\r\n");
}

// One head for each rubric's set of parts.
static bool same_parts(const cJSON *a, const cJSON *b)
{
    const cJSON *one = a != NULL ? member(a, "parts")->child : NULL;
    const cJSON *two = member(b, "parts")->child;
    while (one != NULL && two != NULL &&
           strcmp(text_of(one, "name"), text_of(two, "name")) == 0) {
        one = one->next;
        two = two->next;
    }
    return a != NULL && one == NULL && two == NULL;
}

static int print_all(const char *folder, char **names, int n, FILE *table,
                     FILE *csv)
{
    cJSON *last = NULL;
    int n_rows = 0;
    for (int i = 0; i < n; i++) {
        cJSON *whole = read_result(folder, names[i]);
        if (whole == NULL)
            continue;
        if (!same_parts(last, whole))
            print_head(whole, table, csv);
        print_row(whole, table, csv);
        cJSON_Delete(last);
        last = whole;
        n_rows++;
    }
    cJSON_Delete(last);
    return n_rows;
}

bool class_summary(const char *folder, FILE *out)
{
    char **names = NULL, *text = NULL, path[4400];
    size_t size = 0;
    int n = class_list(folder, is_result, &names);
    if (n < 0)
        return false;
    FILE *csv = must_stream(&text, &size);
    int n_rows = print_all(folder, names, n, out, csv);
    fclose(csv);
    snprintf(path, sizeof path, "%.4000s/summary.csv", folder);
    bool good = n_rows > 0 && text_write_file(path, text, size);
    if (n_rows == 0)
        fprintf(stderr, "glassraft grade: %s: there is no result in it\n",
                folder);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    free(text);
    return good;
}

int class_list(const char *folder, bool (*wanted)(const char *path),
               char ***names)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, NULL, alphasort), kept = 0;
    if (n < 0) {
        fprintf(stderr, "glassraft grade: %s: %s\n", folder, strerror(errno));
        return -1;
    }
    *names = must_calloc((size_t)n, sizeof **names);
    for (int i = 0; i < n; i++) {
        char path[4400];
        snprintf(path, sizeof path, "%.4000s/%s", folder, entry[i]->d_name);
        if (entry[i]->d_name[0] != '.' && wanted(path))
            (*names)[kept++] =
                must_copy(entry[i]->d_name, strlen(entry[i]->d_name) + 1);
        free(entry[i]);
    }
    free(entry);
    return kept;
}
