// outcome.c -- see outcome.h.
#include "outcome.h"

#include <string.h>

static const char *const failures[] = {
    [SIM_DEADLOCK] = "deadlock",
    [SIM_SPIN] = "a thread that never blocks",
    [SIM_UNLOCK] = "unlock by a stranger",
    [SIM_RELOCK] = "a mutex locked twice",
    [SIM_SLEEP_LOCKED] = "sleep with a mutex held",
    [SIM_STACK] = "stack overflow",
    [SIM_CRASH] = "crash",
    [SIM_MEMORY] = "memory error",
    [SIM_EXIT_LOCKED] = "a thread that ended with a mutex held",
    [SIM_MISUSE] = "misuse of a thread function",
    [SIM_LIMIT] = "limit",
    [SIM_FORBIDDEN] = "forbidden call",
    [SIM_RACE] = "data race",
    [SIM_CALLBACK] = "callback with the server's lock held",
};

static const char *const progress[] = {
    "liveness",
    "calls without end",
    "no heartbeats",
    "majority without a commit",
    "election timer not set back",
    "election timer set back without a reason",
    "election without a timeout",
    "a leader times out",
    "stepped down without a newer term",
    "candidate against a leader",
    "vote refused without a reason",
    "refused although the entry matches"};

static const char *const others[] = {"time",
                                     "load",
                                     LAB_INFRASTRUCTURE,
                                     "data race",
                                     "leak",
                                     "memory",
                                     "crash",
                                     "forged result",
                                     "expectation",
                                     "applied what nobody started"};

enum {
    N_FAILURES = sizeof failures / sizeof failures[0],
    N_PROGRESS = sizeof progress / sizeof progress[0],
    N_OTHERS = sizeof others / sizeof others[0]
};

// The entry of that name, NULL when there is none.
static const char *find(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return names[i];
    return NULL;
}

const char *outcome_of_simulator(enum sim_failure failure)
{
    return failures[failure];
}

bool outcome_is_progress(const char *property)
{
    return find(progress, N_PROGRESS, property) != NULL;
}

// A rule's tag, "AE.3"?
static bool is_rule(const char *tag)
{
    static const char *const groups[] = {"RV.", "AE.", "IS.", "ALL.",
                                         "F.",  "C.",  "L.",  "P."};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        size_t n = strlen(groups[i]);
        if (strncmp(tag, groups[i], n) == 0 && tag[n] >= '1' && tag[n] <= '8' &&
            tag[n + 1] == '\0')
            return true;
    }
    return false;
}

void outcome_forget(struct lab_result *result)
{
    const struct lab_result told = *result;
    const char *known = find(failures, N_FAILURES, told.property);
    if (known == NULL)
        known = find(progress, N_PROGRESS, told.property);
    if (known == NULL)
        known = find(others, N_OTHERS, told.property);
    bool rule = is_rule(told.tag);
    memset(result, 0, sizeof *result);
    result->passed = told.passed;
    result->stalled = told.stalled;
    if (told.passed)
        return;
    snprintf(result->property, sizeof result->property, "%s",
             known != NULL ? known
             : rule        ? "a broken rule"
                           : "expectation");
    snprintf(result->tag, sizeof result->tag, "%s", rule ? told.tag : "");
    snprintf(result->text, sizeof result->text,
             "It happened with a secret seed, of which nothing else is told.");
}
