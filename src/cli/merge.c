// merge.c -- glassraft merge: the results of several shards as one.
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/plain.h"
#include "base/save.h"
#include "base/text.h"
#include "cli.h"
#include "results_table.h"

static const char help[] =
    "usage: glassraft merge FILE... [-o FILE]\n\n"
    "Joins results of `glassraft run --results`: one line for each scenario,\n"
    "seed and way to run, sorted, and prints the table. Equal lines count\n"
    "once; lines that disagree are named, and the exit code is 1.\n\n"
    "  -o FILE          write the joined lines there\n\n"
    "example: glassraft merge out/shard-*.jsonl -o out/all.jsonl\n";

// A result, by its key. Texts are copies.
struct row {
    char *key;  // scenario, seed as 16 digits, mode, schedule
    char *line; // as it was read
    char *scenario;
    uint64_t seed, virtual_us, real_us;
    bool passed;
    char hash[24];
    const char *path;
    size_t number; // of the line in its file
};

struct table {
    struct row *row;
    size_t n, room;
};

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static uint64_t number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? text_whole(item->valuedouble) : 0;
}

// Fills in the row; says what is missing, or NULL.
static const char *parse(struct row *row, const char *line)
{
    cJSON *object = cJSON_Parse(line);
    const char *scenario = text_of(object, "scenario");
    const char *seed = text_of(object, "seed");
    const char *mode = text_of(object, "mode");
    const char *schedule = text_of(object, "schedule");
    const char *hash = text_of(object, "hash");
    const cJSON *passed = cJSON_GetObjectItemCaseSensitive(object, "passed");
    const char *wrong = object == NULL          ? "no JSON object"
                        : scenario == NULL      ? "no \"scenario\""
                        : mode == NULL          ? "no \"mode\""
                        : !cJSON_IsBool(passed) ? "no \"passed\""
                        : seed == NULL || !options_parse(seed, &row->seed)
                            ? "no \"seed\""
                            : NULL;
    if (wrong == NULL) {
        char key[200];
        snprintf(key, sizeof key, "%.99s %016" PRIx64 " %.19s %.19s %" PRIu64,
                 scenario, row->seed, mode, schedule != NULL ? schedule : "",
                 number_of(object, "crash_at"));
        row->key = must_copy(key, strlen(key) + 1);
        row->line = must_copy(line, strlen(line) + 1);
        row->scenario = must_copy(scenario, strlen(scenario) + 1);
        plain_output(row->scenario, strlen(scenario), false);
        row->passed = cJSON_IsTrue(passed);
        row->virtual_us = number_of(object, "virtual_us");
        row->real_us = number_of(object, "real_us");
        snprintf(row->hash, sizeof row->hash, "%s", hash != NULL ? hash : "");
        plain_output(row->hash, strlen(row->hash), false);
    }
    cJSON_Delete(object);
    return wrong;
}

static bool read_file(struct table *table, const char *path)
{
    char *line = NULL;
    size_t room = 0, number = 0;
    const char *wrong = NULL;
    size_t before = table->n;
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (in == NULL) {
        fprintf(stderr, "glassraft merge: %s: %s\n", path, strerror(errno));
        return false;
    }
    for (ssize_t n; wrong == NULL && (n = getline(&line, &room, in)) >= 0;) {
        number++;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = '\0';
        if (n == 0)
            continue;
        table->row =
            must_grow(table->row, table->n, &table->room, sizeof *table->row);
        struct row *row = &table->row[table->n];
        *row = (struct row){.path = path, .number = number};
        wrong = parse(row, line);
        table->n += wrong == NULL;
    }
    if (wrong != NULL)
        fprintf(stderr,
                "glassraft merge: %s:%zu: %s, expected a result of"
                " `glassraft run --results`\n",
                path, number, wrong);
    // A folder opens, too. A machine that left an empty file has not run.
    bool unread = ferror(in) != 0, empty = wrong == NULL && table->n == before;
    if (unread || empty)
        fprintf(stderr, "glassraft merge: %s: %s\n", path,
                unread ? strerror(errno) : "there is no result in it");
    free(line);
    if (in != stdin)
        fclose(in);
    return wrong == NULL && !unread && !empty;
}

static int by_key(const void *a, const void *b)
{
    const struct row *one = a, *two = b;
    int order = strcmp(one->key, two->key);
    if (order == 0)
        order = strcmp(one->path, two->path);
    if (order == 0)
        order = (one->number > two->number) - (one->number < two->number);
    return order;
}

// Real runs are not repeatable; only their verdicts must agree.
static bool disagree(const struct row *one, const struct row *two)
{
    bool real = strstr(one->key, " real ") != NULL;
    return one->passed != two->passed ||
           (!real && strcmp(one->hash, two->hash) != 0);
}

// Keeps the first of each key; counts those that disagree with it.
static size_t join(struct table *table)
{
    size_t kept = 0, n_bad = 0;
    qsort(table->row, table->n, sizeof *table->row, by_key);
    for (size_t i = 0; i < table->n; i++) {
        struct row *row = &table->row[i];
        struct row *first = kept > 0 ? &table->row[kept - 1] : NULL;
        if (first == NULL || strcmp(first->key, row->key) != 0) {
            struct row unique = *row;
            table->row[kept++] = unique;
            continue;
        }
        if (disagree(first, row)) {
            fprintf(stderr,
                    "glassraft merge: %s:%zu: %s seed 0x%" PRIx64
                    " %s (hash %s), but %s (hash %s) in %s:%zu\n",
                    row->path, row->number, row->scenario, row->seed,
                    row->passed ? "passed" : "failed", row->hash,
                    first->passed ? "passed" : "failed", first->hash,
                    first->path, first->number);
            n_bad++;
        }
        free(row->key);
        free(row->line);
        free(row->scenario);
    }
    table->n = kept;
    return n_bad;
}

static bool write_lines(const struct table *table, const char *path)
{
    struct save save;
    bool good = save_begin(&save, path);
    for (size_t i = 0; good && i < table->n; i++)
        good = fprintf(save.out, "%s\n", table->row[i].line) > 0;
    good = save_end(&save, good);
    if (!good)
        fprintf(stderr, "glassraft merge: %s: %s\n", path, strerror(errno));
    return good;
}

static int merge(struct table *table, const char *output)
{
    static struct tally tally;
    size_t n_bad = join(table);
    for (size_t i = 0; i < table->n; i++) {
        const struct row *row = &table->row[i];
        tally_add(&tally, row->scenario, row->seed, row->passed,
                  row->virtual_us, row->real_us);
    }
    if (output != NULL && !write_lines(table, output))
        return EXIT_USAGE;
    tally_print(&tally, stdout);
    return n_bad > 0 || tally.n_failed > 0 ? EXIT_FINDING : EXIT_GOOD;
}

int cli_merge(int argc, char **argv)
{
    struct table table = {NULL, 0, 0};
    const char *output = NULL;
    bool good = true;
    int n_files = 0;
    struct options o = options_begin(argc, argv, "merge");
    for (const char *arg; good && (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            return EXIT_GOOD;
        }
        if (options_is(&o, "-o"))
            output = options_value(&o);
        else if (options_rest(&o)) {
            good = read_file(&table, arg);
            n_files++;
        }
    }
    if (good && !o.failed && n_files == 0)
        fprintf(stderr,
                "glassraft merge: no results given; see `glassraft merge"
                " --help`\n");
    int code =
        good && !o.failed && n_files > 0 ? merge(&table, output) : EXIT_USAGE;
    for (size_t i = 0; i < table.n; i++) {
        free(table.row[i].key);
        free(table.row[i].line);
        free(table.row[i].scenario);
    }
    free(table.row);
    return code;
}
