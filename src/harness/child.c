// child.c -- one run in its own process: simulation, checker, verdict.
#define _GNU_SOURCE
#include "internal.h"

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
#include "wire/figure2.h"
#include "object.h"
#include "outcome.h"
#include "reserve.h"
#include "story.h"

enum { STORM = 20000, LIMIT_S = 120, CPU_S = 300 };

// With coverage the counters must be written by hand before _exit().
#ifdef GLASSRAFT_COVERAGE
void __gcov_dump(void);
#else
static void __gcov_dump(void)
{
}
#endif

// A process runs one scenario.
static struct {
    const struct lab_run *run;
    struct lab_channel channel;
    struct lab *lab;
    struct trace *trace;
    struct check *check;
    const struct raft_api *api;
    const struct kv_api *kv;
    struct lab_result result;
    uint64_t begin_ns;
    uint64_t second; // of the events that come, and the calls in it
    int n_sent;
    bool spoke;                        // some server's Raft has trace calls
    int complaints;                    // stderr, also of a quiet run
    bool raw;                          // sanitizers speak for themselves
    struct met_watch watch;            // its met is NULL: nobody asks
    struct object_variables variables; // of the Raft that was given
    atomic_flag over;
} child = {.over = ATOMIC_FLAG_INIT};

// The recorder's clock.
static uint64_t now_us(void *context)
{
    (void)context;
    // When a simulation is over, its time stands still: the recorder never
    // goes back behind its last event.
    if (!child.run->real && !sim_active())
        return 0;
    return (sim_now_ns() - child.begin_ns) / 1000;
}

// In a sandbox nothing can be opened: the parent has done it.
static bool write_trace(void)
{
    const char *path = child.run->trace;
    int fd = child.channel.files.trace;
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = fd < 0 ? trace_write_file(child.trace, path)
                       : out != NULL && trace_write(child.trace, out);
    if (!good)
        dprintf(child.complaints, "glassraft: %s: cannot write the trace: %s\n",
                path, strerror(errno));
    return good;
}

static void send_result(void)
{
    static struct lab_message message;
    memcpy(message.cookie, child.channel.cookie, sizeof message.cookie);
    message.result = child.result;
    const char *at = (const char *)&message;
    for (size_t n = sizeof message; n > 0;) {
        ssize_t done = write(child.channel.files.result, at, n);
        if (done < 0 && errno != EINTR)
            break;
        at += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
}

// Writes what is left to write and ends the process.
_Noreturn static void finish(void)
{
    struct lab_result *result = &child.result;
    if (child.lab != NULL)
        lab_price_of(child.lab, &result->prices);
    size_t said = strlen(result->text);
    if (!result->passed && said < sizeof result->text)
        lab_own_entries(result->text + said, sizeof result->text - said);
    struct trace_event verdict = {.kind = TRACE_VERDICT,
                                  .node = TRACE_NONE,
                                  .inc = TRACE_NONE,
                                  .what = result->passed ? "pass" : "fail",
                                  .text = result->text,
                                  .n_events = trace_n_events(child.trace) + 1};
    trace_emit(child.trace, &verdict);
    story_end();
    result->figure2 = child.api != NULL && child.api->rpcs == figure2_rpcs;
    object_note_written(&child.variables, result);
    result->n_events = trace_n_events(child.trace);
    if (result->passed || result->hash == 0)
        result->hash = trace_hash(child.trace);
    if (child.run->trace != NULL && write_trace())
        snprintf(result->trace, sizeof result->trace, "%s", child.run->trace);
    send_result();
    fflush(NULL);
    __gcov_dump();
    trace_ends_here(child.trace);
    _exit(result->passed ? 0 : 1);
}

static void count_up(void)
{
    child.result.virtual_us = now_us(NULL);
    if (child.lab == NULL)
        return;
    child.result.n_calls = net_total_calls(child.lab->net);
    child.result.n_bytes = net_total_bytes(child.lab->net);
    // Its servers still run.
    pthread_mutex_lock(&child.lab->mutex);
    child.result.n_commands = child.lab->n_agreed;
    pthread_mutex_unlock(&child.lab->mutex);
    child.result.n_points = child.lab->n_points;
}

static void set_text(const char *property, const char *tag, const char *text)
{
    snprintf(child.result.property, sizeof child.result.property, "%s",
             property);
    snprintf(child.result.tag, sizeof child.result.tag, "%s", tag);
    snprintf(child.result.text, sizeof child.result.text, "%s", text);
}

// The first failure is the run's; whoever comes later waits for the end.
static void claim(void)
{
    if (!atomic_flag_test_and_set(&child.over)) {
        sim_let_be();
        return;
    }
    for (;;)
        pause();
}

static void emit_finding(const char *property, const char *tag,
                         const char *text, const uint64_t *events, size_t n)
{
    outcome_emit(child.trace, &child.result, property, tag, text, events, n);
}

static void explain(const char *property, const char *tag, const char *text)
{
    set_text(property, tag, text);
    emit_finding(property, tag, text, NULL, 0);
}

// An expectation failed: says that, and the rule that stands in the way.
static void diagnose(const char *text)
{
    bool commands = child.lab != NULL && atomic_load(&child.lab->commands);
    const struct check_finding *found = check_clients(child.check, 0);
    if (found == NULL || finding_is(found->property, FINDING_NOT_DECIDED))
        found = check_diagnose(child.check, now_us(NULL), commands);
    const char *clock = sim_wall_clock_use();
    char whole[1000];
    if (found == NULL) {
        snprintf(whole, sizeof whole, "%s%s%s", text, clock ? "\n" : "",
                 clock ? clock : "");
        explain(finding_id(FINDING_EXPECTATION), "", whole);
        return;
    }
    snprintf(whole, sizeof whole, "%s\n%s%s%s", text, found->text,
             clock ? "\n" : "", clock ? clock : "");
    set_text(found->property, found->tag, whole);
    child.result.n_shown = found->n_events;
    memcpy(child.result.events, found->events, sizeof found->events);
    emit_finding(found->property, found->tag, whole, found->events,
                 found->n_events);
}

void lab_run_fails(struct lab *lab, enum finding finding, const char *tag,
                   const char *text)
{
    (void)lab;
    claim();
    child.result.virtual_us = now_us(NULL);
    if (finding == FINDING_NONE && child.check == NULL)
        finding = FINDING_EXPECTATION;
    if (finding != FINDING_NONE)
        explain(finding_id(finding), tag, text);
    else
        diagnose(text);
    finish();
}

void lab_run_not_set_up(struct lab *lab, const char *text)
{
    (void)lab;
    claim();
    child.result.virtual_us = now_us(NULL);
    set_text("", "", text);
    child.result.passed = child.result.not_set_up = true;
    trace_note(child.trace, TRACE_NONE, "scenario", "not set up: %s", text);
    finish();
}

// Messages that answer each other without any delay would go on until all
// memory is full of them.
static void count_messages(const struct trace_event *event)
{
    if (event->us / 1000000 != child.second) {
        child.second = event->us / 1000000;
        child.n_sent = 0;
    }
    child.n_sent += event->kind == TRACE_SEND;
    int most = child.run->scenario->most_calls_s;
    most = most > 0 ? most : STORM;
    if (child.n_sent < most || child.run->real)
        return;
    bool entries = strcmp(event->rpc, "AppendEntries") == 0 ||
                   strcmp(event->rpc, "InstallSnapshot") == 0;
    bool votes = strcmp(event->rpc, "RequestVote") == 0;
    char text[200];
    snprintf(text, sizeof text,
             "%d calls within one second, the last from S%d to S%d (%s):"
             " a server probably sends a new call on every reply, without"
             " end.",
             most, event->node + 1, (int)event->to + 1, event->rpc);
    child.n_sent = 0; // the finding is an event, too
    lab_run_fails(child.lab, FINDING_CALLS_WITHOUT_END,
                  entries ? "L.3"
                  : votes ? "C.1"
                          : "",
                  text);
}

_Noreturn static void breaks(uint64_t us)
{
    const struct check_finding *finding = check_finding(child.check);
    claim();
    if (child.run->trace != NULL)
        sim_where(child.result.stack, sizeof child.result.stack);
    set_text(finding->property, finding->tag, finding->text);
    child.result.n_shown = finding->n_events;
    memcpy(child.result.events, finding->events, sizeof finding->events);
    emit_finding(finding->property, finding->tag, finding->text,
                 finding->events, finding->n_events);
    child.result.virtual_us = us;
    finish();
}

static void observe(void *context, const struct trace_event *event)
{
    (void)context;
    if (child.lab != NULL && event->node >= 0)
        lab_observe(child.lab, event);
    if (child.lab != NULL && child.lab->watch != NULL)
        child.lab->watch(child.lab->watch_context, event);
    child.spoke |= event->kind >= TRACE_BOOT && event->kind <= TRACE_REFUSE;
    lab_look_for_own_entries(event);
    if (child.watch.met != NULL)
        met_step(&child.watch, event);
    count_messages(event);
    if (child.check == NULL || event->kind == TRACE_FINDING ||
        event->kind == TRACE_VERDICT || check_step(child.check, event))
        return;
    breaks(event->us);
}

bool lab_has_spoken(void)
{
    return child.spoke;
}

void lab_run_breaks(struct lab *lab)
{
    (void)lab;
    breaks(now_us(NULL));
}

static void simulator_fails(void *context, enum sim_failure kind,
                            const char *report)
{
    (void)context;
    if (report == NULL) {
        send_result();
        _exit(1);
    }
    if (kind == SIM_CRASH || kind == SIM_STACK)
        reserve_begin();
    enum finding finding = outcome_of_simulator(kind);
    const char *tag = "";
    char why[200], text[sizeof child.result.text];
    snprintf(text, sizeof text, "%.3500s%s", report,
             strstr(report, " raft_snapshot at ") == NULL || child.lab == NULL
                 ? ""
                 : lab_say_snapshot(child.lab));
    if (kind == SIM_LIMIT && child.lab != NULL &&
        lab_start_lasts(child.lab, why, sizeof why)) {
        snprintf(text, sizeof text, "%s\n%.900s", why, report);
        finding = FINDING_LIVENESS;
        tag = "L.2";
    }
    claim();
    explain(finding_id(finding), tag, text);
    child.result.virtual_us = now_us(NULL);
    finish();
}

static void check_time(void)
{
    uint64_t limit_s = child.run->scenario->limit_s;
    limit_s = limit_s > 0 ? limit_s : LIMIT_S;
    if (child.result.virtual_us <= limit_s * 1000000)
        return;
    char text[400], why[200];
    int n = snprintf(text, sizeof text,
                     "The scenario took longer than %" PRIu64 " %sseconds.",
                     limit_s, child.run->real ? "" : "virtual ");
    if (!lab_start_lasts(child.lab, why, sizeof why))
        lab_run_fails(NULL, FINDING_NONE, "", text);
    snprintf(text + n, sizeof text - (size_t)n, "\n%s", why);
    lab_run_fails(NULL, FINDING_LIVENESS, "L.2", text);
}

static void body(void *argument)
{
    (void)argument;
    const struct lab_run *run = child.run;
    child.lab = lab_make(run, child.api, child.kv, child.trace, child.check);
    run->scenario->run(child.lab);
    count_up();
    lab_clients_judge(child.lab);
    check_time();
    // What the end of the lab does is no part of the story.
    struct lab *lab = child.lab;
    child.lab = NULL;
    lab_end(lab, &child.result.prices);
}

static void forbidden(const char *what)
{
    if (sim_active())
        sim_forbid(what);
    char text[160];
    snprintf(text, sizeof text, "The submission %s.", what);
    claim();
    explain(finding_id(FINDING_FORBIDDEN_CALL), "", text);
    finish();
}

// A stranger's object is loaded in the sandbox, and runs when it is sealed.
static void load(void)
{
    static struct raft_api loaded;
    static struct kv_api service;
    const struct lab_run *run = child.run;
    struct sandbox_files *files = &child.channel.files;
    char error[300];
    child.api = run->raft != NULL ? &loaded : raft_api_reference();
    child.kv = run->raft != NULL ? &service : kv_api_reference();
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
    if (good && run->scenario->service && child.kv == NULL) {
        good = false;
        snprintf(error, sizeof error,
                 "this program has no key/value service of its own to run");
    }
    if (run->sandbox != NULL)
        sandbox_seal(run->sandbox, files);
    if (!good)
        lab_run_fails(NULL, FINDING_LOAD, "", error);
    if (run->sandbox != NULL)
        object_start();
    child.variables = object_variables();
    if (!run->real)
        sim_space_object(child.variables.at, child.variables.n);
}

static void check_memory(void)
{
    char text[2000];
    if (sim_n_races() > 0)
        lab_run_fails(NULL, FINDING_DATA_RACE, "", sim_race());
    // A leak is looked for by a process that only one's own code may start.
    const struct sandbox *sandbox = child.run->sandbox;
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
                                  .now_us = now_us,
                                  .observe = observe};
    child.trace = trace_make(&config);
    crew_reuse(run->real);
    bool judged = !run->unchecked && run->scenario->rpcs == NULL;
    child.check = judged ? check_make(run->scenario->n_servers) : NULL;
    if (child.check != NULL && run->real)
        check_untimed(child.check);
    // Lab 3 teaches what must survive a crash.
    if (child.check != NULL && (run->lab == 1 || run->lab == 2))
        check_without(child.check, TRACE_PERSIST);
}

void lab_child(const struct lab_run *run, const struct lab_channel *channel)
{
    struct rlimit none = {0, 0};
    struct rlimit cpu = {CPU_S, CPU_S + 5};
    setrlimit(RLIMIT_CORE, &none);
    if (run->sandbox == NULL && !run->endless)
        setrlimit(RLIMIT_CPU, &cpu);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    static struct lab_run own;
    own = *run;
    own.scenario = lab_scenario_of(run);
    run = &own;
    child.run = run;
    child.channel = *channel;
    child.complaints = fcntl(2, F_DUPFD_CLOEXEC, 3);
    child.raw = lab_send_output_away(run);
    if (channel->files.met >= 0)
        met_begin(&child.watch,
                  counters_join(channel->files.met, sizeof(struct met)),
                  run->scenario->n_servers);
    child.begin_ns = run->real ? sim_now_ns() : 0;
    begin_trace(run);
    load();
    uint64_t limit_s =
        run->scenario->limit_s > 0 ? run->scenario->limit_s : LIMIT_S;
    char replay[500];
    lab_replay(run, replay, sizeof replay);
    struct sim_config simulation = lab_simulation(run);
    simulation.replay = replay;
    simulation.races_go_on = child.raw;
    simulation.max_us = 4 * limit_s * 1000000;
    // Where any number of calls is allowed, threads need not rest.
    if (run->scenario->most_calls_s == INT_MAX)
        simulation.most_steps_s = UINT32_MAX;
    simulation.object = run->sandbox != NULL ? run->raft : NULL;
    simulation.fail = simulator_fails;
    if (run->real)
        sim_outside(simulator_fails, NULL);
    if (run->real)
        body(NULL);
    else
        sim_run(&simulation, body, NULL);
    check_free(child.check);
    child.check = NULL;
    check_memory();
    clock_gettime(CLOCK_MONOTONIC, &end);
    child.result.real_us = (uint64_t)(end.tv_sec - begin.tv_sec) * 1000000 +
                           (uint64_t)(end.tv_nsec / 1000) -
                           (uint64_t)(begin.tv_nsec / 1000);
    child.result.passed = true;
    finish();
}
