// check_history.c -- glassraft check --history: judges what clients saw.
#include "check_history.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "check/history_file.h"
#include "cli.h"

static const char *const RESULTS[] = {"legal", "illegal", "not decided"};

static const char *line_range(const struct linear_operation *op, char *text,
                              size_t room)
{
    if (op->outcome == LINEAR_OPEN)
        snprintf(text, room, "line %" PRIu64, op->called);
    else
        snprintf(text, room, "lines %" PRIu64 " and %" PRIu64, op->called,
                 op->returned);
    return text;
}

static void print_verdict(const char *path, const struct history *history,
                          const struct linear_verdict *verdict)
{
    printf("%s: %zu operation%s, %s\n", path, history->n_ops,
           history->n_ops == 1 ? "" : "s",
           verdict->result == LINEAR_LEGAL     ? "linearizable"
           : verdict->result == LINEAR_ILLEGAL ? "NOT LINEARIZABLE"
                                               : "NOT DECIDED");
    if (verdict->text[0] != '\0')
        printf("  %s\n", verdict->text);
    for (size_t i = 0; i < verdict->n_shown; i++) {
        const struct linear_operation *op = &history->op[verdict->shown[i]];
        char words[200], lines[80];
        printf("    client %-4" PRIu64 " %-22s %s\n", op->client,
               line_range(op, lines, sizeof lines),
               linear_words(op, words, sizeof words));
    }
}

static void print_json(const char *path, const struct history *history,
                       const struct linear_verdict *verdict)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "history", path);
    cJSON_AddNumberToObject(object, "operations", (double)history->n_ops);
    cJSON_AddStringToObject(object, "verdict", RESULTS[verdict->result]);
    cJSON_AddNumberToObject(object, "configurations",
                            (double)verdict->n_configurations);
    if (verdict->text[0] != '\0')
        cJSON_AddStringToObject(object, "text", verdict->text);
    cJSON *shown = cJSON_AddArrayToObject(object, "shown");
    for (size_t i = 0; i < verdict->n_shown; i++) {
        const struct linear_operation *op = &history->op[verdict->shown[i]];
        char words[200];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "client", (double)op->client);
        cJSON_AddNumberToObject(item, "called", (double)op->called);
        if (op->outcome != LINEAR_OPEN)
            cJSON_AddNumberToObject(item, "returned", (double)op->returned);
        cJSON_AddStringToObject(item, "operation",
                                linear_words(op, words, sizeof words));
        cJSON_AddItemToArray(shown, item);
    }
    char *text = cJSON_PrintUnformatted(object);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(object);
}

int check_history(const char *path, bool json)
{
    struct history history;
    char error[300];
    if (!history_read(path, &history, error, sizeof error)) {
        fprintf(stderr, "glassraft: %s\n", error);
        history_clear(&history);
        return EXIT_USAGE;
    }
    struct linear_verdict verdict;
    linear_check(history.op, history.n_ops, 0, &verdict);
    linear_explain(history.op, history.n_ops, &verdict);
    (json ? print_json : print_verdict)(path, &history, &verdict);
    int result = verdict.result == LINEAR_LEGAL ? EXIT_GOOD : EXIT_FINDING;
    linear_clear(&verdict);
    history_clear(&history);
    return result;
}
