// run.c -- glassraft run: scenarios with seeds.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/suites/course.h"
#include "base/save.h"
#include "base/text.h"
#include "stepper/script.h"
#include "cli.h"
#include "reports.h"
#include "build_raft.h"
#include "sweep.h"

static const char help[] =
    "usage: glassraft run SCENARIO|SUITE|labN|all ... [OPTIONS]\n"
    "       glassraft run --script FILE [OPTIONS]\n\n"
    "  --script FILE    keep time still and do what the file says, line by\n"
    "                   line (src/stepper/SCRIPTS.md)\n"
    "  --raft PATH      run this Raft: a folder, a .o or .a (built first), or\n"
    "                   a .so made by labs/build-raft\n"
    "  --kv PATH        run this key/value service (lab 5): a folder, .o or "
    ".a\n"
    "  --lab N          require only what labs 1 to N teach (implied by labN)\n"
    "  --seed N         run one seed, decimal or 0x... (default 1)\n"
    "  --seeds A..B     run all seeds from A to B\n"
    "  -j N             run N at a time (default 1)\n"
    "  --real           use the system's threads and clock\n"
    "  --schedule KIND  random, pct, roundrobin, rotate, or run (to block);\n"
    "                   by default the seed chooses\n"
    "  --trace FILE     write the trace (one scenario, one seed)\n"
    "  --out FOLDER     write what failing runs leave to FOLDER (default out)\n"
    "  --cover FOLDER   report there which lines of the Raft the runs reach,\n"
    "                   and which run was the first to reach each\n"
    "  --curve FILE     write what each further seed adds: a table, and a\n"
    "                   picture (.svg)\n"
    "  --results FILE   append a JSON line for each run (see glassraft merge)\n"
    "  --shard I/N      run only part I of N equal parts (several machines)\n"
    "  --budget TIME    start no new run after this time (60, 60s, 10m, 2h), "
    "or\n"
    "                   after this many runs (500runs)\n"
    "  --guide coverage spend the runs where they meet something new\n"
    "  --stop-after K   stop after K failures\n"
    "  --crash-points   crash a server at each save, send and reply, in one\n"
    "                   run each (scenarios that restart servers)\n"
    "  --crash-at K     crash a server at point K of these\n"
    "  --check-determinism  run each twice; name the first event that differs\n"
    "  --mute           act as if the Raft had no trace calls\n"
    "  --no-sandbox     let the given Raft do what any program may (files,\n"
    "                   debuggers); the grader does not allow that\n"
    "  --unchecked      run without the checker\n"
    "  --json           print one JSON object per run\n\n"
    "With --guide, half of the runs have seeds in order, the others seeds that "
    "are\n"
    "composed of those that met new rules, states, transitions and, with "
    "--cover,\n"
    "lines: 0xc05e SSS NNN FFF PPP takes the schedule of threads from seed "
    "SSS, "
    "the\n"
    "network from NNN, the scenario's faults from FFF, the Raft's own numbers "
    "from\n"
    "PPP; 0xc05f AAAA BBBB TTTT is seed AAAA until TTTT hundredths of a "
    "second, "
    "and\n"
    "draws from BBBB's streams from then on (all hexadecimal, without the "
    "blanks).\n"
    "--seed takes them as any other. The same options choose the same runs, "
    "with "
    "any\n"
    "-j. Without --budget there are as many as without --guide.\n\n"
    "A failing run leaves its trace, story and pictures in OUT/SCENARIO-SEED.\n"
    "GLASSRAFT_VIZ=never leaves only the trace; GLASSRAFT_VIZ=always also "
    "draws\n"
    "passing runs that have --trace. GLASSRAFT_SHRINK=auto first shows a "
    "short\n"
    "script of the failing run (see glassraft shrink), or why there is "
    "none.\n\n"
    "Exit code 0: all passed, 1: a run failed, 2: wrong usage, 130: Ctrl-C.\n\n"
    "example: glassraft run election figure-8 --seeds 1..20 -j 2\n";

static bool complain(const char *what, const char *value, const char *expected)
{
    fprintf(stderr, "glassraft run: %s %s: expected %s\n", what, value,
            expected);
    return false;
}

static bool read_schedule(const char *text, enum sim_policy *policy)
{
    static const struct {
        const char *name;
        enum sim_policy policy;
    } kinds[] = {{"rotate", SIM_ROTATE},
                 {"run", SIM_RUN},
                 {"random", SIM_RANDOM},
                 {"pct", SIM_PCT},
                 {"roundrobin", SIM_ROUNDROBIN}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(text, kinds[i].name) == 0) {
            *policy = kinds[i].policy;
            return true;
        }
    return complain("--schedule", text,
                    "random, pct, roundrobin, run or rotate");
}

// A time, or a number of runs.
static void take_budget(struct options *o, struct sweep_plan *plan)
{
    const char *text = o->at + 1 < o->argc ? o->argv[o->at + 1] : "";
    char number[32] = "";
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n >= sizeof number || strcmp(text + n, "runs") != 0) {
        plan->budget_s = options_time(o);
        return;
    }
    memcpy(number, text, n);
    options_value(o);
    if (options_parse(number, &plan->budget_runs) && plan->budget_runs > 0)
        return;
    o->failed = true;
    complain("--budget", text, "at least one run");
}

static bool read_guide(const char *text, bool *guided)
{
    *guided = strcmp(text, "coverage") == 0;
    return *guided || complain("--guide", text, "coverage");
}

static bool read_lab(uint64_t number, const struct options *o,
                     struct sweep_plan *plan)
{
    plan->common.lab = (unsigned)number;
    if (o->failed || (number >= 1 && number <= 5))
        return !o->failed;
    fprintf(stderr, "glassraft run: --lab %" PRIu64 ": expected 1 to 5\n",
            number);
    return false;
}

static bool make_folder(const char *path)
{
    if (save_folder(path) && access(path, W_OK) == 0)
        return true;
    fprintf(stderr, "glassraft run: --out %s: %s\n", path, strerror(errno));
    return false;
}

struct arguments {
    struct sweep_plan plan;
    const char *raft;   // as given
    const char *kv;     // likewise, lab 5's service
    const char *script; // the file; NULL: none
    const char *cover;  // the folder of its reports; NULL: none
    const char *curve;  // a picture of what seeds met; NULL: none
    const char *names[CHOOSE_MOST];
    int n_names;
    uint64_t jobs;
    bool help, bad;
    bool open; // without a sandbox
};

// An option with a value of its own form; false when it is none of these.
static bool take_formed(struct options *o, struct arguments *a)
{
    struct sweep_plan *plan = &a->plan;
    if (options_is(o, "--schedule"))
        a->bad |= !read_schedule(options_value(o), &plan->common.schedule);
    else if (options_is(o, "--budget"))
        take_budget(o, plan);
    else if (options_is(o, "--guide"))
        a->bad |= !read_guide(options_value(o), &plan->guided);
    else if (options_is(o, "--shard"))
        options_shard(o, &plan->shard, &plan->n_shards);
    else if (options_is(o, "--out")) {
        plan->common.out = options_value(o);
        a->bad |= o->failed || !make_folder(plan->common.out);
    } else
        return false;
    return true;
}

static void take_argument(struct options *o, struct arguments *a)
{
    struct sweep_plan *plan = &a->plan;
    if (options_is(o, "--help"))
        a->help = true;
    else if (options_is(o, "--seed"))
        plan->first = plan->last = options_number(o);
    else if (options_is(o, "--seeds"))
        options_range(o, &plan->first, &plan->last);
    else if (options_is(o, "-j"))
        a->jobs = options_number(o);
    else if (options_is(o, "--real"))
        plan->common.real = true;
    else if (options_is(o, "--trace"))
        plan->common.trace = options_value(o);
    else if (options_is(o, "--results"))
        plan->results = options_value(o);
    else if (options_is(o, "--stop-after"))
        plan->stop_after = options_number(o);
    else if (options_is(o, "--crash-points"))
        plan->crash_points = true;
    else if (options_is(o, "--raft"))
        a->raft = options_value(o);
    else if (options_is(o, "--kv"))
        a->kv = options_value(o);
    else if (options_is(o, "--script"))
        a->script = options_value(o);
    else if (options_is(o, "--cover"))
        a->cover = options_value(o);
    else if (options_is(o, "--curve"))
        a->curve = options_value(o);
    else if (options_is(o, "--lab"))
        a->bad |= !read_lab(options_number(o), o, plan);
    else if (options_is(o, "--crash-at"))
        plan->common.crash_at = options_number(o);
    else if (options_is(o, "--check-determinism"))
        plan->twice = true;
    else if (options_is(o, "--mute"))
        plan->common.mute = true;
    else if (options_is(o, "--no-sandbox"))
        a->open = true;
    else if (options_is(o, "--unchecked"))
        plan->common.unchecked = true;
    else if (options_is(o, "--json"))
        plan->json = true;
    else if (!take_formed(o, a) && options_rest(o) && a->n_names < CHOOSE_MOST)
        a->names[a->n_names++] = o->now;
}

// What does not go with a guide; NULL: nothing.
static const char *unguided(const struct arguments *a)
{
    const struct sweep_plan *plan = &a->plan;
    if (!plan->guided)
        return NULL;
    if (plan->common.real)
        return "--guide and --real do not go together: the seeds that it finds"
               " must replay";
    if (plan->twice || plan->n_shards > 1 || plan->crash_points ||
        plan->common.trace != NULL || a->curve != NULL)
        return "--guide chooses its seeds as it goes: it does not go with"
               " --check-determinism, --shard, --crash-points, --trace or"
               " --curve";
    if (plan->first < 1 || plan->last > LAB_MOST_PART)
        return "--guide composes seeds of those from 1 to 4095";
    return NULL;
}

// What no single option can know; a line on stderr when it is wrong.
static bool fits(const struct arguments *a, const struct choice *choice)
{
    const struct sweep_plan *plan = &a->plan;
    const char *what = unguided(a);
    bool crashes = plan->crash_points || plan->common.crash_at > 0;
    for (int i = 0; i < choice->n && crashes; i++)
        if (!choice->chosen[i]->crash_points)
            what = "--crash-points wants scenarios that bring servers back:"
                   " crash-points";
    if (plan->common.trace != NULL &&
        (choice->n > 1 || plan->first != plan->last || plan->twice ||
         plan->crash_points))
        what = "--trace takes exactly one scenario and one seed";
    else if ((a->cover != NULL || a->curve != NULL) && plan->twice)
        what = "--check-determinism does not go with --cover or --curve";
    else if (plan->common.real && plan->twice)
        what = "--check-determinism and --real do not go together";
    else if (plan->common.real && plan->common.schedule != SIM_ROTATE)
        what = "--schedule and --real do not go together";
    else if (choice->n == 0)
        what = "nothing to run: all of these exist in virtual time only";
    for (int i = 1; i < choice->n; i++)
        if (!choice->chosen[i]->load != !choice->chosen[0]->load)
            what = "lab 0 has no Raft in it: run the warm-up on its own";
    if (what != NULL)
        fprintf(stderr, "glassraft run: %s\n", what);
    return what == NULL;
}

// A script is a scenario of its own, named after its file.
static bool take_script(struct arguments *a, struct choice *choice)
{
    enum { MOST_BYTES = 1 << 20 };
    static char name[64];
    char error[300];
    struct script script;
    size_t n;
    const struct sweep_plan *plan = &a->plan;
    if (a->n_names > 0 || plan->common.real || plan->first != plan->last ||
        plan->crash_points || plan->common.schedule != SIM_ROTATE) {
        fprintf(stderr,
                "glassraft run: --script goes with neither scenarios nor"
                " --real, --seeds, --schedule, --crash-points\n");
        return false;
    }
    char *text = text_read_file(a->script, MOST_BYTES, &n);
    if (text == NULL) {
        fprintf(stderr, "glassraft run: %s: %s\n", a->script, strerror(errno));
        return false;
    }
    if (!script_parse(a->script, text, &script, error)) {
        fprintf(stderr, "%s\n", error);
        free(text);
        return false;
    }
    bool empty = script.n == 0;
    script_free(&script);
    if (empty) {
        fprintf(stderr, "glassraft run: %s: no action, expected one or more\n",
                a->script);
        free(text);
        return false;
    }
    const char *slash = strrchr(a->script, '/');
    snprintf(name, sizeof name, "%s", slash != NULL ? slash + 1 : a->script);
    name[strcspn(name, ".")] = '\0';
    choice->chosen[0] = script_scenario(name, text);
    choice->n = 1;
    a->plan.common.script = text; // until the end
    a->plan.common.path = a->script;
    return true;
}

// The name of a lab says what is asked and how it is told.
static bool take_lab(struct sweep_plan *plan, const char *name)
{
    const struct course_lab *lab = course_find(name);
    if (lab == NULL)
        return true;
    if (plan->lab != NULL) {
        fprintf(stderr, "glassraft run: one lab at a time: %s, %s\n",
                plan->lab->name, lab->name);
        return false;
    }
    plan->lab = lab;
    if (plan->common.lab == 0)
        plan->common.lab = lab->number;
    return true;
}

// The Raft to run (or lab 0's warm-up): as given, or the one that this program
// has.
static bool take_raft(struct arguments *a, const struct choice *choice)
{
    static char object[4096];
    static const struct sandbox sandbox = {.own = true};
    bool warm_up = choice->chosen[0]->load != NULL;
    struct lab_run *run = &a->plan.common;
    bool serves = false;
    for (int i = 0; i < choice->n; i++)
        serves |= choice->chosen[i]->service;
    const char *path = a->raft != NULL ? a->raft : student_default(warm_up);
    const char *service = a->kv;
    if (path == NULL && a->cover == NULL && (a->kv == NULL || !serves))
        return true;
    if (serves && service == NULL && (path == NULL || !student_is_built(path)))
        service = student_half(true);
    if (serves && path == NULL)
        path = student_half(false);
    run->given = a->raft;
    run->given_kv = a->kv;
    run->raft = object;
    // As the grader will run it, so that what passes here passes there. On the
    // system's own threads there is no such sandbox.
    if (!a->open && !run->real && sandbox_stands(&sandbox)) {
        run->sandbox = &sandbox;
        run->shown = true;
    }
    return a->cover != NULL
               ? student_cover(path, warm_up, object, sizeof object)
               : student_service(path, serves ? service : NULL, object,
                                 sizeof object);
}

// A lab with several seeds says what they met; lab 0 has no Raft.
static bool asks_line(const struct arguments *a)
{
    const struct sweep_plan *plan = &a->plan;
    return plan->lab != NULL && plan->lab->number > 0 &&
           plan->first < plan->last && !plan->json && !plan->twice &&
           !plan->guided;
}

int cli_run(int argc, char **argv)
{
    static struct choice choice;
    static struct arguments a;
    a.plan = (struct sweep_plan){.choice = &choice,
                                 .first = 1,
                                 .last = 1,
                                 .shard = 1,
                                 .n_shards = 1,
                                 .common = {.out = "out"}};
    a.jobs = 1;
    struct options o = options_begin(argc, argv, "run");
    while (!a.help && !a.bad && options_next(&o) != NULL)
        take_argument(&o, &a);
    if (a.help)
        fputs(help, stdout);
    if (a.help || a.bad || o.failed)
        return a.help ? EXIT_GOOD : EXIT_USAGE;
    if (a.n_names == 0 && a.script == NULL) {
        fprintf(stderr,
                "glassraft run: no scenario given; `glassraft list` lists"
                " them\n");
        return EXIT_USAGE;
    }
    if (a.jobs < 1 || a.jobs > 64) {
        fprintf(stderr, "glassraft run: -j %" PRIu64 ": expected 1 to 64\n",
                a.jobs);
        return EXIT_USAGE;
    }
    a.plan.n_jobs = (int)a.jobs;
    if (a.script != NULL && !take_script(&a, &choice))
        return EXIT_USAGE;
    for (int i = 0; i < a.n_names; i++)
        if (!choose(&choice, "run", a.names[i], a.plan.common.real) ||
            !take_lab(&a.plan, a.names[i]))
            return EXIT_USAGE;
    if (!fits(&a, &choice) || !take_raft(&a, &choice))
        return EXIT_USAGE;
    const struct reports_asked asked = {a.cover, a.curve, asks_line(&a),
                                        a.plan.json, a.plan.guided};
    if (a.cover == NULL && a.curve == NULL && !asked.line)
        return sweep(&a.plan);
    if (!reports_begin(&asked, &a.plan.common))
        return EXIT_USAGE;
    a.plan.cover = reports_cover();
    int code = sweep(&a.plan);
    return reports_end() ? code : EXIT_USAGE;
}
