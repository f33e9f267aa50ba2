// child.c -- one run in its own process: simulation, checker, verdict.
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "check/met.h"
#include "sim/sim.h"
#include "base/die.h"
#include "counters.h"
#include "kv.h"
#include "wire/figure2.h"
#include "object.h"
#include "outcome.h"
#include "reserve.h"
#include "story.h"

enum {
    STORM = 20000,
    LIMIT_S = 120,
    CPU_S = 300,
    MOST_VARIABLES = 1 << 20, // sanitizers put space between them
};

static void count_up(void)
{
    child_run.result.virtual_us = child_now_us(NULL);
    if (child_run.lab == NULL)
        return;
    child_run.result.n_calls = net_total_calls(child_run.lab->net);
    child_run.result.n_bytes = net_total_bytes(child_run.lab->net);
    // Its servers still run.
    pthread_mutex_lock(&child_run.lab->mutex);
    child_run.result.n_commands = child_run.lab->n_agreed;
    pthread_mutex_unlock(&child_run.lab->mutex);
    child_run.result.n_points = child_run.lab->n_points;
}

// Messages that answer each other without any delay would go on until all
// memory is full of them.
static void count_messages(const struct trace_event *event)
{
    if (event->us / 1000000 != child_run.second) {
        child_run.second = event->us / 1000000;
        child_run.n_sent = 0;
    }
    child_run.n_sent += event->kind == TRACE_SEND;
    int most = child_run.run->scenario->most_calls_s;
    most = most > 0 ? most : STORM;
    if (child_run.n_sent < most || child_run.run->real)
        return;
    bool entries = strcmp(event->rpc, "AppendEntries") == 0 ||
                   strcmp(event->rpc, "InstallSnapshot") == 0;
    bool votes = strcmp(event->rpc, "RequestVote") == 0;
    bool client = event->node == TRACE_NONE;
    char text[640], from[24] = "a client", dealings[400] = "";
    if (!client)
        snprintf(from, sizeof from, "S%d", event->node + 1);
    if (entries && !client && child_run.check != NULL)
        (void)check_say_dealings(child_run.check, event->node, (int)event->to,
                                 dealings);
    snprintf(text, sizeof text,
             "%d calls within one second, the last from %s to S%d (%s):"
             " a %s probably sends a new call on every reply, without"
             " end.%s%s",
             most, from, (int)event->to + 1, event->rpc,
             client ? "clerk" : "server", dealings[0] != '\0' ? "\n" : "",
             dealings);
    child_run.n_sent = 0; // the finding is an event, too
    lab_run_fails(child_run.lab, FINDING_CALLS_WITHOUT_END,
                  entries ? "L.3"
                  : votes ? "C.1"
                          : "",
                  text);
}

static void observe(void *context, const struct trace_event *event)
{
    (void)context;
    if (child_run.lab != NULL && event->node >= 0)
        lab_observe(child_run.lab, event);
    if (child_run.lab != NULL && child_run.lab->watch != NULL)
        child_run.lab->watch(child_run.lab->watch_context, event);
    child_run.spoke |= event->kind >= TRACE_BOOT && event->kind <= TRACE_REFUSE;
    lab_look_for_own_entries(event);
    if (child_run.watch.met != NULL)
        met_step(&child_run.watch, event);
    count_messages(event);
    if (child_run.check == NULL || event->kind == TRACE_FINDING ||
        event->kind == TRACE_VERDICT || check_step(child_run.check, event))
        return;
    child_breaks(event->us);
}

bool lab_has_spoken(void)
{
    return child_run.spoke;
}

static void simulator_fails(void *context, enum sim_failure kind,
                            const char *report)
{
    (void)context;
    if (report == NULL) {
        child_sends();
        _exit(1);
    }
    if (kind == SIM_CRASH || kind == SIM_STACK)
        reserve_begin();
    enum finding finding = outcome_of_simulator(kind);
    const char *tag = "";
    char why[240], first[240] = "", text[sizeof child_run.result.text];
    struct lab *lab = child_run.lab != NULL ? child_run.lab : child_run.ends;
    if (kind != SIM_DEADLOCK || lab == NULL ||
        !lab_kv_left_waiting(lab, first, sizeof first))
        first[0] = '\0';
    snprintf(text, sizeof text, "%s%.3500s%s", first, report,
             strstr(report, " raft_snapshot at ") == NULL ||
                     child_run.lab == NULL
                 ? ""
                 : lab_say_snapshot(child_run.lab));
    if (kind == SIM_LIMIT && child_run.lab != NULL &&
        lab_start_lasts(child_run.lab, why, sizeof why)) {
        snprintf(text, sizeof text, "%s\n%.900s", why, report);
        finding = FINDING_LIVENESS;
        tag = "L.2";
    }
    child_claims();
    child_explains(finding_id(finding), tag, text);
    child_run.result.virtual_us = child_now_us(NULL);
    child_ends();
}

static void check_time(void)
{
    uint64_t limit_s = child_run.run->scenario->limit_s;
    limit_s = limit_s > 0 ? limit_s : LIMIT_S;
    if (child_run.result.virtual_us <= limit_s * 1000000)
        return;
    char text[400], why[200];
    int n = snprintf(text, sizeof text,
                     "The scenario took longer than %" PRIu64 " %sseconds.",
                     limit_s, child_run.run->real ? "" : "virtual ");
    if (!lab_start_lasts(child_run.lab, why, sizeof why))
        lab_run_fails(NULL, FINDING_NONE, "", text);
    snprintf(text + n, sizeof text - (size_t)n, "\n%s", why);
    lab_run_fails(NULL, FINDING_LIVENESS, "L.2", text);
}

static void body(void *argument)
{
    (void)argument;
    const struct lab_run *run = child_run.run;
    child_run.lab = lab_make(run, child_run.api, child_run.kv, child_run.trace,
                             child_run.check);
    run->scenario->run(child_run.lab);
    count_up();
    lab_clients_judge(child_run.lab);
    lab_kv_judge(child_run.lab);
    check_time();
    // What the end of the lab does is no part of the story.
    struct lab *lab = child_run.lab;
    child_run.lab = NULL;
    child_run.ends = lab;
    lab_end(lab, &child_run.result.prices);
    child_run.ends = NULL;
}

static void forbidden(const char *what)
{
    if (sim_active())
        sim_forbid(what);
    char text[160];
    snprintf(text, sizeof text, "The submission %s.", what);
    child_claims();
    child_explains(finding_id(FINDING_FORBIDDEN_CALL), "", text);
    child_ends();
}

// The builder has named the largest, where sources name what there is.
_Noreturn static void has_large_variables(size_t n)
{
    char text[200];
    snprintf(text, sizeof text,
             "Its variables outside of functions take %zu KiB. Each server has"
             " a copy of its own of them, of 256 KiB at most: malloc() gives"
             " the room for large ones.",
             n >> 10);
    lab_run_fails(NULL, FINDING_LOAD, "", text);
}

// A stranger's object is loaded in the sandbox, and runs when it is sealed.
static void load(void)
{
    static struct raft_api loaded;
    static struct kv_api service;
    const struct lab_run *run = child_run.run;
    struct sandbox_files *files = &child_run.channel.files;
    char error[300];
    child_run.api = run->raft != NULL ? &loaded : raft_api_reference();
    child_run.kv = run->raft != NULL ? &service : kv_api_reference();
    files->n_result = sizeof(struct lab_message);
    object_count_into(files->counters);
    if (run->sandbox != NULL)
        sandbox_enter(run->sandbox, files, forbidden);
    story_begin(run->trace == NULL ? files->trace : -1);
    bool good =
        run->scenario->load != NULL
            ? run->scenario->load(run->raft, error)
            : run->raft == NULL || raft_api_load(run->raft, &loaded, error);
    if (good && run->scenario->service && run->raft != NULL)
        good = kv_api_load(run->raft, &service, error);
    if (good && run->scenario->service && child_run.kv == NULL) {
        good = false;
        snprintf(error, sizeof error,
                 "this program has no key/value service of its own to run");
    }
    if (run->sandbox != NULL)
        sandbox_seal(run->sandbox, files);
    if (!good)
        lab_run_fails(NULL, FINDING_LOAD, "", error);
    if (run->sandbox != NULL) {
        // What a sanitizer finds in its constructors is told as in a run.
        sim_outside(simulator_fails, NULL, run->raft);
        object_start();
    }
    child_run.variables = object_variables();
    if (run->sandbox != NULL && child_run.variables.n > MOST_VARIABLES)
        has_large_variables(child_run.variables.n);
    if (!run->real)
        sim_space_object(child_run.variables.at, child_run.variables.n);
}

static void check_memory(void)
{
    char text[2000];
    if (sim_n_races() > 0)
        lab_run_fails(NULL, FINDING_DATA_RACE, "", sim_race());
    // A leak is looked for by a process that only one's own code may start.
    const struct sandbox *sandbox = child_run.run->sandbox;
    if ((sandbox == NULL || sandbox->own) && sim_leaks(text, sizeof text))
        lab_run_fails(NULL, FINDING_LEAK, "", text);
}

// The run's trace, and the judge that follows it.
static void begin_trace(const struct lab_run *run)
{
    bool tells = run->story && run->trace == NULL;
    struct trace_config config = {.scenario = run->scenario->name,
                                  .raft = run->given != NULL  ? run->given
                                          : run->raft != NULL ? run->raft
                                                              : "reference",
                                  .seed = run->seed,
                                  .n_servers = run->scenario->n_servers,
                                  .real = run->real,
                                  .store = run->trace != NULL,
                                  .spill = tells ? story_take : NULL,
                                  .now_us = child_now_us,
                                  .observe = observe};
    child_run.trace = trace_make(&config);
    crew_reuse(run->real);
    bool judged = !run->unchecked && run->scenario->rpcs == NULL;
    child_run.check = judged ? check_make(run->scenario->n_servers) : NULL;
    if (child_run.check != NULL && run->real)
        check_untimed(child_run.check);
    // Lab 3 teaches what must survive a crash.
    if (child_run.check != NULL && (run->lab == 1 || run->lab == 2))
        check_without(child_run.check, TRACE_PERSIST);
}

void lab_child(const struct lab_run *run, const struct lab_channel *channel)
{
    struct rlimit none = {0, 0};
    struct rlimit cpu = {CPU_S, CPU_S + 5};
    setrlimit(RLIMIT_CORE, &none);
    if (run->sandbox == NULL && !run->endless)
        setrlimit(RLIMIT_CPU, &cpu);
    if (run->sandbox == NULL && run->memory_bytes > 0)
        sandbox_limit_memory(run->memory_bytes);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    static struct lab_run own;
    own = *run;
    own.scenario = lab_scenario_of(run);
    run = &own;
    child_run.run = run;
    child_run.channel = *channel;
    child_run.complaints = fcntl(2, F_DUPFD_CLOEXEC, 3);
    child_run.raw = lab_send_output_away(run);
    if (channel->files.met >= 0)
        met_begin(&child_run.watch,
                  counters_join(channel->files.met, sizeof(struct met)),
                  run->scenario->n_servers);
    child_run.begin_ns = run->real ? sim_now_ns() : 0;
    begin_trace(run);
    load();
    uint64_t limit_s =
        run->scenario->limit_s > 0 ? run->scenario->limit_s : LIMIT_S;
    char replay[500];
    lab_replay(run, replay, sizeof replay);
    struct sim_config simulation = lab_simulation(run);
    simulation.replay = replay;
    simulation.races_go_on = child_run.raw;
    simulation.max_us = 4 * limit_s * 1000000;
    // Where any number of calls is allowed, threads need not rest.
    if (run->scenario->most_calls_s == INT_MAX)
        simulation.most_steps_s = UINT32_MAX;
    simulation.object = run->sandbox != NULL ? run->raft : NULL;
    simulation.fail = simulator_fails;
    if (run->real)
        sim_outside(simulator_fails, NULL, simulation.object);
    if (run->real)
        body(NULL);
    else
        sim_run(&simulation, body, NULL);
    check_free(child_run.check);
    child_run.check = NULL;
    check_memory();
    clock_gettime(CLOCK_MONOTONIC, &end);
    child_run.result.real_us = (uint64_t)(end.tv_sec - begin.tv_sec) * 1000000 +
                               (uint64_t)(end.tv_nsec / 1000) -
                               (uint64_t)(begin.tv_nsec / 1000);
    child_run.result.passed = true;
    child_ends();
}
