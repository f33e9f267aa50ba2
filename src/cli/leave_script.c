// leave_script.c -- see leave_script.h.
#include "leave_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/save.h"
#include "base/text.h"
#include "artifacts.h"

bool leave_script(const struct lab_run *of, const struct script *script,
                  const char *name, const char *out)
{
    static char path[200];
    struct leave leave;
    struct lab_run run = *of;
    struct lab_result result;
    if (!save_folder(out)) {
        fprintf(stderr, "glassraft: %s: %s\n", out, strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "%.100s/%.60s.script", out, name);
    char *text = script_format(script), folder[160], trace[200];
    if (!text_write_file(path, text, strlen(text)) || !leave_begin(&leave))
        return false;
    run.scenario = script_scenario(name, text);
    run.script = text;
    run.path = path;
    run.out = out;
    if (!lab_run_folder(&run, folder, sizeof folder))
        return false;
    snprintf(trace, sizeof trace, "%s/trace.jsonl", folder);
    run.trace = trace;
    lab_run_one(&run, &result);
    if (!result.passed)
        leave_run(&leave, &run, &result);
    if (result.passed)
        printf("  but     %s, run once more, breaks nothing: what was found\n"
               "          does not come again\n",
               path);
    else
        lab_print_failure(stdout, &run, &result);
    free(text);
    return true;
}
