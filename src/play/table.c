// table.c -- see table.h.
#define _XOPEN_SOURCE 700 // mkdtemp
#include "table.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"
#include "base/save.h"
#include "base/text.h"
#include "check/findings.h"
#include "stepper/script.h"

enum { MOST_TRACE = 64 << 20, MOST_NAME = 64, MOST_NAMES = 200 };

bool table_begin(struct table *table)
{
    const char *place = getenv("TMPDIR");
    if (place == NULL || strlen(place) > 30)
        place = "/tmp";
    snprintf(table->folder, sizeof table->folder, "%s/glassraft-play-XXXXXX",
             place);
    if (mkdtemp(table->folder) == NULL) {
        fprintf(stderr, "glassraft play: %s: %s\n", table->folder,
                strerror(errno));
        table->folder[0] = '\0';
        return false;
    }
    snprintf(table->trace, sizeof table->trace, "%s/trace", table->folder);
    return true;
}

void table_end(struct table *table)
{
    if (table->folder[0] == '\0')
        return;
    unlink(table->trace);
    rmdir(table->folder);
}

static char *print(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    if (text == NULL)
        die("no memory for an answer");
    cJSON_Delete(object);
    return text;
}

static char *error_of(const char *error)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "error", error);
    return print(object);
}

static char *result_of(const struct lab_result *result, const char *trace)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "passed", result->passed);
    cJSON_AddStringToObject(object, "property",
                            finding_headline(result->property));
    cJSON_AddStringToObject(object, "tag", result->tag);
    cJSON_AddStringToObject(object, "text", result->text);
    cJSON_AddStringToObject(object, "trace", trace);
    return print(object);
}

char *table_run(struct table *table, const char *script)
{
    static const char show[] = "\nshow\n";
    char error[300];
    size_t n = strlen(script), n_trace = 0;
    struct script parsed;
    if (!script_parse("script", script, &parsed, error))
        return error_of(error);
    script_free(&parsed);
    char *whole = must_malloc(n + sizeof show);
    memcpy(whole, script, n);
    memcpy(whole + n, show, sizeof show);
    struct lab_run run = table->run;
    struct lab_result result;
    run.scenario = script_scenario("play", whole);
    run.script = whole;
    run.path = "play";
    run.trace = table->trace;
    run.quiet = true; // what is skipped is in the trace
    unlink(table->trace);
    lab_run_one(&run, &result);
    char *trace = text_read_file(table->trace, MOST_TRACE, &n_trace);
    char *answer = result_of(&result, trace != NULL ? trace : "");
    free(trace);
    free(whole);
    return answer;
}

char *table_start(const struct table *table)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "script", table->script);
    cJSON_AddStringToObject(object, "raft", table->raft);
    return print(object);
}

// ------------------------------------------------------------- scripts

// No slash, no hidden file, and the ending that tells what it is.
static bool is_script_name(const char *name)
{
    static const char ending[] = ".script";
    size_t n = strlen(name), n_ending = sizeof ending - 1;
    if (n <= n_ending || n > MOST_NAME || name[0] == '.' ||
        strcmp(name + n - n_ending, ending) != 0)
        return false;
    for (const char *at = name; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL)
            return false;
    return true;
}

// Never a link, which might lead out of the folder.
static bool path_of(const struct table *table, const char *name, char *path,
                    size_t n, bool *there)
{
    struct stat status;
    if (!is_script_name(name) ||
        snprintf(path, n, "%s/%s", table->scripts, name) >= (int)n)
        return false;
    *there = lstat(path, &status) == 0;
    return !*there || S_ISREG(status.st_mode);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *table_scripts(const struct table *table)
{
    char *name[MOST_NAMES], path[4096];
    int n = 0;
    bool there;
    DIR *folder = opendir(table->scripts);
    for (struct dirent *entry;
         folder != NULL && n < MOST_NAMES && (entry = readdir(folder)) != NULL;)
        if (path_of(table, entry->d_name, path, sizeof path, &there) && there)
            name[n++] = must_copy(entry->d_name, strlen(entry->d_name) + 1);
    if (folder != NULL)
        closedir(folder);
    qsort(name, (size_t)n, sizeof name[0], by_name);
    cJSON *names = cJSON_CreateArray();
    for (int i = 0; i < n; i++) {
        cJSON_AddItemToArray(names, cJSON_CreateString(name[i]));
        free(name[i]);
    }
    return print(names);
}

char *table_load(const struct table *table, const char *name)
{
    char path[4096];
    size_t n;
    bool there;
    return path_of(table, name, path, sizeof path, &there) && there
               ? text_read_file(path, TABLE_SCRIPT, &n)
               : NULL;
}

enum table_saved table_save(const struct table *table, const char *name,
                            const char *script, bool over)
{
    char path[4096];
    bool there;
    if (!path_of(table, name, path, sizeof path, &there))
        return TABLE_BAD_NAME;
    if (there && !over)
        return TABLE_EXISTS;
    return save_file(path, script, strlen(script)) ? TABLE_SAVED
                                                   : TABLE_NOT_SAVED;
}
