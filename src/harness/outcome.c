// outcome.c -- see outcome.h.
#include "outcome.h"

#include <string.h>

static const enum finding failures[] = {
    [SIM_DEADLOCK] = FINDING_DEADLOCK,
    [SIM_SPIN] = FINDING_THREAD_NEVER_BLOCKS,
    [SIM_UNLOCK] = FINDING_UNLOCK_WITHOUT_LOCK,
    [SIM_RELOCK] = FINDING_LOCKED_TWICE,
    [SIM_SLEEP_LOCKED] = FINDING_BLOCKED_WITH_LOCK,
    [SIM_STACK] = FINDING_STACK_OVERFLOW,
    [SIM_CRASH] = FINDING_CRASH,
    [SIM_MEMORY] = FINDING_MEMORY_ERROR,
    [SIM_EXIT_LOCKED] = FINDING_ENDED_WITH_LOCK,
    [SIM_MISUSE] = FINDING_THREAD_MISUSE,
    [SIM_LIMIT] = FINDING_LIMIT,
    [SIM_FORBIDDEN] = FINDING_FORBIDDEN_CALL,
    [SIM_RACE] = FINDING_DATA_RACE,
    [SIM_CALLBACK] = FINDING_CALLBACK_WITH_LOCK,
};

void outcome_emit(struct trace *trace, struct lab_result *result,
                  const char *property, const char *tag, const char *text,
                  const uint64_t *events, size_t n)
{
    const char *stack = result->stack;
    struct trace_event event = {.kind = TRACE_FINDING,
                                .node = TRACE_NONE,
                                .inc = TRACE_NONE,
                                .what = property,
                                .tag = tag,
                                .text = text,
                                .events = events,
                                .n_shown = n,
                                .why = stack[0] != '\0' ? stack : NULL};
    result->hash = trace_hash(trace);
    trace_emit(trace, &event);
}

enum finding outcome_of_simulator(enum sim_failure failure)
{
    return failures[failure];
}

// A rule's tag, "AE.3" or "KV.10"?
static bool is_rule(const char *tag)
{
    static const char *const groups[] = {"RV.", "AE.", "IS.", "ALL.", "F.",
                                         "C.",  "L.",  "P.",  "KV."};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        size_t n = strlen(groups[i]);
        size_t digits = strspn(tag + n, "0123456789");
        if (strncmp(tag, groups[i], n) == 0 && tag[n] != '0' &&
            (digits == 1 || digits == 2) && tag[n + digits] == '\0')
            return true;
    }
    return false;
}

void outcome_forget(struct lab_result *result)
{
    const struct lab_result told = *result;
    bool rule = is_rule(told.tag);
    enum finding known = finding_of(told.property);
    if (known == FINDING_NONE ||
        finding_cost(told.property, "") == FINDING_IS_SAFETY)
        known = rule ? FINDING_BROKEN_RULE : FINDING_EXPECTATION;
    memset(result, 0, sizeof *result);
    result->passed = told.passed;
    result->stalled = told.stalled;
    if (told.passed)
        return;
    snprintf(result->property, sizeof result->property, "%s",
             finding_id(known));
    snprintf(result->tag, sizeof result->tag, "%s", rule ? told.tag : "");
    snprintf(result->text, sizeof result->text,
             "It happened with a secret seed, of which nothing else is told.");
}
