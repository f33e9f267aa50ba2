// print.c -- results as people and programs read them.
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain.h"
#include "base/save.h"
#include "check/findings.h"
#include "runner.h"

enum { WIDTH = 74 };

// Prints a text from the column where the line is; breaks lines that are too
// long and sets the next ones in. Returns the column at the end, the line
// itself is left open.
static int print_words(FILE *out, int column, int indent, const char *text)
{
    for (bool first = true; *text != '\0'; first = false) {
        if (*text == '\n') {
            if (text[1] != '\0')
                fprintf(out, "\n%*s", indent, "");
            column = indent;
            text++;
            first = true;
        }
        int blanks = (int)strspn(text, " ");
        int n = (int)strcspn(text + blanks, " \n");
        if (!first && column + blanks + n > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            text += blanks;
            blanks = 0;
        }
        column += fprintf(out, "%.*s", blanks + n, text);
        text += blanks + n;
    }
    return column;
}

static int print_plain(FILE *out, int column, int indent, const char *text)
{
    char plain[4000];
    plain_text(text, plain, sizeof plain);
    return print_words(out, column, indent, plain);
}

static int print_text(FILE *out, const char *text)
{
    fputs("  ", out);
    return print_plain(out, 2, 2, text);
}

static void print_block(FILE *out, const char *head, const char *text)
{
    int column = fprintf(out, "%s", head);
    print_plain(out, column, column, text);
    fputc('\n', out);
}

// The events that show it, as many as a line has room for, at the right margin.
static void print_events(FILE *out, const struct lab_result *result, int column)
{
    char text[WIDTH], one[24];
    size_t n = (size_t)snprintf(text, sizeof text, "%s ",
                                result->n_shown > 1 ? "events" : "event");
    for (uint64_t i = 0; i < result->n_shown; i++) {
        size_t size = (size_t)snprintf(one, sizeof one, "%s%" PRIu64,
                                       i > 0 ? ", " : "", result->events[i]);
        bool last = i + 1 == result->n_shown;
        bool fits = n + size + (last ? 0 : strlen(", ...")) < sizeof text;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s",
                              fits ? one : ", ...");
        if (!fits)
            break;
    }
    if (column + 2 + (int)n > WIDTH) {
        fputc('\n', out);
        column = 0;
    }
    fprintf(out, "%*s", WIDTH - column, text);
}

// The part of a path behind its last '/'.
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void lab_print_left(FILE *out, const struct lab_left *left)
{
    int n = 0;
    if (left->look[0] != '\0')
        print_block(out, "  look     ", left->look);
    if (left->story[0] != '\0')
        fprintf(out, "  story    %s      (%" PRIu64 " fact%s that led there)\n",
                left->story, left->n_facts, left->n_facts == 1 ? "" : "s");
    for (int i = 0; i < LAB_PICTURES; i++) {
        const char *path = left->picture[i];
        if (path[0] != '\0')
            fprintf(out, "%s%s", n > 0 ? "   " : "  picture  ",
                    n > 0 ? name_of(path) : path);
        n += path[0] != '\0';
    }
    if (n > 0)
        fputc('\n', out);
}

static const char *const schedules[] = {
    [SIM_ROTATE] = "rotate",         [SIM_RUN] = "run",
    [SIM_RANDOM] = "random",         [SIM_PCT] = "pct",
    [SIM_ROUNDROBIN] = "roundrobin",
};

const char *lab_run_options(const struct lab_run *run)
{
    static char text[500];
    int n =
        snprintf(text, sizeof text, "%s%s%s%s", run->real ? " --real" : "",
                 run->mute ? " --mute" : "",
                 run->schedule != SIM_ROTATE ? " --schedule " : "",
                 run->schedule != SIM_ROTATE ? schedules[run->schedule] : "");
    if (run->crash_at > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " --crash-at %" PRIu64,
                      run->crash_at);
    if (run->lab > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " --lab %u", run->lab);
    if (run->given != NULL)
        n += snprintf(text + n, sizeof text - (size_t)n, " --raft %.160s",
                      run->given);
    if (run->given_kv != NULL)
        snprintf(text + n, sizeof text - (size_t)n, " --kv %.160s",
                 run->given_kv);
    return text;
}

size_t lab_replay(const struct lab_run *run, char *out, size_t n)
{
    if (run->scenario->run == NULL)
        return (size_t)snprintf(out, n, "%s", "");
    if (run->script != NULL)
        return (size_t)snprintf(out, n, "glassraft run --script %s%s",
                                run->path, lab_run_options(run));
    return (size_t)snprintf(out, n, "glassraft run %s --seed 0x%" PRIx64 "%s",
                            run->scenario->name, run->seed,
                            lab_run_options(run));
}

// Of the trace: by its seed alone the run may not come again.
size_t lab_shrink(const struct lab_run *run, const struct lab_result *result,
                  char *out, size_t n)
{
    bool steps = run->scenario->run != NULL && run->scenario->rpcs == NULL &&
                 run->script == NULL && run->given_kv == NULL && !run->secret;
    if (!steps || result->passed || result->trace[0] == '\0' ||
        finding_cost(result->property, result->tag) != FINDING_IS_SAFETY)
        return (size_t)snprintf(out, n, "%s", "");
    struct lab_run plain = {
        .mute = run->mute, .lab = run->lab, .given = run->given};
    return (size_t)snprintf(out, n, "glassraft shrink %s%s", result->trace,
                            lab_run_options(&plain));
}

void lab_print_brief(FILE *out, const struct lab_run *run,
                     const struct lab_result *result)
{
    fprintf(out, "FAIL %s (seed 0x%" PRIx64 ")", run->scenario->name,
            run->seed);
    if (result->property[0] != '\0')
        fprintf(out, "  %s", finding_headline(result->property));
    if (result->tag[0] != '\0')
        fprintf(out, " [%s]", result->tag);
    fputc('\n', out);
}

static void print_n(FILE *out, int n, const char *what)
{
    if (n > 0)
        fprintf(out, "  %d %s%s", n, what, n == 1 ? "" : "s");
}

// What a server may not do any more when it was killed; it fails no run.
static void print_late(FILE *out, const struct lab_prices *prices)
{
    if (prices->late_applied + prices->late_saved + prices->late_answered == 0)
        return;
    fprintf(out, "  killed  ");
    print_n(out, prices->late_applied, "apply");
    print_n(out, prices->late_saved, "save");
    print_n(out, prices->late_answered, "answer");
    fprintf(out, " too many after raft_kill(), see raft.h\n");
}

void lab_print_shared(FILE *out, const char *shared)
{
    if (shared[0] != '\0')
        print_block(out, "  shared   ", shared);
}

void lab_print_failure(FILE *out, const struct lab_run *run,
                       const struct lab_result *result)
{
    lab_print_brief(out, run, result);
    int column = print_text(out, result->text);
    if (result->n_shown > 0)
        print_events(out, result, column);
    fputc('\n', out);
    char replay[500];
    if (lab_replay(run, replay, sizeof replay) > 0)
        fprintf(out, "  replay   %s\n", replay);
    if (result->trace[0] != '\0')
        fprintf(out, "  trace    %s\n", result->trace);
    if (lab_shrink(run, result, replay, sizeof replay) > 0)
        fprintf(out, "  shrink   %s\n", replay);
    if (result->sanitizer[0] != '\0')
        fprintf(out, "  whole    %s (what the sanitizer says)\n",
                result->sanitizer);
    print_late(out, &result->prices);
    lab_print_shared(out, result->shared);
    lab_print_left(out, &result->left);
}

// A schedule that took more than one draw, or never came about.
static void print_draws(FILE *out, const struct lab_result *result)
{
    char text[sizeof result->text + 64];
    if (result->not_set_up)
        snprintf(text, sizeof text, "in %u draws; the last time: %s",
                 result->n_drawn_again + 1, result->text);
    if (result->not_set_up)
        print_block(out, "  not set up ", text);
    else if (result->n_drawn_again > 0)
        fprintf(out, "  drawn again %u time%s: the schedule was not set up\n",
                result->n_drawn_again, result->n_drawn_again == 1 ? "" : "s");
}

void lab_print_pass(FILE *out, const struct lab_run *run,
                    const struct lab_result *result)
{
    const struct lab_scenario *scenario = lab_scenario_of(run);
    fprintf(out, "%s (%s network) ...\n", scenario->title,
            scenario->unreliable ? "unreliable" : "reliable");
    fprintf(out,
            "  ... Passed -- %6.1f s  %d server%s  %" PRIu64 " RPC%s  %" PRIu64
            " byte%s  %" PRIu64 " command%s  %.1f ms real\n",
            (double)result->virtual_us / 1e6, scenario->n_servers,
            scenario->n_servers == 1 ? "" : "s", result->n_calls,
            result->n_calls == 1 ? "" : "s", result->n_bytes,
            result->n_bytes == 1 ? "" : "s", result->n_commands,
            result->n_commands == 1 ? "" : "s", (double)result->real_us / 1e3);
    print_late(out, &result->prices);
    print_draws(out, result);
    lab_print_left(out, &result->left);
}

void lab_add_left(cJSON *line, const struct lab_left *left)
{
    if (left->look[0] != '\0')
        cJSON_AddStringToObject(line, "look", left->look);
    if (left->story[0] != '\0')
        cJSON_AddStringToObject(line, "story", left->story);
    cJSON *pictures = NULL;
    for (int i = 0; i < LAB_PICTURES; i++) {
        if (left->picture[i][0] == '\0')
            continue;
        if (pictures == NULL)
            pictures = cJSON_AddArrayToObject(line, "pictures");
        cJSON_AddItemToArray(pictures, cJSON_CreateString(left->picture[i]));
    }
}

void lab_print_json(FILE *out, const struct lab_run *run,
                    const struct lab_result *result)
{
    char text[32];
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "scenario", run->scenario->name);
    snprintf(text, sizeof text, "0x%" PRIx64, run->seed);
    cJSON_AddStringToObject(line, "seed", text);
    cJSON_AddStringToObject(line, "mode", run->real ? "real" : "sim");
    cJSON_AddStringToObject(line, "schedule", schedules[run->schedule]);
    if (run->mute)
        cJSON_AddBoolToObject(line, "mute", true);
    if (run->crash_at > 0)
        cJSON_AddNumberToObject(line, "crash_at", (double)run->crash_at);
    cJSON_AddBoolToObject(line, "passed", result->passed);
    if (result->n_drawn_again > 0)
        cJSON_AddNumberToObject(line, "drawn_again", result->n_drawn_again);
    if (result->not_set_up)
        cJSON_AddStringToObject(line, "not_set_up", result->text);
    if (!result->passed) {
        cJSON_AddStringToObject(line, "property", result->property);
        cJSON_AddStringToObject(line, "headline",
                                finding_headline(result->property));
        cJSON_AddStringToObject(line, "tag", result->tag);
        cJSON_AddStringToObject(line, "text", result->text);
        cJSON *events = cJSON_AddArrayToObject(line, "events");
        for (uint64_t i = 0; i < result->n_shown; i++)
            cJSON_AddItemToArray(events,
                                 cJSON_CreateNumber((double)result->events[i]));
        cJSON_AddStringToObject(line, "trace", result->trace);
    }
    if (result->shared[0] != '\0')
        cJSON_AddStringToObject(line, "shared", result->shared);
    lab_add_left(line, &result->left);
    cJSON_AddNumberToObject(line, "virtual_us", (double)result->virtual_us);
    cJSON_AddNumberToObject(line, "real_us", (double)result->real_us);
    cJSON_AddNumberToObject(line, "rpcs", (double)result->n_calls);
    cJSON_AddNumberToObject(line, "bytes", (double)result->n_bytes);
    cJSON_AddNumberToObject(line, "commands", (double)result->n_commands);
    const struct lab_prices *prices = &result->prices;
    cJSON_AddNumberToObject(line, "snapshot_sent",
                            (double)prices->snapshot_sent);
    cJSON_AddNumberToObject(line, "snapshot_needed",
                            (double)prices->snapshot_needed);
    cJSON_AddNumberToObject(line, "most_calls", prices->most_calls);
    cJSON_AddNumberToObject(line, "late_applied", prices->late_applied);
    cJSON_AddNumberToObject(line, "late_saved", prices->late_saved);
    cJSON_AddNumberToObject(line, "late_called", prices->late_called);
    cJSON_AddNumberToObject(line, "late_answered", prices->late_answered);
    cJSON_AddNumberToObject(line, "events_n", (double)result->n_events);
    snprintf(text, sizeof text, "%016" PRIx64, result->hash);
    cJSON_AddStringToObject(line, "hash", text);
    char *bytes = cJSON_PrintUnformatted(line);
    fprintf(out, "%s\n", bytes);
    cJSON_free(bytes);
    cJSON_Delete(line);
}

bool lab_run_folder(const struct lab_run *run, char *folder, size_t n)
{
    const char *out = run->out != NULL ? run->out : "out";
    size_t used = (size_t)snprintf(folder, n, "%.90s/%.40s-%" PRIx64, out,
                                   run->scenario->name, run->seed);
    if (run->crash_at > 0 && used < n)
        snprintf(folder + used, n - used, "-%" PRIu64, run->crash_at);
    bool made = save_folder(folder);
    if (!made)
        fprintf(stderr, "glassraft: %s: %s\n", folder, strerror(errno));
    return made;
}
