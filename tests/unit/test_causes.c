// test_causes.c -- the causal past against a slow definition of it.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/suites/suites.h"
#include "harness/runner.h"
#include "viz/draw/causes.h"

static const char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/glassraft-causes-%d.jsonl",
             (int)getpid());
    return path;
}

static void load_tour(struct trace_file *trace)
{
    struct lab_run run = {
        .scenario = &tour_scenarios[0], .seed = 3, .trace = temporary()};
    struct lab_result result;
    lab_run_one(&run, &result);
    assert_true(result.passed);
    assert_true(trace_load(trace, run.trace));
    unlink(run.trace);
}

// Happened-before, forwards: each event reaches those that name it as cause
// and those behind it on its lane. Is `from` before `to`?
static bool reaches(const struct trace_file *trace, size_t from, size_t to)
{
    bool *after = calloc(trace->n_events, sizeof *after);
    bool lane[TRACE_MAX_SERVERS] = {false};
    assert_non_null(after);
    for (size_t i = from; i <= to; i++) {
        const struct trace_event *event = &trace->event[i];
        bool by_cause = false;
        for (size_t k = from; k < i && event->cause > 0; k++)
            by_cause =
                by_cause || (after[k] && trace->event[k].n == event->cause);
        bool on_lane = event->node >= 0;
        after[i] = i == from || by_cause || (on_lane && lane[event->node]);
        if (after[i] && on_lane)
            lane[event->node] = true;
    }
    bool reached = after[to];
    free(after);
    return reached;
}

static void test_past_is_what_happened_before(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace);
    static const size_t targets[] = {70, 400, 905};
    size_t n_in = 0, n_out = 0;
    for (size_t k = 0; k < 3; k++) {
        struct causes causes;
        assert_true(causes_make(&causes, &trace, trace.event[targets[k]].n));
        assert_int_equal(causes.at, targets[k]);
        size_t begin = targets[k] > 250 ? targets[k] - 250 : 0;
        for (size_t i = begin; i <= targets[k]; i++) {
            assert_int_equal(causes.past[i], reaches(&trace, i, targets[k]));
            n_in += causes.past[i];
            n_out += !causes.past[i];
        }
        for (size_t i = targets[k] + 1; i < trace.n_events; i++)
            assert_false(causes.past[i]);
        causes_free(&causes);
    }
    assert_true(n_in > 100 && n_out > 10);
    trace_unload(&trace);
}

// A trace that names no causes is joined by the numbers of its messages.
static void test_messages_join_without_causes(void **state)
{
    (void)state;
    struct trace_file named, bare;
    load_tour(&named);
    load_tour(&bare);
    for (size_t i = 0; i < bare.n_events; i++)
        bare.event[i].cause = 0;
    size_t n_seen = 0;
    for (size_t i = 0; i < named.n_events; i++) {
        enum trace_kind kind = named.event[i].kind;
        if (kind != TRACE_RECV && kind != TRACE_REPLY_RECV)
            continue;
        n_seen++;
        assert_int_equal(causes_sending(&named, i), causes_sending(&bare, i));
        assert_int_equal(named.event[causes_sending(&named, i)].msg,
                         named.event[i].msg);
    }
    assert_true(n_seen > 100);
    struct causes one, other;
    uint64_t n = named.event[500].n;
    assert_true(causes_make(&one, &named, n));
    assert_true(causes_make(&other, &bare, n));
    for (size_t i = 0; i < named.n_events; i++)
        if (named.event[i].node >= 0)
            assert_int_equal(one.past[i], other.past[i]);
    causes_free(&one);
    causes_free(&other);
    trace_unload(&named);
    trace_unload(&bare);
}

static void test_events_that_are_not_there(void **state)
{
    (void)state;
    struct trace_file trace;
    struct causes causes;
    load_tour(&trace);
    assert_false(causes_make(&causes, &trace, 0));
    assert_false(causes_make(&causes, &trace, 1000000));
    assert_int_equal(causes_position(&trace, 1), 0);
    assert_int_equal(causes_position(&trace, 1000000), trace.n_events);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_past_is_what_happened_before),
        cmocka_unit_test(test_messages_join_without_causes),
        cmocka_unit_test(test_events_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
