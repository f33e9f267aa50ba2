// ending.c -- how a run ends: its result, its last events, and its process.
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/sim.h"
#include "object.h"
#include "outcome.h"
#include "story.h"
#include "wire/figure2.h"

struct child child_run = {.over = ATOMIC_FLAG_INIT};

uint64_t child_now_us(void *context)
{
    (void)context;
    // When a simulation is over, its time stands still: the recorder never
    // goes back behind its last event.
    if (!child_run.run->real && !sim_active())
        return 0;
    return (sim_now_ns() - child_run.begin_ns) / 1000;
}

// In a sandbox nothing can be opened: the parent has done it.
static bool write_trace(void)
{
    const char *path = child_run.run->trace;
    int fd = child_run.channel.files.trace;
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = fd < 0 ? trace_write_file(child_run.trace, path)
                       : out != NULL && trace_write(child_run.trace, out);
    if (!good)
        dprintf(child_run.complaints,
                "glassraft: %s: cannot write the trace: %s\n", path,
                strerror(errno));
    return good;
}

void child_sends(void)
{
    static struct lab_message message;
    memcpy(message.cookie, child_run.channel.cookie, sizeof message.cookie);
    message.result = child_run.result;
    const char *at = (const char *)&message;
    for (size_t n = sizeof message; n > 0;) {
        ssize_t done = write(child_run.channel.files.result, at, n);
        if (done < 0 && errno != EINTR)
            break;
        at += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
}

static void add(struct lab_result *result, const char *text)
{
    size_t said = strlen(result->text);
    snprintf(result->text + said, sizeof result->text - said, "%s", text);
}

_Noreturn void child_ends(void)
{
    struct lab_result *result = &child_run.result;
    if (child_run.lab != NULL)
        lab_price_of(child_run.lab, &result->prices);
    const char *woken = result->passed ? NULL : sim_woken_for_nothing();
    size_t length = strlen(result->text);
    if (woken != NULL && length > 0 && result->text[length - 1] != '\n')
        add(result, "\n");
    add(result, woken != NULL ? woken : "");
    size_t said = strlen(result->text);
    if (!result->passed && said < sizeof result->text)
        lab_own_entries(result->text + said, sizeof result->text - said);
    struct trace_event verdict = {.kind = TRACE_VERDICT,
                                  .node = TRACE_NONE,
                                  .inc = TRACE_NONE,
                                  .what = result->passed ? "pass" : "fail",
                                  .text = result->text,
                                  .n_events =
                                      trace_n_events(child_run.trace) + 1};
    trace_emit(child_run.trace, &verdict);
    story_end();
    result->figure2 =
        child_run.api != NULL && child_run.api->rpcs == figure2_rpcs;
    object_note_written(&child_run.variables, result);
    result->n_events = trace_n_events(child_run.trace);
    if (result->passed || result->hash == 0)
        result->hash = trace_hash(child_run.trace);
    if (child_run.run->trace != NULL && write_trace())
        snprintf(result->trace, sizeof result->trace, "%s",
                 child_run.run->trace);
    child_sends();
    fflush(NULL);
    trace_ends_here(child_run.trace);
    _exit(result->passed ? 0 : 1);
}

static void set_text(const char *property, const char *tag, const char *text)
{
    snprintf(child_run.result.property, sizeof child_run.result.property, "%s",
             property);
    snprintf(child_run.result.tag, sizeof child_run.result.tag, "%s", tag);
    snprintf(child_run.result.text, sizeof child_run.result.text, "%s", text);
}

void child_claims(void)
{
    if (!atomic_flag_test_and_set(&child_run.over)) {
        sim_let_be();
        return;
    }
    for (;;)
        pause();
}

static void emit_finding(const char *property, const char *tag,
                         const char *text, const uint64_t *events, size_t n)
{
    outcome_emit(child_run.trace, &child_run.result, property, tag, text,
                 events, n);
}

void child_explains(const char *property, const char *tag, const char *text)
{
    set_text(property, tag, text);
    emit_finding(property, tag, text, NULL, 0);
}

// An expectation failed: says that, and the rule that stands in the way.
static void diagnose(const char *text)
{
    bool commands =
        child_run.lab != NULL && atomic_load(&child_run.lab->commands);
    const struct check_finding *found = check_clients(child_run.check, 0);
    if (found == NULL || finding_is(found->property, FINDING_NOT_DECIDED))
        found = check_unanswered(child_run.check, child_now_us(NULL));
    if (found == NULL)
        found = check_diagnose(child_run.check, child_now_us(NULL), commands);
    const char *clock = sim_wall_clock_use();
    char whole[1000];
    if (found == NULL) {
        snprintf(whole, sizeof whole, "%s%s%s", text, clock ? "\n" : "",
                 clock ? clock : "");
        child_explains(finding_id(FINDING_EXPECTATION), "", whole);
        return;
    }
    snprintf(whole, sizeof whole, "%s\n%s%s%s", text, found->text,
             clock ? "\n" : "", clock ? clock : "");
    set_text(found->property, found->tag, whole);
    child_run.result.n_shown = found->n_events;
    memcpy(child_run.result.events, found->events, sizeof found->events);
    emit_finding(found->property, found->tag, whole, found->events,
                 found->n_events);
}

void lab_run_fails(struct lab *lab, enum finding finding, const char *tag,
                   const char *text)
{
    (void)lab;
    child_claims();
    child_run.result.virtual_us = child_now_us(NULL);
    if (finding == FINDING_NONE && child_run.check == NULL)
        finding = FINDING_EXPECTATION;
    if (finding != FINDING_NONE)
        child_explains(finding_id(finding), tag, text);
    else
        diagnose(text);
    child_ends();
}

void lab_run_not_set_up(struct lab *lab, const char *text)
{
    (void)lab;
    child_claims();
    child_run.result.virtual_us = child_now_us(NULL);
    set_text("", "", text);
    child_run.result.passed = child_run.result.not_set_up = true;
    trace_note(child_run.trace, TRACE_NONE, "scenario", "not set up: %s", text);
    child_ends();
}

_Noreturn void child_breaks(uint64_t us)
{
    const struct check_finding *finding = check_finding(child_run.check);
    child_claims();
    if (child_run.run->trace != NULL)
        sim_where(child_run.result.stack, sizeof child_run.result.stack);
    set_text(finding->property, finding->tag, finding->text);
    child_run.result.n_shown = finding->n_events;
    memcpy(child_run.result.events, finding->events, sizeof finding->events);
    emit_finding(finding->property, finding->tag, finding->text,
                 finding->events, finding->n_events);
    child_run.result.virtual_us = us;
    child_ends();
}

void lab_run_breaks(struct lab *lab)
{
    (void)lab;
    child_breaks(child_now_us(NULL));
}
