// run.c -- glassraft run: scenarios with seeds.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../labs/suites.h"
#include "../lab/runner.h"
#include "cli.h"

enum { MAX_CHOSEN = 256 };

static const char help[] =
    "usage: glassraft run SCENARIO|SUITE|all ... [OPTIONS]\n\n"
    "  --seed N         one seed (decimal or 0x...), default 1\n"
    "  --seeds A..B     all seeds from A to B\n"
    "  -j N             so many runs at a time, default 1\n"
    "  --real           on the system's threads and clock\n"
    "  --trace FILE     write the trace (one scenario, one seed)\n"
    "  --out FOLDER     what failing runs leave goes here, default out\n"
    "  --stop-after K   stop after K failures\n"
    "  --unchecked      without the checker\n"
    "  --json           one JSON object per run\n\n"
    "Exit code 0: all passed, 1: a run failed, 2: wrong usage.\n\n"
    "example: glassraft run election figure-8 --seeds 1..20 -j 2\n";

struct sweep {
    const struct lab_scenario *now; // the one that is counted
    uint64_t n_passed, n_failed;    // of all
    uint64_t n_seeds, n_bad;        // of `now`
    uint64_t virtual_us, real_us;
    uint64_t stop_after, wanted; // runs in all
    bool json, single, progress;
};

static void tell_scenario(struct sweep *sweep)
{
    if (sweep->now == NULL || sweep->json || sweep->single)
        return;
    if (sweep->progress)
        fprintf(stderr, "\r\033[K");
    printf("%-36s %6" PRIu64 " passed %4" PRIu64 " failed  %9.1f virtual s"
           "  %8.2f s\n",
           sweep->now->name, sweep->n_seeds - sweep->n_bad, sweep->n_bad,
           (double)sweep->virtual_us / 1e6, (double)sweep->real_us / 1e6);
    fflush(stdout);
}

static bool done(void *context, const struct lab_run *run,
                 const struct lab_result *result)
{
    struct sweep *sweep = context;
    if (run->scenario != sweep->now) {
        tell_scenario(sweep);
        sweep->now = run->scenario;
        sweep->n_seeds = sweep->n_bad = sweep->virtual_us = sweep->real_us = 0;
    }
    sweep->n_seeds++;
    sweep->virtual_us += result->virtual_us;
    sweep->real_us += result->real_us;
    if (result->passed)
        sweep->n_passed++;
    else {
        sweep->n_failed++;
        sweep->n_bad++;
    }
    if (sweep->progress)
        fprintf(stderr,
                "\r%s: %" PRIu64 " of %" PRIu64 " runs, %" PRIu64
                " failed\033[K",
                run->scenario->name, sweep->n_passed + sweep->n_failed,
                sweep->wanted, sweep->n_failed);
    if (sweep->json)
        lab_print_json(stdout, run, result);
    else if (!result->passed) {
        if (sweep->progress)
            fprintf(stderr, "\r\033[K");
        lab_print_failure(stdout, run, result);
    } else if (sweep->single)
        lab_print_pass(stdout, run, result);
    return sweep->stop_after == 0 || sweep->n_failed < sweep->stop_after;
}

// How many letters must change to make one word of the other.
static int distance(const char *a, const char *b)
{
    int row[64];
    int n = (int)strlen(b);
    if (n > 62)
        return 99;
    for (int i = 0; i <= n; i++)
        row[i] = i;
    for (; *a != '\0'; a++) {
        int corner = row[0]++;
        for (int i = 1; i <= n; i++) {
            int change = corner + (*a != b[i - 1]);
            corner = row[i];
            int add = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;
            row[i] = change < add ? change : add;
        }
    }
    return row[n];
}

struct choice {
    const struct lab_scenario *chosen[MAX_CHOSEN + 1];
    int n;
};

// Adds what a name stands for; false with a line on stderr when there is none.
static bool choose(struct choice *choice, const char *name, bool real)
{
    const char *nearest = "all";
    int best = distance(name, nearest);
    bool found = strcmp(name, "all") == 0, all = found;
    for (const struct suite *suite = suites; suite->name != NULL; suite++) {
        bool whole = all || strcmp(name, suite->name) == 0;
        for (int t = 0; t < 8 && suite->tables[t] != NULL; t++)
            for (const struct lab_scenario *s = suite->tables[t];
                 s->name != NULL; s++) {
                bool named = strcmp(name, s->name) == 0;
                if (distance(name, s->name) < best) {
                    best = distance(name, s->name);
                    nearest = s->name;
                }
                if (!whole && !named)
                    continue;
                found = true;
                if (real && s->simulated_only && !named)
                    continue;
                if (real && s->simulated_only) {
                    fprintf(stderr,
                            "glassraft run: %s: exists in virtual time only,"
                            " not with --real\n",
                            name);
                    return false;
                }
                if (choice->n < MAX_CHOSEN)
                    choice->chosen[choice->n++] = s;
            }
    }
    if (!found)
        fprintf(stderr,
                "glassraft run: %s: no such scenario or suite; did you mean"
                " %s?\n",
                name, nearest);
    return found;
}

static int run(struct choice *choice, uint64_t first, uint64_t last, int jobs,
               const struct lab_run *common, struct sweep *sweep)
{
    sweep->single = first == last && !sweep->json;
    sweep->wanted = (last - first + 1) * (uint64_t)choice->n;
    sweep->progress = sweep->wanted > 1 && isatty(STDERR_FILENO);
    lab_run_all(choice->chosen, first, last, jobs, common, done, sweep);
    tell_scenario(sweep);
    if (sweep->progress)
        fprintf(stderr, "\r\033[K");
    if (!sweep->json && sweep->wanted > 1)
        printf("%" PRIu64 " passed, %" PRIu64 " failed\n", sweep->n_passed,
               sweep->n_failed);
    return sweep->n_failed > 0 ? EXIT_FINDING : EXIT_GOOD;
}

int cli_run(int argc, char **argv)
{
    static struct choice choice;
    const char *names[MAX_CHOSEN];
    int n_names = 0;
    uint64_t first = 1, last = 1, jobs = 1;
    struct lab_run common = {.out = "out"};
    struct sweep sweep = {.now = NULL};
    struct options o = options_begin(argc, argv, "run");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--seed"))
            first = last = options_number(&o);
        else if (options_is(&o, "--seeds"))
            options_range(&o, &first, &last);
        else if (options_is(&o, "-j"))
            jobs = options_number(&o);
        else if (options_is(&o, "--real"))
            common.real = true;
        else if (options_is(&o, "--trace"))
            common.trace = options_value(&o);
        else if (options_is(&o, "--out"))
            common.out = options_value(&o);
        else if (options_is(&o, "--stop-after"))
            sweep.stop_after = options_number(&o);
        else if (options_is(&o, "--unchecked"))
            common.unchecked = true;
        else if (options_is(&o, "--json"))
            sweep.json = true;
        else if (options_rest(&o) && n_names < MAX_CHOSEN)
            names[n_names++] = arg;
    }
    if (o.failed)
        return EXIT_USAGE;
    if (n_names == 0) {
        fprintf(stderr, "glassraft run: which scenario? `glassraft list` lists"
                        " them\n");
        return EXIT_USAGE;
    }
    if (jobs < 1 || jobs > 64) {
        fprintf(stderr, "glassraft run: -j %" PRIu64 ": expected 1 to 64\n",
                jobs);
        return EXIT_USAGE;
    }
    for (int i = 0; i < n_names; i++)
        if (!choose(&choice, names[i], common.real))
            return EXIT_USAGE;
    if (common.trace != NULL && (choice.n > 1 || first != last)) {
        fprintf(stderr, "glassraft run: --trace wants one scenario and one"
                        " seed\n");
        return EXIT_USAGE;
    }
    return run(&choice, first, last, (int)jobs, &common, &sweep);
}
