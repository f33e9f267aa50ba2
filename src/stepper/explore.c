// explore.c -- see explore.h: the workers, level by level.
#define _GNU_SOURCE
#include "explore.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/die.h"
#include "sim/sim.h"
#include "shrink.h"
#include "worker.h"

enum { LOOK_MS = 200, SHRINK_S = 30, GUARDS = 10, MOST_OTHERS = 200 };

struct worker {
    pid_t pid;
    int orders, answers, result;
    bool busy, dead;
};

struct all {
    const struct explore_plan *plan;
    struct explore_report *report;
    struct worker_shared *shared;
    struct frontier *frontier;
    struct worker worker[MOST_WORKERS];
    int n_workers;
    struct timespec begin;
    double cpu_s;   // of workers that have ended
    uint64_t found; // the order of report->result
    uint64_t first; // node of the level
    double pause_s; // when the others' share of the budget begins
    bool walking, guarding;
    int n_others;
    int walked; // the worker whose list by chance broke a rule; -1: none
};

static double since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) +
           (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static void pipe_of(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        die("pipe: %s", strerror(errno));
}

_Noreturn static void become_worker(const struct all *all, int number, int from,
                                    int to, int result)
{
    struct lab_run run = all->plan->run;
    struct lab_channel channel = {.files = {.result = result}};
    struct sandbox_files *files = &channel.files;
    files->printed = files->trace = files->object = -1;
    files->counters = files->met = -1;
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    run.scenario = worker_scenario(all->shared, number, from, to);
    run.endless = run.quiet = true;
    run.memory_bytes = 0; // the worker sees to that
    lab_child(&run, &channel);
}

static void start(struct all *all, int number)
{
    int orders[2], answers[2], result[2];
    struct worker *worker = &all->worker[number];
    pipe_of(orders);
    pipe_of(answers);
    pipe_of(result);
    worker->pid = fork();
    if (worker->pid < 0)
        die("fork: %s", strerror(errno));
    if (worker->pid == 0) {
        close(orders[1]);
        close(answers[0]);
        close(result[0]);
        // Else another's end would not be seen.
        for (int i = 0; i < number; i++)
            close(all->worker[i].orders);
        become_worker(all, number, orders[0], answers[1], result[1]);
    }
    close(orders[0]);
    close(answers[1]);
    close(result[1]);
    worker->orders = orders[1];
    worker->answers = answers[0];
    worker->result = result[0];
}

// Waits for its end, and adds what it has cost.
static int collect(struct all *all, const struct worker *worker)
{
    struct rusage usage = {0};
    int status = 0;
    while (wait4(worker->pid, &status, 0, &usage) < 0 && errno == EINTR)
        continue;
    all->cpu_s +=
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return status;
}

static void end_workers(struct all *all)
{
    for (int i = 0; i < all->n_workers; i++) {
        struct worker *worker = &all->worker[i];
        if (!worker->dead) {
            kill(worker->pid, SIGKILL);
            collect(all, worker);
        }
        close(worker->orders);
        close(worker->answers);
        close(worker->result);
    }
}

static void take_result(const struct worker *worker, int status,
                        struct lab_result *result)
{
    static struct lab_message message;
    size_t n = 0;
    for (ssize_t now = 1; n < sizeof message && now > 0;
         n += now > 0 ? (size_t)now : 0)
        now = read(worker->result, (char *)&message + n, sizeof message - n);
    if (n == sizeof message) {
        *result = message.result;
        return;
    }
    *result = (struct lab_result){.property = "crash"};
    if (WIFSIGNALED(status))
        snprintf(result->text, sizeof result->text,
                 "The process was ended by signal %d (%s).", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(result->text, sizeof result->text,
                 "The process ended itself with exit status %d.",
                 WEXITSTATUS(status));
}

static bool is_wanted(const struct all *all, const struct lab_result *result)
{
    const struct explore_plan *plan = all->plan;
    return plan->property == NULL ||
           (strcmp(result->property, plan->property) == 0 &&
            strcmp(result->tag, plan->tag) == 0);
}

// Another takes the place of a worker that has found something else.
static void go_on(struct all *all, int number)
{
    struct worker *worker = &all->worker[number];
    close(worker->orders);
    close(worker->answers);
    close(worker->result);
    atomic_store(&all->shared->post[number].order, UINT64_MAX);
    atomic_store(&all->frontier->full, true);
    *worker = (struct worker){0};
    start(all, number);
    if (++all->n_others == MOST_OTHERS)
        atomic_store(&all->shared->stop, true);
    worker->busy = write(worker->orders,
                         all->walking ? WORKER_WALK : WORKER_LEVEL, 1) == 1;
}

// A worker ends at what it tried last: that breaks a rule, or crashes.
static void bury(struct all *all, int number)
{
    struct worker *worker = &all->worker[number];
    struct worker_post *post = &all->shared->post[number];
    struct lab_result result;
    int status = collect(all, worker);
    take_result(worker, status, &result);
    worker->dead = true;
    worker->busy = false;
    uint64_t order = atomic_load(&post->order);
    if (post->text[0] != '\0') { // it gave up: that is no finding
        atomic_store(&all->shared->stop, true);
        return;
    }
    if (all->guarding) // a rule, which was not what it was asked
        return;
    if (order == UINT64_MAX) {
        result.text[strcspn(result.text, "\n")] = '\0';
        snprintf(all->report->text, sizeof all->report->text,
                 "this Raft breaks before the first action: %.200s",
                 result.text);
        atomic_store(&all->shared->stop, true);
        return;
    }
    if (!is_wanted(all, &result)) {
        go_on(all, number);
        return;
    }
    if (order >= all->found)
        return;
    all->found = order;
    all->walked = all->walking ? number : -1;
    all->report->result = result;
    atomic_store(&all->shared->finding, order);
}

static void count(struct all *all)
{
    struct explore_report *report = all->report;
    const struct frontier *f = all->frontier;
    uint64_t next = atomic_load(&all->shared->next);
    report->n_states = f->n_nodes + atomic_load(&f->n_fresh);
    report->n_transitions = report->n_walks = 0;
    report->cpu_s = 0;
    for (int i = 0; i < all->n_workers; i++) {
        const struct worker_post *post = &all->shared->post[i];
        report->n_transitions += atomic_load(&post->n_transitions);
        report->n_walks += atomic_load(&post->n_walks);
        report->cpu_s += (double)post->cpu_us / 1e6;
        report->image =
            post->image > report->image ? post->image : report->image;
        report->by_history |= post->by_history;
    }
    report->n_frontier =
        report->n_states - (next < f->n_nodes ? next : f->n_nodes);
    report->seconds = since(&all->begin);
    report->memory = frontier_used(f);
    report->full = atomic_load(&f->full);
}

static void look(struct all *all)
{
    const struct explore_plan *plan = all->plan;
    count(all);
    if (plan->told != NULL)
        plan->told(plan->context, all->report);
    if (plan->stopped != NULL && plan->stopped(plan->context)) {
        all->report->end = EXPLORE_STOPPED;
        atomic_store(&all->shared->stop, true);
    } else if (all->guarding || plan->budget_s == 0) {
        return;
    } else if (all->report->seconds >= (double)plan->budget_s) {
        all->report->end = EXPLORE_BUDGET;
        atomic_store(&all->shared->stop, true);
    } else if (all->report->seconds >= all->pause_s) {
        atomic_store(&all->shared->pause, true);
    }
}

static void hear(struct all *all)
{
    struct pollfd fds[MOST_WORKERS];
    int who[MOST_WORKERS], n = 0;
    char byte;
    for (int i = 0; i < all->n_workers; i++)
        if (all->worker[i].busy) {
            who[n] = i;
            fds[n++] =
                (struct pollfd){.fd = all->worker[i].answers, .events = POLLIN};
        }
    poll(fds, (nfds_t)n, LOOK_MS);
    for (int k = 0; k < n; k++) {
        if (fds[k].revents == 0)
            continue;
        if (read(fds[k].fd, &byte, 1) == 1)
            all->worker[who[k]].busy = false;
        else
            bury(all, who[k]);
    }
}

static bool is_busy(const struct all *all)
{
    for (int i = 0; i < all->n_workers; i++)
        if (all->worker[i].busy)
            return true;
    return false;
}

static void order_all(struct all *all, const char *what)
{
    for (int i = 0; i < all->n_workers; i++)
        if (!all->worker[i].dead)
            all->worker[i].busy = write(all->worker[i].orders, what, 1) == 1;
    double told = since(&all->begin);
    while (is_busy(all)) {
        hear(all);
        if (since(&all->begin) - told < LOOK_MS / 1000.0)
            continue;
        told = since(&all->begin);
        look(all);
    }
    look(all);
}

static bool is_over(const struct all *all)
{
    return all->found != UINT64_MAX || atomic_load(&all->shared->stop);
}

// All that the workers do until the budget's share is over.
static void order_phase(struct all *all, const char *what)
{
    atomic_store(&all->shared->pause, false);
    order_all(all, what);
    for (int i = 0; i < all->n_workers; i++)
        if (all->shared->post[i].text[0] != '\0')
            snprintf(all->report->text, sizeof all->report->text, "%s",
                     all->shared->post[i].text);
}

// Lists by chance, as many as the plan says; true: there are more to try.
static bool walks(struct all *all)
{
    struct worker_shared *shared = all->shared;
    const struct explore_plan *plan = all->plan;
    shared->last_walk = plan->most_walks > 0 || plan->budget_s == 0
                            ? plan->most_walks
                            : UINT64_MAX / 2;
    all->walking = true;
    order_phase(all, WORKER_WALK);
    all->walking = false;
    return !is_over(all) && atomic_load(&shared->next_walk) < shared->last_walk;
}

// The nodes of this level that were not tried yet. True: all of them are.
static bool level(struct all *all)
{
    struct worker_shared *shared = all->shared;
    const struct frontier *f = all->frontier;
    uint64_t most = all->plan->most_states;
    shared->last = most > 0 && most < f->n_nodes ? most : f->n_nodes;
    order_phase(all, WORKER_LEVEL);
    if (is_over(all) || atomic_load(&shared->next) < shared->last)
        return false;
    if (shared->last < f->n_nodes)
        all->report->end = EXPLORE_ENOUGH;
    return shared->last == f->n_nodes;
}

// True: there are more to try.
static bool levels(struct all *all)
{
    struct explore_report *report = all->report;
    struct frontier *f = all->frontier;
    while (all->first < f->n_nodes) {
        uint64_t last = f->n_nodes;
        if (!level(all))
            return !is_over(all) && report->end != EXPLORE_ENOUGH;
        frontier_level(f);
        all->first = last;
        report->n_level = f->n_nodes - last;
        report->depth += f->n_nodes > last;
        atomic_store(&all->shared->next, last);
    }
    report->end = report->full ? EXPLORE_FULL : EXPLORE_COMPLETE;
    return false;
}

// What is said of states holds of servers that share no memory.
static void guard(struct all *all)
{
    struct worker_shared *shared = all->shared;
    enum explore_end end = all->report->end;
    atomic_store(&shared->stop, false);
    atomic_store(&shared->next_walk, 0);
    shared->last_walk = GUARDS;
    all->guarding = true;
    order_phase(all, WORKER_GUARD);
    all->report->end = end;
}

// Levels and lists by chance take turns, each for its share of the budget:
// most mistakes show in lists by chance, and soon; what levels find is short,
// and only they come to an end.
static void search(struct all *all)
{
    static const double until[] = {1 / 12.0, 3 / 12.0, 8 / 12.0, 1};
    enum { N = sizeof until / sizeof until[0] };
    struct explore_report *report = all->report;
    double budget_s = (double)all->plan->budget_s;
    bool more[2] = {true, true};
    report->end = EXPLORE_BUDGET;
    for (int i = 0; !is_over(all) && (more[0] || more[1]); i++) {
        all->pause_s = budget_s * (more[!(i % 2)] && i < N ? until[i] : 1);
        if (more[i % 2])
            more[i % 2] = i % 2 == 0 ? levels(all) : walks(all);
        count(all);
        if (report->end == EXPLORE_COMPLETE || report->text[0] != '\0')
            break;
    }
    if (all->found == UINT64_MAX && report->text[0] == '\0' &&
        report->end != EXPLORE_STOPPED)
        guard(all);
    if (all->found != UINT64_MAX)
        report->end = EXPLORE_FOUND;
    else if (report->text[0] != '\0')
        report->end = EXPLORE_BROKEN;
    report->by_chance = all->walked >= 0;
}

// A list by chance has much in it that is not needed.
static void make_short(struct all *all)
{
    struct explore_report *report = all->report;
    struct shrink_report shrunk;
    struct shrink_plan plan = {.run = all->plan->run,
                               .property = report->result.property,
                               .tag = report->result.tag,
                               .most_s = SHRINK_S,
                               .stopped = all->plan->stopped,
                               .context = all->plan->context};
    report->n_drawn = report->script.n;
    shrink(&plan, &report->script, &shrunk);
}

void explore(const struct explore_plan *plan, struct explore_report *report)
{
    struct all all = {
        .plan = plan, .report = report, .found = UINT64_MAX, .walked = -1};
    *report = (struct explore_report){.by_history = plan->by_history};
    if (sim_is_sanitized()) {
        report->end = EXPLORE_BROKEN;
        snprintf(report->text, sizeof report->text,
                 "a sanitizer's memory cannot go back; use a program without");
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &all.begin);
    all.frontier = frontier_make(plan->memory);
    all.shared = mmap(NULL, sizeof *all.shared, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all.frontier == NULL || all.shared == MAP_FAILED)
        die("mmap: %s", strerror(errno));
    all.shared->plan = plan;
    all.shared->frontier = all.frontier;
    atomic_store(&all.shared->finding, UINT64_MAX);
    all.n_workers = plan->n_workers;
    for (int i = 0; i < all.n_workers; i++) {
        atomic_store(&all.shared->post[i].order, UINT64_MAX);
        start(&all, i);
    }
    search(&all);
    end_workers(&all);
    report->cpu_s = all.cpu_s;
    if (report->by_history || !plan->interchangeable)
        report->n_models =
            frontier_models(all.frontier, report->by_history, &report->models);
    if (report->by_chance)
        worker_walked(all.shared, all.walked, &report->script);
    else if (report->end == EXPLORE_FOUND)
        worker_script(all.shared, all.found, &report->script);
    if (report->by_chance)
        make_short(&all);
    frontier_free(all.frontier);
    munmap(all.shared, sizeof *all.shared);
}
