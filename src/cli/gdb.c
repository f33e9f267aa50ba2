// gdb.c -- glassraft gdb: a run in the debugger, stopped at an event.
#define _XOPEN_SOURCE 700 // setenv
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "labs/suites/suites.h"
#include "sandbox/home.h"
#include "cli.h"
#include "build_raft.h"

enum { MOST = 64, LINE = 1 << 16 };

static const char help[] =
    "usage: glassraft gdb SCENARIO [OPTIONS] [-- GDB'S OPTIONS]\n\n"
    "Runs a scenario in gdb and stops at an event, before it is judged:\n"
    "`sim-threads` lists the simulated threads, `sim-backtrace [ID]` prints\n"
    "their backtraces, `up` leads to the code that the event comes from.\n\n"
    "  --at EVENT    stop there; by default at the first event that the\n"
    "                run's finding names, or at the finding itself; in a\n"
    "                run that passes, at its first event\n"
    "  --raft PATH   run this Raft, as with `glassraft run`\n"
    "  --seed N and all other options of `glassraft run` choose the run.\n\n"
    "A given Raft is built first and runs without its sandbox, which does\n"
    "not allow debugging. Its thread switches and events are the same.\n\n"
    "Exit code: gdb's; 2: wrong usage.\n\n"
    "example: glassraft gdb re-election --seed 7 --raft labs/student --at "
    "120\n";

struct debug {
    char *rest[MOST + 1]; // what `glassraft run` gets
    char **own;           // what gdb gets
    const char *raft, *scenario;
    int n_rest, n_scenarios;
    uint64_t at;
    bool help, has_at;
};

static void take(struct options *o, struct debug *debug)
{
    if (options_is(o, "--help"))
        debug->help = true;
    else if (options_is(o, "--raft"))
        debug->raft = options_value(o);
    else if (options_is(o, "--at")) {
        debug->at = options_number(o);
        debug->has_at = true;
    } else if (debug->n_rest < MOST) {
        debug->rest[debug->n_rest++] = o->argv[o->at];
        if (suites_find(o->now) == NULL)
            return;
        debug->scenario = o->now;
        debug->n_scenarios++;
    }
}

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "glassraft gdb: %s%s%s\n", what, why[0] != '\0' ? ": " : "",
            why);
    return false;
}

// The command line of the run: before gdb, and in it.
static void command(struct debug *debug, const char *self, const char *object,
                    bool json, const char **argv)
{
    int n = 0;
    argv[n++] = self;
    argv[n++] = "run";
    for (int i = 0; i < debug->n_rest; i++)
        argv[n++] = debug->rest[i];
    if (object != NULL) {
        argv[n++] = "--raft";
        argv[n++] = object;
        argv[n++] = "--no-sandbox";
    }
    if (json)
        argv[n++] = "--json";
    argv[n] = NULL;
}

// The first event of what the run has found.
static uint64_t event_of(const cJSON *result)
{
    const cJSON *passed = cJSON_GetObjectItem(result, "passed");
    const cJSON *first =
        cJSON_GetArrayItem(cJSON_GetObjectItem(result, "events"), 0);
    const cJSON *all = cJSON_GetObjectItem(result, "events_n");
    if (cJSON_IsTrue(passed))
        return 1;
    if (cJSON_IsNumber(first) && first->valuedouble >= 1)
        return (uint64_t)first->valuedouble;
    // The finding itself; behind it is the verdict.
    return cJSON_IsNumber(all) && all->valuedouble > 2
               ? (uint64_t)all->valuedouble - 1
               : 1;
}

static bool read_event(FILE *in, uint64_t *event)
{
    static char line[LINE];
    int n_runs = 0;
    while (fgets(line, sizeof line, in) != NULL) {
        cJSON *result = line[0] == '{' ? cJSON_Parse(line) : NULL;
        if (cJSON_GetObjectItem(result, "passed") != NULL) {
            *event = event_of(result);
            n_runs++;
        }
        cJSON_Delete(result);
    }
    return n_runs == 1;
}

// Makes the run once, to see where it fails. The exit code.
static int look(const char **argv, uint64_t *event)
{
    int ends[2], status = 0;
    pid_t pid = pipe(ends) == 0 ? fork() : -1;
    if (pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        setenv("GLASSRAFT_VIZ", "never", 1);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (pid < 0) {
        complain("fork", strerror(errno));
        return EXIT_BUG;
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    bool one = in != NULL && read_event(in, event);
    if (in != NULL)
        fclose(in);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) > EXIT_FINDING)
        return WEXITSTATUS(status);
    if (!one)
        complain("one scenario and one seed", "");
    return one ? EXIT_GOOD : EXIT_USAGE;
}

// Becomes gdb.
static int debug_run(const struct debug *debug, const char *home,
                     const char **run)
{
    static char script[PATH_MAX + 32], at[32];
    const char *argv[2 * MOST + 32];
    int n = 0;
    snprintf(script, sizeof script, "%s/src/sim/gdb.py", home);
    snprintf(at, sizeof at, "%" PRIu64, debug->at);
    setenv("GLASSRAFT_STOP_AT", at, 1);
    const char *const first[] = {"gdb",  "-q",
                                 "-iex", "set debuginfod enabled off",
                                 "-x",   script,
                                 "-d",   home,
                                 "-iex", "set pagination off",
                                 "-ex",  "break trace_stops_here",
                                 "-ex",  "run"};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        argv[n++] = first[i];
    for (char **own = debug->own; *own != NULL && n < MOST; own++)
        argv[n++] = *own;
    argv[n++] = "--args";
    while (*run != NULL)
        argv[n++] = *run++;
    argv[n] = NULL;
    printf("stops at event %s\n", at);
    fflush(stdout);
    execvp("gdb", (char *const *)argv);
    complain("gdb",
             errno == ENOENT ? "not found; install gdb" : strerror(errno));
    return EXIT_USAGE;
}

static bool fits(const struct debug *debug)
{
    if (debug->n_scenarios != 1)
        return complain("expected one scenario of `glassraft list`", "");
    if (debug->has_at && debug->at == 0)
        return complain("--at 0", "the first event is 1");
    return true;
}

int cli_gdb(int argc, char **argv)
{
    static struct debug debug;
    static char object[PATH_MAX], self[PATH_MAX], place[PATH_MAX];
    const char *run[MOST + 16];
    int n_ours = 0;
    while (n_ours < argc && strcmp(argv[n_ours], "--") != 0)
        n_ours++;
    debug.own = &argv[n_ours < argc ? n_ours + 1 : argc];
    struct options o = options_begin(n_ours, argv, "gdb");
    while (!debug.help && options_next(&o) != NULL)
        take(&o, &debug);
    if (debug.help)
        fputs(help, stdout);
    if (debug.help || o.failed)
        return debug.help ? EXIT_GOOD : EXIT_USAGE;
    if (!fits(&debug) || !lab_home(place, sizeof place))
        return EXIT_USAGE;
    bool warm_up = suites_find(debug.scenario)->load != NULL;
    const char *path =
        debug.raft != NULL ? debug.raft : student_default(warm_up);
    // Before gdb is there: it would follow the compiler.
    if (path != NULL && !student_raft(path, object, sizeof object))
        return EXIT_USAGE;
    if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0)
        return EXIT_BUG;
    command(&debug, self, path != NULL ? object : NULL, true, run);
    int code = debug.has_at ? EXIT_GOOD : look(run, &debug.at);
    if (code != EXIT_GOOD)
        return code;
    command(&debug, self, path != NULL ? object : NULL, false, run);
    return debug_run(&debug, place, run);
}
