// play_script.c -- the scenario of a script: its actions, one after the other.
#include <stdio.h>
#include <string.h>

#include "script.h"
#include "stepper.h"

// A line that cannot be done is skipped, and said.
static void run(struct lab *lab)
{
    struct script script;
    char error[300], line[STEP_LINE], why[STEP_LINE];
    if (!script_parse("script", lab_script(lab), &script, error))
        lab_fail(lab, "%s", error);
    struct stepper *stepper = stepper_begin(lab);
    for (size_t i = 0; i < script.n; i++) {
        if (stepper_do(stepper, &script.action[i], why))
            continue;
        step_format(&script.action[i], line);
        fprintf(stderr, "%s:%d: skipped '%s': %s\n", lab_script_path(lab),
                script.line[i], line, why);
    }
    stepper_end(stepper);
    script_free(&script);
}

const struct lab_scenario *script_scenario(const char *name, const char *text)
{
    static struct lab_scenario scenario;
    static char title[100], own[80];
    struct script script;
    char error[300];
    if (!script_parse(name, text, &script, error))
        return NULL;
    snprintf(own, sizeof own, "%s", name);
    snprintf(title, sizeof title, "Script %.60s, %zu actions", name, script.n);
    scenario = (struct lab_scenario){.name = own,
                                     .title = title,
                                     .run = run,
                                     .n_servers = script.n_servers,
                                     .max_entries = script.max_entries,
                                     .snapshot_chunk = script.snapshot_chunk,
                                     .stepped = true,
                                     .simulated_only = true,
                                     .young = true,
                                     .no_long_delays = true,
                                     .limit_s = 100000};
    script_free(&script);
    return &scenario;
}
