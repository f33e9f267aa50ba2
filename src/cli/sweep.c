// sweep.c -- see sweep.h.
#include "sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "artifacts.h"
#include "shorten.h"
#include "determinism.h"
#include "guide.h"

enum { EXIT_INTERRUPTED = 130 };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

struct sweep {
    const struct sweep_plan *plan;
    uint64_t position; // in the list of all runs
    uint64_t n_runs;   // of this shard
    bool again;        // the last one is given out a second time
    struct lab_run last;
    uint64_t point, n_points; // of the position before this one
    bool progress, single, broken;
    FILE *results;
    struct leave leave;
    bool shrinks; // failing runs, without being told to
    int n_full;   // failures reported with all that is known
    struct tally tally;
    char shared[500];        // the first that was said of shared variables
    struct lab_result first; // of a pair
    bool has_first;
    int64_t begin_s, told_s;
    uint64_t given;                // runs
    struct guide *guide;           // NULL: without
    struct lab_cover taker;        // for it
    const struct lab_cover *other; // who else wants what runs met
};

static int64_t clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

// The next position of this shard's; false when there is none, or no time.
static bool advance(struct sweep *sweep)
{
    const struct sweep_plan *plan = sweep->plan;
    uint64_t n = (uint64_t)plan->choice->n;
    while (sweep->position < (plan->last - plan->first + 1) * n &&
           sweep->position % plan->n_shards != plan->shard - 1)
        sweep->position++;
    return sweep->position < (plan->last - plan->first + 1) * n;
}

static void describe(const struct sweep *sweep, struct lab_run *run)
{
    const struct sweep_plan *plan = sweep->plan;
    uint64_t n = (uint64_t)plan->choice->n;
    *run = plan->common;
    run->scenario = plan->choice->chosen[sweep->position % n];
    run->seed = plan->first + sweep->position / n;
}

// How many crash points a run without a crash has.
static uint64_t count_points(struct lab_run run)
{
    struct lab_result result;
    run.cover = NULL;
    lab_run_one(&run, &result);
    return result.n_points;
}

static bool next_guided(struct sweep *sweep, struct lab_run *run)
{
    struct guide_choice choice;
    if (!guide_next(sweep->guide, &choice))
        return false;
    *run = sweep->plan->common;
    run->scenario = sweep->plan->choice->chosen[choice.scenario];
    run->seed = choice.seed;
    run->cover = &sweep->taker;
    sweep->given++;
    return true;
}

static bool is_out_of_time(const struct sweep *sweep)
{
    uint64_t budget_s = sweep->plan->budget_s;
    return budget_s > 0 && clock_s() - sweep->begin_s >= (int64_t)budget_s;
}

// A round is over.
static bool more(void *context)
{
    struct sweep *sweep = context;
    if (sweep->guide == NULL || is_out_of_time(sweep) ||
        sweep->given == sweep->n_runs)
        return false;
    guide_begin_round(sweep->guide, sweep->n_runs - sweep->given);
    return true;
}

static void take(void *context, const struct lab_run *run,
                 const struct lab_result *result, const struct met *met,
                 const uint64_t *counters)
{
    struct sweep *sweep = context;
    const struct lab_cover *other = sweep->other;
    if (other != NULL)
        other->take(other->context, run, result, met, counters);
    const struct cover *cover = sweep->plan->cover;
    struct guide_choice choice = {.seed = run->seed};
    while (sweep->plan->choice->chosen[choice.scenario] != run->scenario)
        choice.scenario++;
    guide_learn(sweep->guide, &choice, result, met,
                cover != NULL && cover_was_new(cover));
}

static bool next(void *context, struct lab_run *run)
{
    struct sweep *sweep = context;
    const struct sweep_plan *plan = sweep->plan;
    if (sweep->again) {
        sweep->again = false;
        *run = sweep->last;
        return true;
    }
    if (is_out_of_time(sweep))
        return false;
    if (sweep->guide != NULL)
        return next_guided(sweep, run);
    if (plan->budget_runs > 0 && sweep->given == plan->budget_runs)
        return false;
    sweep->given++;
    if (sweep->point < sweep->n_points) {
        *run = sweep->last;
        run->crash_at = ++sweep->point;
    } else if (advance(sweep)) {
        describe(sweep, run);
        sweep->position++;
        sweep->n_points = plan->crash_points ? count_points(*run) : 0;
        sweep->n_runs += sweep->n_points;
        sweep->point = 0;
    } else {
        return false;
    }
    sweep->again = plan->twice;
    sweep->last = *run;
    return true;
}

static void write_result(struct sweep *sweep, const struct lab_run *run,
                         const struct lab_result *result)
{
    if (sweep->results == NULL)
        return;
    lab_print_json(sweep->results, run, result);
    if (fflush(sweep->results) != 0 && !sweep->broken) {
        fprintf(stderr, "glassraft run: %s: %s\n", sweep->plan->results,
                strerror(errno));
        sweep->broken = true;
    }
}

// One line that is overwritten, on a terminal, about once a second.
static void show_progress(struct sweep *sweep, const struct lab_run *run)
{
    int64_t now_s = clock_s();
    if (!sweep->progress || now_s == sweep->told_s)
        return;
    sweep->told_s = now_s;
    int64_t seconds = now_s - sweep->begin_s;
    uint64_t n = sweep->tally.n_passed + sweep->tally.n_failed;
    fprintf(stderr,
            "\r%" PRIu64 " of %" PRIu64 " runs, %" PRIu64 " failed, %" PRId64
            " s, now %s seed 0x%" PRIx64 "\033[K",
            n, sweep->n_runs, sweep->tally.n_failed, seconds,
            run->scenario->name, run->seed);
}

static void clear_progress(const struct sweep *sweep)
{
    if (sweep->progress)
        fputs("\r\033[K", stderr);
}

// A scenario's first failure is reported with all that is known of it, the
// others with a line: there may be many. Of a lab, which is tried again and
// again, only the first few scenarios have reports and nothing else has lines.
static void tell_failure(struct sweep *sweep, const struct lab_run *run,
                         const struct lab_result *result, bool full)
{
    clear_progress(sweep);
    if (full && sweep->shrinks)
        shorten_run(run, result);
    if (full)
        lab_print_failure(stdout, run, result);
    else if (sweep->plan->lab == NULL)
        lab_print_brief(stdout, run, result);
    fflush(stdout);
}

static void tell(struct sweep *sweep, const struct lab_run *run,
                 struct lab_result *result)
{
    enum { LAB_FULL = 3 };
    const char *name = run->scenario->name;
    const struct course_lab *lab = sweep->plan->lab;
    bool full = !result->passed && tally_failed(&sweep->tally, name) == 0 &&
                (lab == NULL || sweep->n_full < LAB_FULL);
    sweep->n_full += full;
    if (lab == NULL || full)
        leave_run(&sweep->leave, run, result);
    tally_add(&sweep->tally, name, run->seed, result->passed,
              result->virtual_us, result->real_us);
    tally_draws(&sweep->tally, name, result->n_drawn_again, result->not_set_up);
    if (!result->passed)
        tally_explain(&sweep->tally, name, run->seed, result->property,
                      result->tag);
    if (sweep->shared[0] == '\0')
        snprintf(sweep->shared, sizeof sweep->shared, "%s", result->shared);
    write_result(sweep, run, result);
    if (sweep->plan->json) {
        lab_print_json(stdout, run, result);
        fflush(stdout);
    } else if (!result->passed) {
        tell_failure(sweep, run, result, full);
    } else if (sweep->single && lab == NULL) {
        lab_print_pass(stdout, run, result);
    }
    show_progress(sweep, run);
}

static bool done(void *context, const struct lab_run *run,
                 const struct lab_result *result)
{
    struct sweep *sweep = context;
    const struct sweep_plan *plan = sweep->plan;
    if (plan->twice && !sweep->has_first) {
        sweep->first = *result;
        sweep->has_first = true;
        return true;
    }
    sweep->has_first = false;
    struct lab_result verdict = *result;
    if (plan->twice)
        twice_compare(run, &sweep->first, &verdict);
    tell(sweep, run, &verdict);
    return !sweep->broken &&
           (plan->stop_after == 0 || sweep->tally.n_failed < plan->stop_after);
}

static bool stopped(void *context)
{
    (void)context;
    return interrupted != 0;
}

static bool open_results(struct sweep *sweep)
{
    const char *path = sweep->plan->results;
    if (path == NULL)
        return true;
    sweep->results = fopen(path, "a");
    if (sweep->results == NULL)
        fprintf(stderr, "glassraft run: %s: %s\n", path, strerror(errno));
    return sweep->results != NULL;
}

static uint64_t count_runs(const struct sweep_plan *plan)
{
    uint64_t n = (plan->last - plan->first + 1) * (uint64_t)plan->choice->n;
    n = n / plan->n_shards + (plan->shard <= n % plan->n_shards);
    bool all =
        plan->budget_runs == 0 || (!plan->guided && n < plan->budget_runs);
    return all ? n : plan->budget_runs;
}

static void begin_guide(struct sweep *sweep)
{
    const struct sweep_plan *plan = sweep->plan;
    if (!plan->guided)
        return;
    sweep->guide = guide_make(plan->choice->n, plan->first);
    sweep->other = plan->common.cover;
    sweep->taker =
        (struct lab_cover){.n = sweep->other != NULL ? sweep->other->n : 0,
                           .take = take,
                           .context = sweep};
}

static void end_guide(struct sweep *sweep)
{
    if (sweep->guide == NULL)
        return;
    struct guide_sums sums = guide_sums(sweep->guide);
    if (!sweep->plan->json)
        printf("guided: %" PRIu64 " of %" PRIu64
               " runs met something new, %" PRIu64 " of them among the %" PRIu64
               " with composed seeds\n",
               sums.n_kept, sums.n_runs, sums.n_kept_composed, sums.n_composed);
    guide_free(sweep->guide);
    sweep->guide = NULL;
}

int sweep(const struct sweep_plan *plan)
{
    static struct sweep s;
    s = (struct sweep){.plan = plan, .begin_s = clock_s()};
    s.n_runs = count_runs(plan);
    s.told_s = s.begin_s;
    begin_guide(&s);
    s.single = !plan->guided && plan->first == plan->last &&
               plan->n_shards == 1 && !plan->crash_points;
    s.progress = s.n_runs > 1 && isatty(STDERR_FILENO);
    if (!leave_begin(&s.leave) || !shorten_asked(&s.shrinks) ||
        !open_results(&s))
        return EXIT_USAGE;
    struct sigaction action = {.sa_handler = on_interrupt}, before;
    sigaction(SIGINT, &action, &before);
    struct lab_sweep runs = {.n_jobs = plan->n_jobs,
                             .next = next,
                             .more = more,
                             .done = done,
                             .stopped = stopped,
                             .context = &s};
    lab_run_many(&runs);
    sigaction(SIGINT, &before, NULL);
    clear_progress(&s);
    if (s.results != NULL && fclose(s.results) != 0)
        s.broken = true;
    if (!plan->json && plan->lab != NULL)
        tally_print_lab(&s.tally, plan->lab, stdout);
    else if (!plan->json && s.single && s.n_runs > 1)
        printf("%" PRIu64 " passed, %" PRIu64 " failed\n", s.tally.n_passed,
               s.tally.n_failed);
    else if (!plan->json && !s.single)
        tally_print(&s.tally, stdout);
    if (!plan->json)
        lab_print_shared(stdout, s.shared);
    end_guide(&s);
    if (interrupted) {
        fprintf(stderr,
                "glassraft run: interrupted after %" PRIu64 " of %" PRIu64
                " runs\n",
                s.tally.n_passed + s.tally.n_failed, s.n_runs);
        return EXIT_INTERRUPTED;
    }
    if (s.broken)
        return EXIT_USAGE;
    return s.tally.n_failed > 0 ? EXIT_FINDING : EXIT_GOOD;
}
