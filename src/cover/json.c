// json.c -- see cover.h: cover.json, for programs.
#include "cover.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/die.h"

static cJSON *check(cJSON *item)
{
    if (item == NULL)
        die("no memory for a report");
    return item;
}

static void add_number(cJSON *to, const char *name, uint64_t value)
{
    check(cJSON_AddNumberToObject(to, name, (double)value));
}

static cJSON *object(void)
{
    return check(cJSON_CreateObject());
}

static cJSON *add_list(cJSON *to, const char *name)
{
    return check(cJSON_AddArrayToObject(to, name));
}

static void add_reached(cJSON *to, const struct cover_reached *by)
{
    char seed[32];
    add_number(to, "runs", by->n_runs);
    if (by->n_runs == 0)
        return;
    cJSON *first = check(cJSON_AddObjectToObject(to, "first"));
    snprintf(seed, sizeof seed, "0x%" PRIx64, by->first.seed);
    check(cJSON_AddStringToObject(first, "scenario", by->first.scenario));
    check(cJSON_AddStringToObject(first, "seed", seed));
    if (by->first.crash_at > 0)
        add_number(first, "crash_at", by->first.crash_at);
}

static void add_share(cJSON *to, const char *name, struct cover_share share)
{
    cJSON *item = check(cJSON_AddObjectToObject(to, name));
    add_number(item, "all", share.n);
    add_number(item, "reached", share.n_reached);
}

static void add_totals(cJSON *to, struct cover_totals totals)
{
    cJSON *item = check(cJSON_AddObjectToObject(to, "totals"));
    add_share(item, "lines", totals.lines);
    add_share(item, "branches", totals.branches);
    add_share(item, "functions", totals.functions);
}

static cJSON *line_item(const struct cover_line *line)
{
    cJSON *item = object();
    add_number(item, "line", line->number);
    check(cJSON_AddStringToObject(item, "function", line->function));
    add_reached(item, &line->by);
    if (line->hint != NULL)
        check(cJSON_AddStringToObject(item, "hint", line->hint));
    cJSON *branches = line->n_branches > 0 ? add_list(item, "branches") : NULL;
    for (size_t b = 0; b < line->n_branches; b++) {
        cJSON *branch = object();
        add_number(branch, "taken", line->branch[b].n_taken);
        add_reached(branch, &line->branch[b].by);
        cJSON_AddItemToArray(branches, branch);
    }
    return item;
}

static cJSON *file_item(const struct cover_file *file)
{
    cJSON *item = object();
    check(cJSON_AddStringToObject(item, "file", file->name));
    add_totals(item, cover_totals_of(file));
    cJSON *functions = add_list(item, "functions");
    for (size_t i = 0; i < file->n_functions; i++) {
        cJSON *function = object();
        check(
            cJSON_AddStringToObject(function, "name", file->function[i].name));
        add_number(function, "line", file->function[i].line);
        add_reached(function, &file->function[i].by);
        cJSON_AddItemToArray(functions, function);
    }
    cJSON *lines = add_list(item, "lines");
    for (size_t i = 0; i < file->n_lines; i++)
        cJSON_AddItemToArray(lines, line_item(&file->line[i]));
    return item;
}

void cover_json(const struct cover *cover, const struct cover_about *about,
                FILE *out)
{
    cJSON *all = object();
    check(cJSON_AddStringToObject(all, "format", "glassraft cover 1"));
    check(cJSON_AddStringToObject(all, "raft", about->raft));
    check(cJSON_AddStringToObject(all, "options", about->options));
    add_number(all, "runs", cover->n_runs);
    add_totals(all, cover_totals(cover));
    cJSON *files = add_list(all, "files");
    for (size_t i = 0; i < cover->n_files; i++)
        cJSON_AddItemToArray(files, file_item(&cover->file[i]));
    char *text = cJSON_Print(all);
    if (text == NULL)
        die("no memory for a report");
    fprintf(out, "%s\n", text);
    free(text);
    cJSON_Delete(all);
}
