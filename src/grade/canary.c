// canary.c -- see grade.h: a Raft that must build and run wherever a grade is
// to mean something.
#define _GNU_SOURCE
#include "grade.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/findings.h"
#include "labs/suites/suites.h"
#include "harness/runner.h"
#include "base/text.h"

// Does nothing, and so fails in its first scenario for want of a leader.
static const char raft[] =
    "#include <stdlib.h>\n"
    "#include <raft.h>\n"
    "#include \"../trace/figure2.h\"\n"
    "const struct message_rpc *const raft_rpcs = figure2_rpcs;\n"
    "struct raft { int nothing; };\n"
    "struct raft *raft_make(const struct raft_config *config)\n"
    "{ (void)config; return calloc(1, sizeof(struct raft)); }\n"
    "bool raft_start(struct raft *rf, const void *command, size_t n_bytes,\n"
    "                raft_index *index, raft_term *term)\n"
    "{ (void)rf; (void)command; (void)n_bytes; (void)index; (void)term;\n"
    "  return false; }\n"
    "void raft_get_state(struct raft *rf, raft_term *term, bool *leads)\n"
    "{ (void)rf; *term = 0; *leads = false; }\n"
    "void raft_snapshot(struct raft *rf, raft_index index,\n"
    "                   const void *bytes, size_t n_bytes)\n"
    "{ (void)rf; (void)index; (void)bytes; (void)n_bytes; }\n"
    "bool raft_handle(struct raft *rf, const char *method,\n"
    "                 const uint8_t *args, size_t n_args,\n"
    "                 uint8_t **reply, size_t *n_reply)\n"
    "{ (void)rf; (void)method; (void)args; (void)n_args; (void)reply;\n"
    "  (void)n_reply; return false; }\n"
    "void raft_kill(struct raft *rf) { (void)rf; }\n"
    "void raft_free(struct raft *rf) { free(rf); }\n";

static bool runs(const struct submission *s, const struct sandbox *sandbox,
                 char *why, size_t n)
{
    struct lab_run run = {.scenario = suites_find("initial-election"),
                          .seed = 1,
                          .raft = s->object,
                          .lab = 1,
                          .sandbox = sandbox};
    struct lab_result result;
    lab_run_one(&run, &result);
    if (finding_is(result.property, FINDING_LIVENESS))
        return true;
    snprintf(why, n, "%.40s: %.250s", finding_headline(result.property),
             result.text);
    return false;
}

static bool try(const char *folder, const struct sandbox *sandbox, char *why,
                size_t n)
{
    struct submission s;
    char path[400];
    snprintf(path, sizeof path, "%s/raft.c", folder);
    if (!text_write_file(path, raft, sizeof raft - 1)) {
        snprintf(why, n, "%.200s: %s", path, strerror(errno));
        return false;
    }
    bool good = submission_take(&s, folder, 1, sandbox) &&
                submission_build(&s, sandbox);
    if (!good || s.problem != NULL)
        snprintf(why, n, "%.290s", s.problem != NULL ? s.problem : s.trouble);
    good = good && s.problem == NULL && runs(&s, sandbox, why, n);
    submission_end(&s);
    unlink(path);
    return good;
}

bool grade_canary(const struct sandbox *sandbox)
{
    char folder[200], why[320] = "";
    bool good = submission_folder(folder, "canary");
    if (good) {
        good = try(folder, sandbox, why, sizeof why);
        rmdir(folder);
    } else {
        snprintf(why, sizeof why, "%.200s: %s", folder, strerror(errno));
    }
    if (!good && !sandbox_tools_stopped())
        fprintf(stderr,
                "glassraft grade: this machine cannot grade now: a Raft that"
                " is known does not build and run here: %s\n",
                why);
    return good;
}
