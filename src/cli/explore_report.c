// explore_report.c -- see explore_report.h.
#include "explore_report.h"

#include <inttypes.h>

#include "check/findings.h"

enum { MIB = 1 << 20 };

static void count_of(FILE *out, unsigned n, const char *one, const char *many)
{
    if (n == 0)
        fprintf(out, "no %s", one);
    else
        fprintf(out, "%u %s", n, n == 1 ? one : many);
}

static void print_bound(FILE *out, const struct step_bound *bound)
{
    fprintf(out, "  bound   %d server%s, terms to %" PRIu64 ", log to %" PRIu64,
            bound->n_servers, bound->n_servers == 1 ? "" : "s", bound->terms,
            bound->log);
    fputs(", ", out);
    count_of(out, bound->commands, "command", "commands");
    fputs(", ", out);
    count_of(out, bound->heartbeats, "round of heartbeats",
             "rounds of heartbeats");
    fputs(",\n          ", out);
    count_of(out, bound->crashes, "crash", "crashes");
    fputs(", ", out);
    count_of(out, bound->losses, "loss", "losses");
    fputs(", ", out);
    count_of(out, bound->doubles, "double delivery", "double deliveries");
    fputs(", ", out);
    count_of(out, bound->snapshots, "snapshot", "snapshots");
    if (bound->entries > 0)
        fprintf(out, ",\n          %zu entr%s a message at most",
                bound->entries, bound->entries == 1 ? "y" : "ies");
    fputc('\n', out);
}

static void print_notion(FILE *out, const struct explore_plan *plan,
                         const struct explore_report *report)
{
    if (report->by_history) {
        if (!plan->by_history)
            fputs("  note    this Raft has no trace calls: its states are"
                  " compared by history\n",
                  out);
        fputs("  states  equal when every server was given the same inputs in"
              " the same\n"
              "          order; servers must share no memory, which was"
              " checked\n",
              out);
    } else {
        fprintf(out,
                "  states  equal when trace, disks and messages show no"
                " difference%s;\n"
                "          what these do not show is not compared\n",
                plan->interchangeable ? ",\n          with servers under"
                                        " any names"
                                      : "");
    }
    if (plan->bound.preempts == 0)
        fputs("  threads take turns in one order: each runs until it blocks\n",
              out);
    else
        fprintf(out,
                "  threads run until they block; up to %u of them stall before"
                " a lock\n",
                plan->bound.preempts);
}

static const char *head_of(const struct explore_report *report)
{
    switch (report->end) {
    case EXPLORE_COMPLETE:
        return "complete";
    case EXPLORE_FOUND:
        return "found";
    case EXPLORE_BUDGET:
        return "not complete, the time is up";
    case EXPLORE_ENOUGH:
        return "not complete, limited by --states";
    case EXPLORE_STOPPED:
        return "not complete, interrupted";
    case EXPLORE_FULL:
        return "not complete, the memory for states is full";
    default:
        return "given up";
    }
}

void explore_print(FILE *out, const struct explore_plan *plan,
                   const struct explore_report *report, bool timed)
{
    fprintf(out, "%s: %" PRIu64 " states, %" PRIu64 " transitions, depth %u\n",
            head_of(report), report->n_states, report->n_transitions,
            report->depth);
    print_bound(out, &plan->bound);
    print_notion(out, plan, report);
    if (report->end != EXPLORE_COMPLETE && report->end != EXPLORE_FOUND)
        fprintf(out,
                "  covered all lists of fewer than %u actions; %" PRIu64
                " states are left to try\n",
                report->full ? 0 : report->depth + 1, report->n_frontier);
    if (report->n_walks > 0)
        fprintf(out,
                "  random  %" PRIu64
                " lists of up to 120 actions, drawn at random\n",
                report->n_walks);
    if (timed)
        fprintf(out,
                "  took    %.1f s, %.0f transitions a core-second, %zu MiB,"
                " %zu KiB to go back\n",
                report->seconds,
                report->cpu_s > 0
                    ? (double)report->n_transitions / report->cpu_s
                    : 0,
                report->memory / MIB, report->image / 1024);
    if (report->text[0] != '\0')
        fprintf(out, "  why     %s\n", report->text);
}

cJSON *explore_json(const struct explore_plan *plan,
                    const struct explore_report *report)
{
    const struct step_bound *bound = &plan->bound;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "end", head_of(report));
    cJSON_AddBoolToObject(object, "complete", report->end == EXPLORE_COMPLETE);
    cJSON_AddNumberToObject(object, "states", (double)report->n_states);
    cJSON_AddNumberToObject(object, "transitions",
                            (double)report->n_transitions);
    cJSON_AddNumberToObject(object, "depth", report->depth);
    cJSON_AddNumberToObject(object, "frontier", (double)report->n_frontier);
    cJSON_AddStringToObject(object, "state",
                            report->by_history ? "history" : "model");
    cJSON_AddBoolToObject(object, "interchangeable",
                          !report->by_history && plan->interchangeable);
    if (report->n_walks > 0)
        cJSON_AddNumberToObject(object, "walks", (double)report->n_walks);
    if (report->n_models > 0) {
        char text[24];
        snprintf(text, sizeof text, "%016" PRIx64, report->models);
        cJSON_AddNumberToObject(object, "models", (double)report->n_models);
        cJSON_AddStringToObject(object, "models_hash", text);
    }
    cJSON_AddNumberToObject(object, "seconds", report->seconds);
    cJSON_AddNumberToObject(object, "cpu_s", report->cpu_s);
    cJSON_AddNumberToObject(object, "image_bytes", (double)report->image);
    cJSON *in = cJSON_AddObjectToObject(object, "bound");
    cJSON_AddNumberToObject(in, "servers", bound->n_servers);
    cJSON_AddNumberToObject(in, "terms", (double)bound->terms);
    cJSON_AddNumberToObject(in, "log", (double)bound->log);
    cJSON_AddNumberToObject(in, "commands", bound->commands);
    cJSON_AddNumberToObject(in, "heartbeats", bound->heartbeats);
    cJSON_AddNumberToObject(in, "crashes", bound->crashes);
    cJSON_AddNumberToObject(in, "losses", bound->losses);
    cJSON_AddNumberToObject(in, "doubles", bound->doubles);
    cJSON_AddNumberToObject(in, "snapshots", bound->snapshots);
    cJSON_AddNumberToObject(in, "preempts", bound->preempts);
    cJSON_AddNumberToObject(in, "entries", (double)bound->entries);
    if (report->text[0] != '\0')
        cJSON_AddStringToObject(object, "text", report->text);
    if (report->end != EXPLORE_FOUND)
        return object;
    cJSON_AddStringToObject(object, "property", report->result.property);
    cJSON_AddStringToObject(object, "headline",
                            finding_headline(report->result.property));
    cJSON_AddStringToObject(object, "tag", report->result.tag);
    cJSON_AddStringToObject(object, "finding", report->result.text);
    cJSON_AddBoolToObject(object, "by_chance", report->by_chance);
    cJSON *actions = cJSON_AddArrayToObject(object, "script");
    for (size_t i = 0; i < report->script.n; i++) {
        char line[STEP_LINE];
        step_format(&report->script.action[i], line);
        cJSON_AddItemToArray(actions, cJSON_CreateString(line));
    }
    return object;
}

void explore_print_script(const struct explore_report *report)
{
    char line[STEP_LINE];
    printf("  script  %zu actions, %s\n", report->script.n,
           report->by_chance
               ? "found at random and made short; a shorter list may exist"
           : report->by_history
               ? "and no shorter list within the bound breaks a rule"
               : "and no shorter list was found with these equal states");
    for (size_t i = 0; i < report->script.n; i++) {
        step_format(&report->script.action[i], line);
        printf("          %s\n", line);
    }
}
